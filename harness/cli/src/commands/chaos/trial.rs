use std::sync::{Arc, Mutex, PoisonError};

use seatrial_chaos::{Frame, Ground, Schedule, generate};
use seatrial_embedded::Defects;
use seatrial_engine::{
    Selection, Suite,
    scenario::{Mistakes, parse},
};
use seatrial_record::{Body, Event, FaultPhase, Sink, Verdict, WriteError};
use seatrial_taos::Version;

use crate::{complaint::Complaint, home::Loaded, trial::trial};

/// Most schedules that are tried to shrink one.
pub const TRIES: usize = 300;

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
    /// The schedule of a seed, with faults of these kinds.
    pub fn schedule(&self, seed: u64, kinds: &[&str]) -> Schedule {
        let (pods, replica) = (self.pods, self.replica(seed));
        generate(seed, &Ground { pods, replica, drops_offline: self.version.first_three()[0] < 3, kinds })
    }

    fn replica(&self, seed: u64) -> u8 {
        // 3.x has 1 or 3.
        let new = self.version.first_three()[0] >= 3;
        match u8::try_from(seed % u64::from(self.pods.min(3))).unwrap_or(0) + 1 {
            2 if new && self.pods < 3 => 1,
            2 if new => 3,
            replica => replica,
        }
    }

    /// The frame of a schedule. How many replicas the rows have follows from the seed.
    pub fn frame(&self, seed: u64) -> Frame {
        let major = self.version.first_three()[0];
        Frame {
            name: format!("found-{seed}"),
            summary: "A schedule of faults that the search made from a seed.".to_owned(),
            tdengine: if major >= 3 { ">=3.0".to_owned() } else { ">=2.0, <3".to_owned() },
            pods: self.pods,
            replica: self.replica(seed),
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
        let kind = failures.kind();
        let verdict = summary.verdict.unwrap_or(Verdict::Unknown);
        Ok(Ended { verdict, kind, reason: summary.reason })
    }
}

/// Titles of what failed, and of faults that did not take hold.
#[derive(Clone, Default)]
pub struct Failures(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    all: Vec<String>,
    /// How many there were when the step began.
    before: usize,
}

impl Failures {
    /// What failed in a run that left these events, in words that are the same for the same failure.
    pub fn kind_of(events: &[Event]) -> String {
        let mut failures = Self::default();
        for event in events {
            // It keeps them in memory, which cannot fail.
            let _ = failures.take(event);
        }
        failures.kind()
    }

    fn kind(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).all.join(", ")
    }
}

impl Sink for Failures {
    fn take(&mut self, event: &Event) -> Result<(), WriteError> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &event.body {
            Body::StepStarted { .. } => told.before = told.all.len(),
            Body::CheckFinished(check) if check.verdict == Verdict::Fail => {
                // Without the bounds behind it.
                let title = check.title.split(" within ").next().unwrap_or_default();
                told.all.push(format!("not: {title}"));
            }
            Body::Fault(change) if matches!(change.phase, FaultPhase::NotWitnessed | FaultPhase::NotHealed) => {
                told.all.push(format!("{} without proof", change.name));
            }
            // What a step does went wrong, or a check could not be made.
            Body::StepFinished(end)
                if end.verdict.is_some_and(|verdict| verdict != Verdict::Pass)
                    && (told.all.len() == told.before
                        || end.verdict == Some(Verdict::Fail)
                            && told.all.iter().skip(told.before).all(|one| !one.starts_with("not: "))) =>
            {
                told.all.push(without_numbers(&end.reason));
            }
            _ => {}
        }
        Ok(())
    }
}

/// A reason in words that are the same for the same failure elsewhere.
fn without_numbers(reason: &str) -> String {
    let digits = |char: char| char.is_ascii_digit();
    let parts = reason.split(digits).filter(|part| !part.is_empty());
    let mut text = parts.collect::<Vec<_>>().join("N");
    if reason.starts_with(digits) {
        text.insert(0, 'N');
    }
    if reason.ends_with(digits) {
        text.push('N');
    }
    text
}
