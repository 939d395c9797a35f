//! A fault that takes no hold proves nothing, whatever the checks behind it say.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::{num::NonZeroUsize, path::Path, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use seatrial_chaos::{Fault, Rule, Underlay, UnderlayError};
use seatrial_cluster::PodState;
use seatrial_embedded::{Defect, Defects, EmbeddedCluster, paused_runtime};
use seatrial_engine::{
    Access, BootRequest, BootedCluster, Document, Edits, Environment, EnvironmentError, Keep, Options, Selection,
    Suite, run, scenario::parse,
};
use seatrial_environments::Embedded;
use seatrial_record::{EventLog, RunFinished, Verdict};
use seatrial_scenarios::Checkout;

const SCENARIO: &str = r#"
scenario: cut
summary: A partition, and a check that holds in any case.
tdengine: ">=2.1"
manifests: [headless]
start: { replicas: 2 }
steps:
  - do: { fault: { partition: { pair: [0, 1] } } }
    check:
      - pods: { ready: [0], others: any }
"#;

/// What is below the embedded cluster, as it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    /// As it is.
    Real,
    /// It takes every order and does nothing.
    Inert,
    /// Out of reach.
    Nothing,
}

struct Inert;

impl Underlay for Inert {
    fn lay<'a>(&'a self, _: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async { Ok(()) }.boxed()
    }
    fn lift<'a>(&'a self, _: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async { Ok(()) }.boxed()
    }
    fn refuses<'a>(&'a self, _: &'a Fault) -> BoxFuture<'a, Result<Option<String>, UnderlayError>> {
        async { Ok(None) }.boxed()
    }
    fn count<'a>(&'a self, _: &'a Rule) -> BoxFuture<'a, Result<Option<u64>, UnderlayError>> {
        async { Ok(Some(0)) }.boxed()
    }
    fn exhaust<'a>(&'a self, _: &'a PodState) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async { Ok(()) }.boxed()
    }
    fn stop<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async { Ok(()) }.boxed()
    }
    fn start<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async { Ok(()) }.boxed()
    }
    fn runs<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool, UnderlayError>> {
        async { Ok(true) }.boxed()
    }
}

struct On(Embedded, Below);

struct Place(Box<dyn BootedCluster>, Below);

impl Environment for On {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn kubernetes(&self) -> BoxFuture<'_, Result<String, EnvironmentError>> {
        self.0.kubernetes()
    }
    fn now(&self) -> Timestamp {
        self.0.now()
    }
    fn lanes(&self) -> seatrial_engine::Lanes {
        self.0.lanes()
    }
    fn boot<'a>(&'a self, request: &'a BootRequest) -> BoxFuture<'a, Result<Box<dyn BootedCluster>, EnvironmentError>> {
        async move {
            let place = Place(self.0.boot(request).await?, self.1);
            Ok(Box::new(place) as Box<dyn BootedCluster>)
        }
        .boxed()
    }
}

impl BootedCluster for Place {
    fn access(&self) -> Arc<dyn Access> {
        self.0.access()
    }
    fn namespace(&self) -> &str {
        self.0.namespace()
    }
    fn disposable(&self) -> bool {
        self.0.disposable()
    }
    fn underlay(&self) -> Option<Arc<dyn Underlay>> {
        match self.1 {
            Below::Real => self.0.underlay(),
            Below::Inert => Some(Arc::new(Inert)),
            Below::Nothing => None,
        }
    }
    fn end(self: Box<Self>, keep: bool) -> BoxFuture<'static, Result<Option<String>, EnvironmentError>> {
        self.0.end(keep)
    }
}

fn ended(below: Below) -> RunFinished {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let documents = Document::load_all(&fixtures).unwrap();
    let sets: Vec<_> = documents.into_iter().flat_map(|document| document.sets).collect();
    let suite = Suite { scenarios: vec![parse("cut.yaml", SCENARIO).unwrap()], ..Suite::default() };
    let selection = Selection { version: "2.1.1.0".parse().unwrap(), sets: Vec::new(), names: Vec::new(), repeats: 1 };
    let plan = suite.plan(&selection, &sets).unwrap();
    let options = Options {
        seatrial: String::new(),
        replay: String::new(),
        seed: 1,
        edits: Edits {
            image: EmbeddedCluster::image_reference("2.1.1.0"),
            pull_policy: Some("IfNotPresent".to_owned()),
            storage_class: None,
        },
        keep: Keep::Never,
        client: seatrial_engine::scenario::Way::Shell,
        jobs: NonZeroUsize::MIN,
        histories: None,
        diagnostics: true,
        patience: true,
        cancel: tokio::sync::watch::channel(false).1,
    };
    let environment = On(Embedded::new("2.1.1.0", Defects::default()).unwrap(), below);
    let mut log = EventLog::new(Vec::new());
    paused_runtime().unwrap().block_on(run(&plan, &sets, &environment, &options, &mut log)).unwrap()
}

#[test]
fn a_fault_without_witness_is_unknown() {
    let real = ended(Below::Real);
    assert_eq!(real.verdict, Some(Verdict::Pass), "{}", real.reason);
    let inert = ended(Below::Inert);
    assert_eq!(inert.verdict, Some(Verdict::Unknown));
    assert!(inert.reason.contains("nothing proves that it took hold"), "{}", inert.reason);
}

#[test]
fn copies_that_disagree_are_found() {
    const TDENGINE: &str = "3.3.0.1";
    let checkout = Checkout::load("chaos").unwrap();
    let plans = checkout.plans(TDENGINE).unwrap();
    let plan = plans.iter().find(|plan| plan.runs[0].planned.key.starts_with("replicas-agree")).unwrap();
    let ran = |defects: Defects| {
        let environment = Embedded::new(TDENGINE, defects).unwrap();
        let image = EmbeddedCluster::image_reference(TDENGINE);
        paused_runtime().unwrap().block_on(checkout.run_in(&environment, plan, &image, 1, 1)).unwrap()
    };
    assert_eq!(ran(Defects::default()).summary.verdict, Some(Verdict::Pass));
    let planted = ran([Defect::FollowerMissesRow].into_iter().collect());
    assert_eq!(planted.summary.verdict, Some(Verdict::Fail));
    assert!(planted.complaints().contains("not in all copies"), "{}", planted.complaints());
}

#[test]
fn a_fault_out_of_reach_is_refused_beforehand() {
    let ended = ended(Below::Nothing);
    assert_eq!(ended.verdict, Some(Verdict::Unknown));
    assert!(ended.reason.contains("nothing was applied"), "{}", ended.reason);
}
