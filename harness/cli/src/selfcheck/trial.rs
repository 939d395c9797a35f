use std::sync::{Arc, Mutex, PoisonError};

use seatrial_embedded::{Defect, Defects};
use seatrial_engine::Plan;
use seatrial_record::{Body, Event, Sink, Verdict, WriteError};
use seatrial_report::selfcheck::Catch;

use super::expected::expected_on;
use crate::{complaint::Complaint, home::Loaded};

/// Runs the one scenario of `plan` with `defect` planted, if any: the checks that did not pass.
pub fn trial(plan: &Plan, loaded: &Loaded, defect: Option<Defect>, seed: u64) -> Result<Vec<Catch>, Complaint> {
    let collected = Seen::default();
    let summary = crate::trial::trial(plan, loaded, Defects::from_iter(defect), seed, true, collected.clone())?;
    let mut catches = collected.take();
    if catches.is_empty() && summary.verdict != Some(Verdict::Pass) {
        catches.push(Catch { step: 0, check: 0, title: "the run".into(), reason: summary.reason, expected: false });
    }
    let name = plan.runs.first().map_or("", |run| run.planned.name.as_str());
    let expected = defect.and_then(|defect| expected_on(plan.version, defect));
    for catch in &mut catches {
        catch.expected = expected.as_ref().is_some_and(|expected| expected.is(name, &catch.title));
    }
    Ok(catches)
}

/// Keeps what did not pass.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Steps>>);

#[derive(Default)]
struct Steps {
    title: String,
    catches: Vec<Catch>,
}

impl Seen {
    fn take(&self) -> Vec<Catch> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).catches)
    }
}

impl Sink for Seen {
    fn take(&mut self, event: &Event) -> Result<(), WriteError> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &event.body {
            Body::StepStarted { title, .. } => seen.title.clone_from(title),
            Body::CheckFinished(check) if check.verdict != Verdict::Pass => seen.catches.push(Catch {
                step: check.step,
                check: check.check,
                title: check.title.clone(),
                reason: check.reason.clone(),
                expected: false,
            }),
            // The action of the step failed: no check says so.
            Body::StepFinished(end)
                if end.verdict.is_some_and(|end| end != Verdict::Pass) && seen.catches.is_empty() =>
            {
                let (title, reason) = (seen.title.clone(), end.reason.clone());
                seen.catches.push(Catch { step: end.step, check: 0, title, reason, expected: false });
            }
            _ => {}
        }
        Ok(())
    }
}
