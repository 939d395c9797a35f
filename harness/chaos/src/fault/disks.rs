//! Disks that are slow.

use std::{collections::BTreeMap, time::Duration};

use super::{FaultError, Injector, Rule, Site, SlowVolume, site::DATA_FOLDER};

/// What is written to see how long that takes.
const PROBE: &str = ".seatrial-pace";
/// How long the probe takes by itself with the limit, so that it is told from a disk that others keep busy.
const TAKES: Duration = Duration::from_secs(2);
/// A probe may have to wait for what the server writes meanwhile.
const LIMIT: Duration = Duration::from_secs(50);

/// Disks as they were.
#[derive(Clone, Debug)]
pub(super) struct Slowed {
    /// How long the probe took before, by pod.
    before: BTreeMap<u32, Duration>,
    /// Bytes of the probe.
    bytes: u64,
    /// How it is done.
    pub rules: Vec<Rule>,
}

/// How long `dd` says that it took to write so many bytes: `262144 bytes (262 kB, 256 KiB) copied, 3.94678 s, 66.4 kB/s`. None
/// if it wrote less.
fn seconds(text: &str, bytes: u64) -> Option<Duration> {
    let (before, told) = text.lines().rev().find_map(|line| line.split_once(" copied, "))?;
    if before.split(' ').next()?.parse() != Ok(bytes) {
        return None;
    }
    Duration::try_from_secs_f64(told.split(' ').next()?.trim_end_matches('s').parse().ok()?).ok()
}

impl Injector {
    pub(super) async fn slow(&self, SlowVolume { pod, kilobytes }: &SlowVolume) -> Result<Slowed, FaultError> {
        let rate = u64::from(*kilobytes) << 10;
        let bytes = rate * TAKES.as_secs();
        let (mut before, mut rules) = (BTreeMap::new(), Vec::new());
        for (ordinal, pod) in self.meant(pod).await? {
            let took = self.pace(ordinal, bytes).await?;
            if took > TAKES / 2 {
                let what =
                    format!("the volume of {} is as slow already: {} ms for {bytes} bytes", pod.name, took.as_millis());
                return Err(FaultError::nobody(what));
            }
            before.insert(ordinal, took);
            rules.push(Rule::Disk { at: Site::spot(&pod)?, uid: pod.uid.clone(), bytes: rate });
        }
        self.lay_all(&rules).await?;
        Ok(Slowed { before, bytes, rules })
    }

    /// How long it takes to write so much to a pod's volume and to force it to the disk.
    async fn pace(&self, ordinal: u32, bytes: u64) -> Result<Duration, FaultError> {
        let file = format!("{DATA_FOLDER}/{PROBE}");
        let script = format!("dd if=/dev/zero of={file} bs={bytes} count=1 conv=fsync 2>&1; rm -f {file}");
        let (_, text) = self.site.exec(ordinal, &["sh", "-c", &script], LIMIT).await?;
        let pod = self.site.pod(ordinal);
        seconds(&text, bytes)
            .ok_or_else(|| FaultError::nobody(format!("{pod} does not tell how long a write took: {text}")))
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
        self.paces(slowed, |now, before| now >= before + TAKES / 3).await
    }

    pub(super) async fn writes_are_fast(&self, slowed: &Slowed) -> Result<Option<String>, FaultError> {
        self.paces(slowed, |now, before| now <= before + TAKES / 4).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_write_is_read() {
        let told = "1+0 records in\n1+0 records out\n262144 bytes (262 kB, 256 KiB) copied, 3.94678 s, 66.4 kB/s\n";
        assert_eq!(seconds(told, 262_144), Some(Duration::from_micros(3_946_780)));
        assert_eq!(
            seconds("1048576 bytes (1.0MB) copied, 0.0123 seconds, 81MB/s", 1_048_576),
            Some(Duration::from_micros(12_300))
        );
        let full = "dd: error writing 'x': No space left on device\n0 bytes copied, 0.0002 s, 0.0 kB/s\n";
        assert_eq!((seconds(full, 4_096), seconds("dd: failed to open", 4_096)), (None, None));
    }
}
