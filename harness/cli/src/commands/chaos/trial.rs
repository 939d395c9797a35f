use std::sync::{Arc, Mutex, PoisonError};

use seatrial_chaos::{Frame, Schedule};
use seatrial_embedded::Defects;
use seatrial_engine::{
    Selection, Suite,
    scenario::{Mistakes, parse},
};
use seatrial_record::{Body, Event, FaultPhase, Sink, Verdict, WriteError};
use seatrial_taos::Version;

use crate::{complaint::Complaint, home::Loaded, trial::trial};

/// What schedules are tried on.
pub struct Bench<'a> {
    /// Manifests and claims.
    pub loaded: &'a Loaded,
    /// The version of TDengine.
    pub version: Version,
    /// What is wrong with the cluster on purpose.
    pub defects: Defects,
    /// How many pods.
    pub pods: u32,
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub verdict: Verdict,
    /// What failed, by the title of its check, in words that are the same for the same failure; empty if nothing did.
    pub kind: String,
    /// Why, in full.
    pub reason: String,
}

impl Bench<'_> {
    /// The frame of a schedule. How many replicas the rows have follows from the seed.
    pub fn frame(&self, seed: u64) -> Frame {
        let major = self.version.first_three()[0];
        let most = self.pods.min(3);
        let replica = match u8::try_from(seed % u64::from(most)).unwrap_or(0) + 1 {
            // 3.x has 1 or 3.
            2 if major >= 3 => 3,
            replica => replica,
        };
        Frame {
            name: format!("found-{seed}"),
            summary: "A schedule of faults that the search made from a seed.".to_owned(),
            tdengine: if major >= 3 { ">=3.0".to_owned() } else { ">=2.0, <3".to_owned() },
            pods: self.pods,
            replica,
            comments: Vec::new(),
        }
    }

    /// Runs a schedule on an embedded cluster of its own. Once something has failed, the rest is looked at without waiting.
    pub fn run(&self, frame: &Frame, schedule: &Schedule, seed: u64) -> Result<Ended, Complaint> {
        self.try_out(frame, schedule, seed, false)
    }

    /// Runs a schedule as `seatrial run` does, in which everything gets its time.
    pub fn run_to_the_end(&self, frame: &Frame, schedule: &Schedule, seed: u64) -> Result<Ended, Complaint> {
        self.try_out(frame, schedule, seed, true)
    }

    fn try_out(&self, frame: &Frame, schedule: &Schedule, seed: u64, patience: bool) -> Result<Ended, Complaint> {
        let text = frame.scenario(schedule).map_err(Complaint::environment)?;
        let scenario = parse(&frame.name, &text).map_err(|mistakes| Complaint::usage(Mistakes(mistakes)))?;
        let suite = Suite { scenarios: vec![scenario], ledger: self.loaded.suite.ledger.clone() };
        let selection = Selection { version: self.version, sets: Vec::new(), names: Vec::new(), repeats: 1 };
        let plan = suite.plan(&selection, &self.loaded.sets).map_err(Complaint::usage)?;
        let failures = Failures::default();
        let summary = trial(&plan, self.loaded, self.defects.clone(), seed, patience, failures.clone())?;
        let kind = failures.0.lock().unwrap_or_else(PoisonError::into_inner).join(", ");
        let verdict = summary.verdict.unwrap_or(Verdict::Unknown);
        Ok(Ended { verdict, kind, reason: summary.reason })
    }
}

/// Titles of what failed, and of faults that did not take hold.
#[derive(Clone, Default)]
struct Failures(Arc<Mutex<Vec<String>>>);

impl Sink for Failures {
    fn take(&mut self, event: &Event) -> Result<(), WriteError> {
        let told = match &event.body {
            Body::CheckFinished(check) if check.verdict == Verdict::Fail => {
                // Without the bounds behind it.
                let title = check.title.split(" within ").next().unwrap_or_default();
                Some(format!("not: {title}"))
            }
            Body::Fault(change) if matches!(change.phase, FaultPhase::NotWitnessed | FaultPhase::NotHealed) => {
                Some(format!("{} without proof", change.name))
            }
            _ => None,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(told);
        Ok(())
    }
}
