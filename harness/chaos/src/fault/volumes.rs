//! Volumes without room.

use std::{collections::BTreeMap, time::Duration};

use seatrial_cluster::PodState;
use tokio::time::{Instant, sleep};

use super::{FaultError, Injector, Site, Target, acts::COMMAND, site::DATA_FOLDER};

/// What takes the room.
const BALLAST: &str = ".seatrial-ballast";
/// What is written to see whether there is room.
const PROBE: &str = ".seatrial-probe";
/// Most bytes that are taken: a volume for a trial is not larger, and a disk that is taken by mistake might be.
const MOST: u64 = 64 << 30;
/// How long it may take until a container runs in which the ballast can be removed: its server may end at once again and
/// again for want of room.
const RUNS: Duration = Duration::from_secs(360);

/// How a folder is mounted, as the kernel tells it.
#[derive(Debug, PartialEq, Eq)]
enum Mount {
    /// It is a whole file system.
    Own,
    /// It is a folder of one.
    Folder(String),
    /// Nothing is mounted there.
    None,
}

/// Finds the mount at [`DATA_FOLDER`] in `/proc/self/mountinfo`, whose fourth field is the root of the mount.
fn mount(mountinfo: &str) -> Mount {
    // The last is on top.
    let mut lines = mountinfo.lines().rev().map(|line| line.split(' ').collect::<Vec<_>>());
    let found = lines.find(|fields| fields.get(4) == Some(&DATA_FOLDER));
    match found.as_ref().and_then(|fields| fields.get(3)) {
        Some(&"/") => Mount::Own,
        Some(root) => Mount::Folder((*root).to_owned()),
        None => Mount::None,
    }
}

impl Injector {
    /// Takes all room of the volumes of pods.
    pub(super) async fn fill(&self, target: &Target) -> Result<BTreeMap<u32, PodState>, FaultError> {
        let pods = self.meant(target).await?;
        let mut room = BTreeMap::new();
        for (ordinal, pod) in &pods {
            let (_, mounts) = self.site.exec(*ordinal, &["cat", "/proc/self/mountinfo"], COMMAND).await?;
            match mount(&mounts) {
                Mount::Own => {}
                Mount::Folder(folder) => {
                    let what = format!("the volume of {} is the folder {folder} of a file system", pod.name);
                    return Err(FaultError::SharedVolume(format!("{what} that others use, too")));
                }
                Mount::None => {
                    let what = format!("{} has no volume at {DATA_FOLDER}", pod.name);
                    return Err(FaultError::SharedVolume(what));
                }
            }
            let stat = ["stat", "-f", "-c", "%f %S", DATA_FOLDER];
            let (_, text) = self.site.exec(*ordinal, &stat, COMMAND).await?;
            let numbers: Option<Vec<u64>> = text.split_whitespace().map(|number| number.parse().ok()).collect();
            let free = match numbers.as_deref() {
                Some([blocks, size]) => blocks.saturating_mul(*size),
                _ => return Err(FaultError::nobody(format!("{} does not tell how much room it has", pod.name))),
            };
            if free > MOST {
                let what = format!("{free} bytes are free in the volume of {}, more than {MOST}", pod.name);
                return Err(FaultError::SharedVolume(what));
            }
            room.insert(*ordinal, free);
        }
        for (ordinal, free) in room {
            let ballast = format!("{DATA_FOLDER}/{BALLAST}");
            self.site.exec(ordinal, &["fallocate", "-l", &free.to_string(), &ballast], COMMAND).await?;
            // What was freed meanwhile, or could not be had in one piece.
            let rest = format!("of={ballast}-rest");
            self.site.exec(ordinal, &["dd", "if=/dev/zero", &rest, "bs=4096"], COMMAND).await?;
        }
        Ok(pods)
    }

    /// Gives volumes their room back.
    pub(super) async fn empty(&self, pods: &BTreeMap<u32, PodState>) -> Result<(), FaultError> {
        let files = [BALLAST.to_owned(), format!("{BALLAST}-rest"), PROBE.to_owned()];
        let files = files.map(|name| format!("{DATA_FOLDER}/{name}"));
        let [ballast, rest, probe] = &files;
        let command = ["rm", "-f", ballast, rest, probe];
        for ordinal in pods.keys() {
            let deadline = Instant::now() + RUNS;
            loop {
                match self.site.exec(*ordinal, &command, COMMAND).await {
                    Ok((0, _)) => break,
                    // A container that is just ending takes what runs in it along.
                    _ if Instant::now() <= deadline => sleep(Duration::from_millis(500)).await,
                    Ok((exit, text)) => return Err(FaultError::nobody(format!("`rm` ended with {exit}: {text}"))),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// That nothing can be written to any of these volumes.
    pub(super) async fn full(&self, pods: &BTreeMap<u32, PodState>) -> Result<Option<String>, FaultError> {
        let mut seen = Vec::new();
        for (ordinal, pod) in pods {
            let (exit, text) = probe(&self.site, *ordinal).await?;
            if exit == 0 || !text.contains("No space left on device") {
                return Ok(None);
            }
            seen.push(format!("a write to the volume of {} fails: No space left on device", pod.name));
        }
        Ok(Some(seen.join("; ")))
    }

    /// That something can be written to all of these volumes.
    pub(super) async fn has_room(&self, pods: &BTreeMap<u32, PodState>) -> Result<Option<String>, FaultError> {
        for (ordinal, pod) in pods {
            let (exit, _) = probe(&self.site, *ordinal).await?;
            let (_, left) = self.site.exec(*ordinal, &["ls", "-a", DATA_FOLDER], COMMAND).await?;
            if exit != 0 || left.contains(BALLAST) {
                return Ok(None);
            }
            let probe = format!("{DATA_FOLDER}/{PROBE}");
            self.site.exec(*ordinal, &["rm", "-f", &probe], COMMAND).await?;
            tracing::debug!(pod = pod.name, "its volume has room");
        }
        Ok(Some(format!("the ballast is gone from {} volumes, and they take writes", pods.len())))
    }
}

async fn probe(site: &Site, ordinal: u32) -> Result<(i32, String), FaultError> {
    let script = format!("dd if=/dev/zero of={DATA_FOLDER}/{PROBE} bs=65536 count=1 2>&1");
    Ok(site.exec(ordinal, &["sh", "-c", &script], COMMAND).await?)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("412 398 8:16 / /var/lib/taos rw,relatime - ext4 /dev/sdb rw", Mount::Own)]
    #[case(
        "412 398 254:1 /var/local-path-provisioner/pvc-1 /var/lib/taos rw - ext4 /dev/vda1 rw",
        Mount::Folder("/var/local-path-provisioner/pvc-1".to_owned())
    )]
    #[case("398 1 0:50 / / rw,relatime - overlay overlay rw", Mount::None)]
    fn a_mount_is_a_file_system_or_a_folder_of_one(#[case] line: &str, #[case] found: Mount) {
        assert_eq!(mount(&format!("398 1 0:50 / / rw - overlay overlay rw\n{line}\n")), found);
    }
}
