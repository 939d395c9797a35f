use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use seatrial_chaos::{Schedule, shrink};
use seatrial_record::Verdict;
use tokio::sync::watch;

use super::trial::{Bench, Ended, TRIES};
use crate::complaint::Complaint;

/// A search for schedules that fail.
pub struct Search<'a> {
    /// What they are tried on.
    pub bench: &'a Bench<'a>,
    /// Kinds of faults.
    pub kinds: &'a [&'a str],
    /// When the last schedule is begun; none to try all.
    pub until: Option<Instant>,
    /// When shrinking ends with the smallest that it has.
    pub end: Option<Instant>,
    /// Becomes true when somebody asks for an end.
    pub asked: watch::Receiver<bool>,
}

fn before(limit: Option<Instant>) -> bool {
    limit.is_none_or(|limit| Instant::now() < limit)
}

impl Search<'_> {
    /// True if somebody has asked for an end.
    pub fn interrupted(&self) -> bool {
        *self.asked.borrow()
    }

    /// Tries the schedules of seeds on all cores, until all are tried or the time is over. What is returned is in the order
    /// of the seeds, and without gaps.
    pub fn try_all(&self, first: u64, count: Option<u64>) -> Result<Vec<(u64, Ended)>, Complaint> {
        let next = AtomicU64::new(0);
        let failed = AtomicU64::new(0);
        let done = Mutex::new(BTreeMap::new());
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let bar = bar(count);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while before(self.until) && !self.interrupted() {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if count.is_some_and(|count| number >= count) {
                            break;
                        }
                        let seed = first + number;
                        let ended =
                            self.bench.run(&self.bench.frame(seed), &self.bench.schedule(seed, self.kinds), seed);
                        if ended.as_ref().is_ok_and(|ended| ended.verdict == Verdict::Fail) {
                            bar.set_message(format!("{} failed", failed.fetch_add(1, Ordering::Relaxed) + 1));
                        }
                        bar.inc(1);
                        done.lock().unwrap_or_else(PoisonError::into_inner).insert(seed, ended);
                    }
                });
            }
        });
        bar.finish_and_clear();
        let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.into_iter().map(|(seed, ended)| Ok((seed, ended?))).collect()
    }

    /// The smallest schedule that fails like that of a seed.
    pub fn smallest(&self, kind: &str, seed: u64) -> Schedule {
        let (bench, frame) = (self.bench, self.bench.frame(seed));
        let bar = bar(None);
        bar.set_message("shrinking");
        let small = shrink(&bench.schedule(seed, self.kinds), TRIES, |schedule| {
            bar.inc(1);
            before(self.end)
                && !self.interrupted()
                && bench.run(&frame, schedule, seed).is_ok_and(|it| it.verdict == Verdict::Fail && it.kind == kind)
        });
        bar.finish_and_clear();
        small
    }
}

/// A line that shows how far it is, if there is a terminal.
fn bar(count: Option<u64>) -> ProgressBar {
    let (bar, template) = match count {
        Some(count) => (ProgressBar::new(count), "  {wide_bar} {pos} of {len} schedules, {eta} left  {msg}"),
        None => (ProgressBar::new_spinner(), "  {spinner} {pos} schedules in {elapsed}  {msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
