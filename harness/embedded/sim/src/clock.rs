use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// The cluster's wall clock: a start time plus whatever [`tokio::time`] says has passed since.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    base: Timestamp,
    start: Instant,
}

impl Clock {
    /// A clock that shows `base` now. Must be called inside a tokio runtime.
    pub fn starting_at(base: Timestamp) -> Self {
        Self { base, start: Instant::now() }
    }

    /// The time now, in whole milliseconds after the start (tokio's timers have no finer grain).
    pub fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// What the clock showed, or will show, at `instant`.
    pub fn at(&self, instant: Instant) -> Timestamp {
        let millis = instant.saturating_duration_since(self.start).as_millis();
        let passed = SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
        self.base.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}
