//! Runs scenario files: what the tests and the benchmark of this folder share.

mod judged;

use std::{
    error::Error,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

pub use judged::{Judged, differences};
use seatrial_embedded::{Defects, EmbeddedCluster, paused_runtime};
use seatrial_engine::{
    Document, Edits, Environment, Keep, ManifestSet, Options, Plan, Selection, Suite,
    scenario::{Mistakes, Way},
};
use seatrial_environments::Embedded;
use seatrial_record::{Body, Event, EventLog, RunFinished, Sink, Verdict, WriteError};

/// Anything that can go wrong before a scenario runs.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Folders of scenarios, and the versions that they run for: those that there is a model of and that servers were recorded
/// of.
pub const VERSIONS: [(&str, &str); 3] = [("doc-2x", "2.1.1.0"), ("doc-3x", "3.3.0.1"), ("doc-3x", "3.0.7.1")];

/// The scenarios, manifests and claims of this checkout.
pub struct Checkout {
    suite: Suite,
    sets: Vec<ManifestSet>,
}

/// A run that is over.
pub struct Ran {
    /// How it ended.
    pub summary: RunFinished,
    /// Everything that happened.
    pub events: Vec<Event>,
}

impl Checkout {
    /// Reads the scenarios below `scenarios/FOLDER`.
    pub fn load(folder: &str) -> Result<Self, Failure> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let fixtures = here.join("../fixtures");
        let documents = Document::load_all(&fixtures).map_err(Mistakes)?;
        let ledger = |document: &Document| fixtures.join("claims").join(format!("{}.yaml", document.name));
        let ledgers: Vec<PathBuf> = documents.iter().map(ledger).collect();
        let sets: Vec<ManifestSet> = documents.into_iter().flat_map(|document| document.sets).collect();
        Ok(Self { suite: Suite::load(&[here.join(folder)], &ledgers, &sets)?, sets })
    }

    /// One plan for each scenario and manifest set, `NAME@SET`, for `tdengine`.
    pub fn plans(&self, tdengine: &str) -> Result<Vec<Plan>, Failure> {
        let plan = self.plan(tdengine)?;
        Ok(plan.runs.iter().map(|run| Plan { runs: vec![run.clone()], ..plan.clone() }).collect())
    }

    /// The plan of everything for `tdengine`.
    pub fn plan(&self, tdengine: &str) -> Result<Plan, Failure> {
        let version = tdengine.parse().map_err(|error| format!("{tdengine}: {error}"))?;
        let selection = Selection { version, sets: Vec::new(), names: Vec::new(), repeats: 1 };
        Ok(self.suite.plan(&selection, &self.sets)?)
    }

    /// Runs `plan` on embedded clusters, `jobs` of its scenarios at once.
    pub fn run(&self, plan: &Plan, seed: u64, jobs: usize) -> Result<Ran, Failure> {
        let tdengine = plan.version.to_string();
        let environment = Embedded::new(&tdengine, Defects::default())?;
        let image = EmbeddedCluster::image_reference(&tdengine);
        paused_runtime()?.block_on(self.run_in(&environment, plan, &image, seed, jobs))
    }

    /// Runs `plan` in an environment, with an image that need not be pulled.
    pub async fn run_in(
        &self,
        environment: &dyn Environment,
        plan: &Plan,
        image: &str,
        seed: u64,
        jobs: usize,
    ) -> Result<Ran, Failure> {
        let options = Options {
            seatrial: env!("CARGO_PKG_VERSION").to_owned(),
            replay: format!("seatrial run --tdengine {} --seed {seed}", plan.version),
            seed,
            edits: Edits { image: image.to_owned(), pull_policy: Some("IfNotPresent".to_owned()), storage_class: None },
            keep: Keep::Never,
            jobs: NonZeroUsize::new(jobs).unwrap_or(NonZeroUsize::MIN),
            client: Way::Shell,
            histories: None,
            diagnostics: true,
            patience: true,
            cancel: tokio::sync::watch::channel(false).1,
        };
        let events = Events::default();
        let mut log = EventLog::new(vec![Box::new(events.clone())]);
        let summary = seatrial_engine::run(plan, &self.sets, environment, &options, &mut log).await?;
        Ok(Ran { summary, events: events.take() })
    }
}

impl Ran {
    /// Milliseconds that passed on the clocks of all scenarios together.
    pub fn simulated_ms(&self) -> u64 {
        let took = self.events.iter().filter_map(|event| match &event.body {
            Body::ScenarioFinished(end) => Some(end.took_ms),
            _ => None,
        });
        took.sum()
    }

    /// How each check ended.
    pub fn judged(&self) -> Vec<Judged> {
        self.events.iter().filter_map(Judged::of).collect()
    }

    /// What did not pass, in full; empty if all did.
    pub fn complaints(&self) -> String {
        let complaints = self.events.iter().filter_map(|event| match &event.body {
            Body::CheckFinished(check) if check.verdict != Verdict::Pass => Some(format!(
                "{}, step {}, check {}: {}\n{}: {}\n--- expected\n{}\n--- seen\n{}\n",
                check.scenario,
                check.step,
                check.check,
                check.title,
                check.verdict,
                check.reason,
                check.expected,
                check.seen
            )),
            Body::StepFinished(step) if step.verdict.is_some_and(|verdict| verdict != Verdict::Pass) => {
                Some(format!("{}, step {}: {}\n", step.scenario, step.step, step.reason))
            }
            Body::Notice { text, .. } => Some(format!("notice: {text}\n")),
            _ => None,
        });
        complaints.collect()
    }
}

/// The events that `tell` adds to a log.
pub fn told<E: Into<Failure>>(tell: impl FnOnce(&mut EventLog) -> Result<(), E>) -> Result<Vec<Event>, Failure> {
    let events = Events::default();
    let mut log = EventLog::new(vec![Box::new(events.clone())]);
    tell(&mut log).map_err(Into::into)?;
    Ok(events.take())
}

/// Keeps all events.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<Event>>>);

impl Events {
    fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sink for Events {
    fn take(&mut self, event: &Event) -> Result<(), WriteError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        Ok(())
    }
}
