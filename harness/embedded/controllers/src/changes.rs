use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use seatrial_apiserver::Store;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

/// How many revisions back a writer of quiet changes is remembered.
const REMEMBERED: u64 = 4_096;

/// Revisions of the store that no controller needs to look at: those of events. A clone is another handle.
#[derive(Clone, Default)]
pub(crate) struct Quiet(Arc<Mutex<BTreeSet<u64>>>);

impl Quiet {
    /// Notes that the change which led to `revision` concerns nobody.
    pub(crate) fn note(&self, revision: u64) {
        let mut revisions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        revisions.insert(revision);
        *revisions = revisions.split_off(&revision.saturating_sub(REMEMBERED));
    }

    /// True if all changes after `from`, up to `to`, concern nobody.
    fn covers(&self, from: u64, to: u64) -> bool {
        let revisions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        to.saturating_sub(from) <= REMEMBERED && (from + 1..=to).all(|revision| revisions.contains(&revision))
    }
}

/// Tells that something changed.
pub(crate) struct Changes {
    revision: watch::Receiver<u64>,
    seen: u64,
    quiet: Quiet,
}

impl Changes {
    /// Changes of `store` from now on, but for `quiet` ones.
    pub(crate) fn of(store: &Store, quiet: &Quiet) -> Self {
        let mut revision = store.changed();
        let seen = *revision.borrow_and_update();
        Self { revision, seen, quiet: quiet.clone() }
    }

    /// Waits for a change since the last call (or since this was made).
    pub(crate) async fn next(&mut self) {
        loop {
            if self.revision.changed().await.is_err() {
                // The store is gone: nothing will ever change again.
                return std::future::pending().await;
            }
            let now = *self.revision.borrow_and_update();
            let from = std::mem::replace(&mut self.seen, now);
            if !self.quiet.covers(from, now) {
                return;
            }
        }
    }

    /// Waits for a change, but not longer than until `limit`.
    async fn next_or(&mut self, limit: Option<Instant>) {
        match limit {
            None => self.next().await,
            Some(limit) => {
                tokio::select! {
                    biased;
                    () = self.next() => {}
                    () = sleep_until(limit) => {}
                }
            }
        }
    }
}

/// A control loop: brings the cluster nearer to what is wanted, whenever something changed.
pub(crate) trait Controller: Send + 'static {
    /// Looks at everything and acts. When to look again although nothing changed, if at all.
    fn reconcile(&mut self) -> Option<Instant>;

    /// How long it takes from a change to the reaction.
    fn reaction(&mut self) -> Duration;
}

/// Runs a controller for ever.
pub(crate) async fn run(mut controller: impl Controller, mut changes: Changes) {
    loop {
        let again = controller.reconcile();
        changes.next_or(again).await;
        let reaction = controller.reaction();
        sleep(reaction).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_run_of_quiet_changes_is_quiet() {
        let quiet = Quiet::default();
        quiet.note(5);
        quiet.note(6);
        quiet.note(8);
        assert!(quiet.covers(4, 6));
        assert!(quiet.covers(7, 8));
        assert!(!quiet.covers(4, 8));
        assert!(!quiet.covers(3, 5));
    }

    #[test]
    fn old_revisions_are_forgotten() {
        let quiet = Quiet::default();
        quiet.note(1);
        quiet.note(REMEMBERED + 2);
        assert!(!quiet.covers(0, 1));
    }
}
