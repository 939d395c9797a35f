use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How soon who waits sees that a limit is gone.
const LOOK: Duration = Duration::from_secs(1);
/// Bytes of a page, the least that a disk is given.
const PAGE: u64 = 4_096;

/// Limits of what pods may write to their volumes in a second, by the address of the pod: the kernel has them by the control
/// group of a pod, too. What a program does not wait for is not slowed: only synchronous writes count. A clone is another
/// handle to them.
///
/// Each such write is held back by itself and the journal's page beside it: with 64 KiB/s, `dd` of 256 KiB by `conv=fsync`
/// took 3.95 s, of 16 times 4 KiB by `oflag=dsync` 1.99 s (ext4, control groups v1, Linux 6.18).
#[derive(Clone, Debug, Default)]
pub struct Throttles(Arc<Mutex<BTreeMap<Ipv4Addr, Throttle>>>);

#[derive(Debug)]
struct Throttle {
    bytes_per_second: u64,
    /// When everything that was written is on the disk.
    settled: Instant,
}

impl Throttles {
    fn all(&self) -> MutexGuard<'_, BTreeMap<Ipv4Addr, Throttle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a pod write no more than so many bytes in a second.
    pub fn limit(&self, pod: Ipv4Addr, bytes_per_second: u64) {
        let throttle = Throttle { bytes_per_second: bytes_per_second.max(1), settled: Instant::now() };
        self.all().insert(pod, throttle);
    }

    /// Takes the limit of a pod away.
    pub fn lift(&self, pod: Ipv4Addr) {
        self.all().remove(&pod);
    }

    /// True if a pod has a limit.
    pub fn is_limited(&self, pod: Ipv4Addr) -> bool {
        self.all().contains_key(&pod)
    }

    /// Writes so many bytes and waits for the disk; how long that takes, from now. They are only counted if there is a limit.
    pub fn write(&self, pod: Ipv4Addr, bytes: impl FnOnce() -> u64) -> Duration {
        let mut all = self.all();
        let Some(throttle) = all.get_mut(&pod) else { return Duration::ZERO };
        let bytes = (bytes().div_ceil(PAGE) + 1) * PAGE;
        let now = Instant::now();
        let takes = Duration::from_millis(bytes.saturating_mul(1_000) / throttle.bytes_per_second);
        // One after the other.
        throttle.settled = throttle.settled.max(now) + takes;
        throttle.settled - now
    }

    /// How long it takes from now until everything that a pod wrote is on the disk.
    pub fn settles_in(&self, pod: Ipv4Addr) -> Duration {
        let all = self.all();
        all.get(&pod).map_or(Duration::ZERO, |throttle| throttle.settled.saturating_duration_since(Instant::now()))
    }

    /// Waits as long as a write takes, or until the pod has no limit any more.
    pub async fn wait(&self, pod: Ipv4Addr, takes: Duration) {
        let until = Instant::now() + takes;
        while self.is_limited(pod) && Instant::now() < until {
            tokio::time::sleep(LOOK.min(until - Instant::now())).await;
        }
    }

    /// Limits, in words; empty if no pod has one.
    pub fn disturbances(&self) -> Vec<String> {
        self.all().keys().map(|pod| format!("writes of {pod} are slow")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POD: Ipv4Addr = Ipv4Addr::new(10, 244, 0, 5);

    #[tokio::test(start_paused = true)]
    async fn writes_wait_for_each_other() {
        let throttles = Throttles::default();
        assert_eq!(throttles.write(POD, || 1 << 20), Duration::ZERO);
        throttles.limit(POD, 64 << 10);
        assert_eq!(throttles.write(POD, || 256 << 10), Duration::from_millis(4_062));
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(throttles.write(POD, || 100), Duration::from_millis(62 + 125));
        assert_eq!(throttles.write(Ipv4Addr::LOCALHOST, || 100), Duration::ZERO);
        assert_eq!(throttles.settles_in(POD), Duration::from_millis(62 + 125));
        let (others, begun) = (throttles.clone(), Instant::now());
        let waiting = tokio::spawn(async move { others.wait(POD, Duration::from_secs(60)).await });
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        throttles.lift(POD);
        waiting.await.unwrap();
        assert_eq!(begun.elapsed(), LOOK * 2);
        assert_eq!((throttles.write(POD, || 100), throttles.disturbances()), (Duration::ZERO, Vec::new()));
    }
}
