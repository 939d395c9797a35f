use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// Clocks that do not show what the cluster's clock shows, by the address of the pod. A clone is another handle to them.
#[derive(Clone, Debug, Default)]
pub struct Clocks(Arc<Mutex<BTreeMap<Ipv4Addr, i64>>>);

impl Clocks {
    fn shifts(&self) -> MutexGuard<'_, BTreeMap<Ipv4Addr, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the clock of a pod fast, or slow, by so many milliseconds.
    pub fn shift(&self, of: Ipv4Addr, ms: i64) {
        self.shifts().insert(of, ms);
    }

    /// Sets the clock of a pod right.
    pub fn set_right(&self, of: Ipv4Addr) {
        self.shifts().remove(&of);
    }

    /// True if the clock of a pod was set wrong.
    pub fn is_shifted(&self, of: Ipv4Addr) -> bool {
        self.shifts().contains_key(&of)
    }

    /// Clocks that are wrong, in words; empty if all are right.
    pub fn disturbances(&self) -> Vec<String> {
        self.shifts().iter().map(|(of, ms)| format!("the clock of {of} is {ms} ms fast")).collect()
    }

    /// What the clock of a pod shows when the cluster's shows `now`.
    pub fn at(&self, of: Ipv4Addr, now: Timestamp) -> Timestamp {
        match self.shifts().get(&of) {
            Some(ms) => now.checked_add(SignedDuration::from_millis(*ms)).unwrap_or(now),
            None => now,
        }
    }
}
