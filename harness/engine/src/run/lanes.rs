use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::try_join_all;
use tokio::sync::Semaphore;

use super::{RunError, place::Ended, suite::Work};
use crate::{Environment, EnvironmentError, Lanes, plan::PlannedRun};

/// Memory that a pod takes, in MiB: a `taosd` with the documents' settings at rest, with room for its pages. A guess on
/// the safe side; what a cluster really has free is the environment's to say.
const POD_MIB: u32 = 384;

/// Ends of scenarios, by their place in the plan.
type Ends = Vec<(usize, Ended)>;

/// Hands out the scenarios of a plan, in order, until somebody asks for an end.
struct Queue<'a> {
    work: &'a Work<'a>,
    next: AtomicUsize,
}

impl<'a> Queue<'a> {
    fn take(&self) -> Option<(usize, &'a PlannedRun)> {
        if *self.work.options.cancel.borrow() {
            return None;
        }
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        self.work.plan.runs.get(place).map(|run| (place, run))
    }
}

/// Runs all scenarios, as many at once as the options and the environment allow. How they ended, in the order of the
/// plan; those that were not run because somebody asked for an end are missing.
pub(super) async fn run_all<'a>(work: &'a Work<'a>) -> Result<Vec<Ended>, RunError> {
    let queue = Queue { work, next: AtomicUsize::new(0) };
    let jobs = work.options.jobs.get().min(work.plan.runs.len()).max(1);
    let ends = match work.environment.lanes() {
        Lanes::Shared => side_by_side(&queue, jobs).await?,
        Lanes::Threads(runtime) => on_threads(&queue, jobs, runtime)?,
    };
    let mut ends: Ends = ends.into_iter().flatten().collect();
    ends.sort_by_key(|(place, _)| *place);
    Ok(ends.into_iter().map(|(_, end)| end).collect())
}

/// Each scenario on a thread and a runtime of its own. Blocks until they are done.
fn on_threads(
    queue: &Queue<'_>,
    jobs: usize,
    runtime: fn() -> std::io::Result<tokio::runtime::Runtime>,
) -> Result<Vec<Ends>, RunError> {
    let lane = || {
        let mut ends = Ends::new();
        while let Some((place, run)) = queue.take() {
            let runtime = runtime().map_err(|error| EnvironmentError {
                tried: "make a runtime for a scenario".to_owned(),
                happened: error.to_string(),
                advice: "run fewer at once with `--jobs`".to_owned(),
                retry: false,
            })?;
            ends.push((place, runtime.block_on(queue.work.scenario(place, run))?));
        }
        Ok(ends)
    };
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..jobs).map(|_| scope.spawn(lane)).collect();
        let joined = lanes.into_iter().map(|lane| lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.collect()
    })
}

/// All scenarios on the runtime of the caller, as far as there is memory for their pods.
async fn side_by_side(queue: &Queue<'_>, jobs: usize) -> Result<Vec<Ends>, RunError> {
    let limit = memory_mib(queue.work.environment);
    let room = Semaphore::new(usize::try_from(limit).unwrap_or(Semaphore::MAX_PERMITS));
    let lane = |_| async {
        let mut ends = Ends::new();
        while let Some((place, run)) = queue.take() {
            // One that needs more than there is runs alone, and so does one that breaks what others stand on.
            let alone = run.scenario.faults().iter().any(|fault| fault.breaks_node());
            let needed = if alone { limit } else { run.scenario.most_pods().saturating_mul(POD_MIB).min(limit) };
            let _room = room.acquire_many(needed).await;
            ends.push((place, queue.work.scenario(place, run).await?));
        }
        Ok(ends)
    };
    try_join_all((0..jobs).map(lane)).await
}

fn memory_mib(environment: &dyn Environment) -> u32 {
    let mib = environment.memory().map(|bytes| u32::try_from(bytes >> 20).unwrap_or(u32::MAX));
    mib.unwrap_or(u32::MAX).clamp(1, u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX))
}
