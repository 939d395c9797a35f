use std::time::Duration;

use tokio::time::Instant;

/// Delay before the second restart, or the second pull.
pub(crate) const INITIAL: Duration = Duration::from_secs(10);
/// The longest delay.
pub(crate) const MAXIMUM: Duration = Duration::from_secs(300);
/// An entry that was not used for twice the maximum starts again from [`INITIAL`].
const EXPIRY: Duration = Duration::from_secs(600);

/// The kubelet's back-off for one key: 10, 20, 40 ... 300 s, forgotten after ten minutes without a failure.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BackOff(Option<Entry>);

#[derive(Clone, Copy, Debug)]
struct Entry {
    delay: Duration,
    updated: Instant,
}

impl BackOff {
    /// How long to wait, from `failed` on, before the next attempt. Zero at the first failure.
    pub(crate) fn delay(&self, failed: Instant) -> Duration {
        self.live(failed).map_or(Duration::ZERO, |entry| entry.delay)
    }

    /// Notes that an attempt is made now because of a failure at `failed`: the next delay is twice as long.
    pub(crate) fn advance(&mut self, failed: Instant, now: Instant) {
        let delay = self.live(failed).map_or(INITIAL, |entry| (entry.delay * 2).min(MAXIMUM));
        self.0 = Some(Entry { delay, updated: now });
    }

    fn live(&self, at: Instant) -> Option<Entry> {
        self.0.filter(|entry| at.saturating_duration_since(entry.updated) <= EXPIRY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restarts_wait_nothing_then_ten_twenty_forty_up_to_five_minutes() {
        let mut backoff = BackOff::default();
        let mut now = Instant::now();
        let mut delays = Vec::new();
        for _ in 0..9 {
            let delay = backoff.delay(now);
            delays.push(delay.as_secs());
            now += delay;
            backoff.advance(now - delay, now);
            now += Duration::from_secs(1);
        }
        assert_eq!(delays, [0, 10, 20, 40, 80, 160, 300, 300, 300]);
    }

    #[test]
    fn ten_quiet_minutes_forget_it() {
        let mut backoff = BackOff::default();
        let start = Instant::now();
        backoff.advance(start, start);
        backoff.advance(start, start);
        assert_eq!(backoff.delay(start + Duration::from_secs(599)), Duration::from_secs(20));
        let late = start + Duration::from_secs(601);
        assert_eq!(backoff.delay(late), Duration::ZERO);
        backoff.advance(late, late);
        assert_eq!(backoff.delay(late), INITIAL);
    }
}
