//! Disks that are slow.

use std::{collections::BTreeMap, time::Duration};

use super::{FaultError, Injector, Rule, Site, SlowVolume, site::DATA_FOLDER};

/// What is written to see how long that takes.
const PROBE: &str = ".seatrial-pace";
/// How long the probe takes by itself with the limit, so that it is told from a disk that others keep busy.
const TAKES: Duration = Duration::from_secs(2);
/// Bytes of the largest probe.
const MOST: u64 = 32 << 20;
/// A probe may have to wait for what the server writes meanwhile.
const LIMIT: Duration = Duration::from_secs(50);

/// Disks as they were.
#[derive(Clone, Debug)]
pub(super) struct Slowed {
    /// How long the probe took before, by pod.
    before: BTreeMap<u32, Duration>,
    /// Bytes of the probe.
    bytes: u64,
    /// How long the limit lets it take.
    takes: Duration,
    /// How it is done.
    pub rules: Vec<Rule>,
}

/// The seconds that `dd` tells: `262144 bytes (262 kB, 256 KiB) copied, 3.94678 s, 66.4 kB/s`.
fn seconds(text: &str) -> Option<Duration> {
    let told = text.lines().rev().find_map(|line| line.split_once(" copied, "))?.1;
    Duration::try_from_secs_f64(told.split(' ').next()?.trim_end_matches('s').parse().ok()?).ok()
}

impl Injector {
    pub(super) async fn slow(&self, SlowVolume { pod, kilobytes }: &SlowVolume) -> Result<Slowed, FaultError> {
        let rate = u64::from(*kilobytes) << 10;
        let bytes = (rate * TAKES.as_secs()).min(MOST);
        let takes = Duration::from_millis(bytes * 1_000 / rate);
        let (mut before, mut rules) = (BTreeMap::new(), Vec::new());
        for (ordinal, pod) in self.meant(pod).await? {
            let took = self.pace(ordinal, bytes).await?;
            if took > takes / 2 {
                let what =
                    format!("the volume of {} is as slow already: {} ms for {bytes} bytes", pod.name, took.as_millis());
                return Err(FaultError::nobody(what));
            }
            before.insert(ordinal, took);
            rules.push(Rule::Disk { at: Site::spot(&pod)?, uid: pod.uid.clone(), bytes: rate });
        }
        self.lay_all(&rules).await?;
        Ok(Slowed { before, bytes, takes, rules })
    }

    /// How long it takes to write so much to a pod's volume and to force it to the disk.
    async fn pace(&self, ordinal: u32, bytes: u64) -> Result<Duration, FaultError> {
        let file = format!("{DATA_FOLDER}/{PROBE}");
        let script = format!("dd if=/dev/zero of={file} bs={bytes} count=1 conv=fsync 2>&1; rm -f {file}");
        let (_, text) = self.site.exec(ordinal, &["sh", "-c", &script], LIMIT).await?;
        let pod = self.site.pod(ordinal);
        seconds(&text).ok_or_else(|| FaultError::nobody(format!("{pod} does not tell how long a write took: {text}")))
    }

    /// The probe in each pod, if `fits` holds for how long it takes and took before.
    async fn paces(
        &self,
        slowed: &Slowed,
        fits: impl Fn(Duration, Duration) -> bool,
    ) -> Result<Option<String>, FaultError> {
        let mut seen = Vec::new();
        for (ordinal, before) in &slowed.before {
            let now = self.pace(*ordinal, slowed.bytes).await?;
            if !fits(now, *before) {
                return Ok(None);
            }
            let (pod, bytes) = (self.site.pod(*ordinal), slowed.bytes);
            let (now, before) = (now.as_millis(), before.as_millis());
            seen.push(format!("a write of {bytes} bytes to the volume of {pod} takes {now} ms; before {before} ms"));
        }
        Ok(Some(seen.join("; ")))
    }

    pub(super) async fn writes_are_slow(&self, slowed: &Slowed) -> Result<Option<String>, FaultError> {
        self.paces(slowed, |now, before| now >= before + slowed.takes / 3).await
    }

    pub(super) async fn writes_are_fast(&self, slowed: &Slowed) -> Result<Option<String>, FaultError> {
        self.paces(slowed, |now, before| now <= before + slowed.takes / 4).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_write_is_read() {
        let told = "1+0 records in\n1+0 records out\n262144 bytes (262 kB, 256 KiB) copied, 3.94678 s, 66.4 kB/s\n";
        assert_eq!(seconds(told), Some(Duration::from_micros(3_946_780)));
        assert_eq!(
            seconds("1048576 bytes (1.0MB) copied, 0.0123 seconds, 81MB/s"),
            Some(Duration::from_micros(12_300))
        );
        assert_eq!(seconds("dd: failed to open"), None);
    }
}
