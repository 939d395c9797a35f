use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use seatrial_embedded::{Defect, Defects};
use seatrial_engine::{Keep, Options, Plan};
use seatrial_environments::Embedded;
use seatrial_record::{Body, CheckFinished, Event, EventLog, ExitCode, Sink, Verdict, WriteError};
use tokio::sync::watch;

use super::{Done, run::embedded_edits};
use crate::{
    args::{PathArgs, SelectArgs, SelfcheckArgs},
    complaint::Complaint,
    home::{Home, Loaded},
    runtime,
};

const TDENGINE: &str = "2.1.1.0";
const SEED: u64 = 1;

/// Plants one defect after the other and tells which check caught it. A defect that nothing catches fails.
pub fn selfcheck(args: &SelfcheckArgs) -> Done {
    let defects = chosen(&args.defect)?;
    let loaded = Home::find()?.load(&args.paths)?;
    let select =
        SelectArgs { paths: PathArgs { paths: Vec::new() }, tdengine: Some(TDENGINE.to_owned()), manifests: None };
    let plans = one_by_one(&loaded.plan(&select, 1)?);
    if let Some(caught) = plans.iter().find_map(|plan| caught(plan, &loaded, Defects::default()).transpose()) {
        let text = format!("without any defect a check fails already: {}", caught?);
        return Err(Complaint::usage(text));
    }
    let found = side_by_side(&defects, |defect| {
        plans.iter().find_map(|plan| caught(plan, &loaded, Defects::from_iter([defect])).transpose()).transpose()
    });
    let mut missed = 0;
    for (defect, found) in defects.iter().zip(found) {
        if let Some(caught) = found? {
            println!("✓ {:<30} {caught}", defect.name());
        } else {
            missed += 1;
            println!("✗ {:<30} NOT CAUGHT: {}", defect.name(), defect.summary());
        }
    }
    println!("\n{} of {} planted defects were caught", defects.len() - missed, defects.len());
    Ok(if missed == 0 { ExitCode::Passed } else { ExitCode::Failed })
}

fn chosen(names: &[String]) -> Result<Vec<Defect>, Complaint> {
    if names.is_empty() {
        return Ok(Defect::ALL.to_vec());
    }
    names.iter().map(|name| name.parse().map_err(Complaint::usage)).collect()
}

/// A plan for each run, so that a defect's search can end at the first check that catches it.
fn one_by_one(plan: &Plan) -> Vec<Plan> {
    plan.runs.iter().map(|run| Plan { runs: vec![run.clone()], ..plan.clone() }).collect()
}

/// Runs `plan` with `defects` planted: what the first check that did not pass says.
fn caught(plan: &Plan, loaded: &Loaded, defects: Defects) -> Result<Option<String>, Complaint> {
    let seen = Collected::default();
    let mut log = EventLog::new(vec![Box::new(seen.clone())]);
    let options = Options {
        seatrial: env!("CARGO_PKG_VERSION").to_owned(),
        replay: String::new(),
        seed: SEED,
        edits: embedded_edits(TDENGINE),
        keep: Keep::Never,
        jobs: NonZeroUsize::MIN,
        cancel: watch::channel(false).1,
    };
    let environment = Embedded::new(TDENGINE, defects).map_err(Complaint::usage)?;
    let running = seatrial_engine::run(plan, &loaded.sets, &environment, &options, &mut log);
    let summary = runtime::virtual_time(running).map_err(Complaint::environment)?.map_err(Complaint::environment)?;
    if summary.verdict == Some(Verdict::Pass) {
        return Ok(None);
    }
    Ok(Some(seen.first_failure().unwrap_or(summary.reason)))
}

/// Does `work` for each item on all cores, and returns what came out in the order of the items.
fn side_by_side<T: Copy + Sync, R: Send>(items: &[T], work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = work(*item);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Keeps the checks that failed.
#[derive(Clone, Default)]
struct Collected(Arc<Mutex<Vec<CheckFinished>>>);

impl Collected {
    fn first_failure(&self) -> Option<String> {
        let checks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let check = checks.first()?;
        Some(format!("{}, step {}: {}: {}", check.scenario, check.step, check.title, check.reason))
    }
}

impl Sink for Collected {
    fn take(&mut self, event: &Event) -> Result<(), WriteError> {
        if let Body::CheckFinished(check) = &event.body
            && check.verdict != Verdict::Pass
        {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((**check).clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_side_by_side_comes_back_in_order() {
        let items: Vec<u64> = (0..20).collect();
        assert_eq!(side_by_side(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert_eq!(side_by_side(&[], |item: u8| item), Vec::<u8>::new());
    }

    #[test]
    fn an_unknown_defect_is_refused() {
        assert_eq!(chosen(&["nonsense".to_owned()]).unwrap_err().exit, ExitCode::Usage);
        assert_eq!(chosen(&["dnode-id-reused".to_owned()]).unwrap(), [Defect::DnodeIdReused]);
    }
}
