//! Every scenario file on real Kubernetes with real servers: `kind::doc-2x::failure-2@headless`. What is missing is told,
//! and the tests count as ignored: `SEATRIAL_IMAGE` names the TDengine image, `SEATRIAL_NODE_IMAGE` the node image (kind's
//! own if not given). All run in one cluster, made for them, one after the other.

use std::{
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use libtest_mimic::{Arguments, Failed, Trial};
use seatrial_environments::{KindEnvironment, KindOptions, Needs, State, Tools, preflight};
use seatrial_record::Verdict;
use seatrial_scenarios::{Checkout, Failure, differences};
use tokio::runtime::{Builder, Runtime};

/// Folders of scenarios, and the version whose names the tests have where there is no image.
const FOLDERS: [(&str, &str); 2] = [("doc-2x", "2.1.1.0"), ("doc-3x", "3.3.0.1")];
const SEED: u64 = 1;

fn main() -> ExitCode {
    match tests() {
        Ok(exit) => exit,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn tests() -> Result<ExitCode, Failure> {
    let mut arguments = Arguments::from_args();
    // On one machine scenarios side by side would take each other's time.
    arguments.test_threads = Some(1);
    let runtime = Arc::new(Builder::new_multi_thread().worker_threads(1).enable_all().build()?);
    let image = variable("SEATRIAL_IMAGE");
    let missing = runtime.block_on(missing(image.as_deref()));
    let ground = Arc::new(Ground { runtime, image: image.clone().unwrap_or_default(), cluster: Mutex::new(None) });
    let asked = image.as_deref().and_then(version);
    let mut trials = Vec::new();
    for (folder, default) in FOLDERS {
        let checkout = Arc::new(Checkout::load(folder)?);
        for plan in checkout.plans(asked.as_deref().unwrap_or(default))? {
            let keys: Vec<_> = plan.runs.iter().map(|run| run.planned.key.as_str()).collect();
            let name = format!("kind::{folder}::{}", keys.join("+"));
            let (checkout, ground) = (Arc::clone(&checkout), Arc::clone(&ground));
            let trial = Trial::test(name, move || {
                let real = ground.run(&checkout, &plan).map_err(|failure| Failed::from(failure.to_string()))?;
                if real.summary.verdict != Some(Verdict::Pass) {
                    let reason = &real.summary.reason;
                    return Err(format!("{:?}: {reason}\n{}", real.summary.verdict, real.complaints()).into());
                }
                let model = checkout.run(&plan, SEED, 1).map_err(|failure| Failed::from(failure.to_string()))?;
                let differences = differences(&real.judged(), &model.judged());
                if differences.is_empty() { Ok(()) } else { Err(differences.join("\n\n").into()) }
            });
            let trial = trial.with_ignored_flag(missing.is_some());
            trials.push(match &missing {
                Some(missing) => trial.with_kind(format!("skipped: {missing}")),
                None => trial,
            });
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    ground.end()?;
    Ok(conclusion.exit_code())
}

/// The version in an image's tag.
fn version(image: &str) -> Option<String> {
    let tag = image.rsplit_once(':')?.1;
    tag.starts_with(|char: char| char.is_ascii_digit()).then(|| tag.split('-').next().unwrap_or(tag).to_owned())
}

/// What is not there that these tests need.
async fn missing(image: Option<&str>) -> Option<String> {
    let Some(image) = image else { return Some("no image (set SEATRIAL_IMAGE)".to_owned()) };
    if version(image).is_none() {
        return Some(format!("the tag of {image} tells no version"));
    }
    let needs =
        Needs { image: Some(image.to_owned()), node_image: variable("SEATRIAL_NODE_IMAGE"), ..Needs::default() };
    preflight(&Tools::from_env(), &needs).await.err().map(|error| error.happened)
}

/// The cluster that all tests run in.
struct Ground {
    runtime: Arc<Runtime>,
    image: String,
    cluster: Mutex<Option<KindEnvironment>>,
}

impl Ground {
    fn run(&self, checkout: &Checkout, plan: &seatrial_engine::Plan) -> Result<seatrial_scenarios::Ran, Failure> {
        let mut cluster = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        self.runtime.block_on(async {
            if cluster.is_none() {
                let options = KindOptions {
                    node_image: variable("SEATRIAL_NODE_IMAGE"),
                    images: vec![self.image.clone()],
                    ..KindOptions::default()
                };
                let started = KindEnvironment::start(&Tools::from_env(), &State::from_env(), &options).await;
                *cluster = Some(started.map_err(|error| error.render())?);
            }
            let Some(environment) = cluster.as_ref() else { return Err("there is no cluster".into()) };
            checkout.run_in(environment, plan, &self.image, SEED, 1).await
        })
    }

    fn end(&self) -> Result<(), Failure> {
        let cluster = self.cluster.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(cluster) = cluster else { return Ok(()) };
        Ok(self.runtime.block_on(cluster.shutdown()).map(|_| ()).map_err(|error| error.render())?)
    }
}
