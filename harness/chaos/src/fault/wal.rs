//! Damaged write-ahead logs.

use std::collections::BTreeMap;

use seatrial_cluster::PodState;

use super::{CorruptWal, FaultError, Injector, acts::COMMAND, site::DATA_FOLDER};

/// What the end of a log is written over with.
const RUBBISH: &str = "seatrial";

/// A server that was killed, and what was done to its files before.
#[derive(Clone, Debug)]
pub(super) struct Damage {
    /// Its process, and the pod that it ran in.
    pub processes: BTreeMap<u32, (String, PodState)>,
    /// Files, with their checksums before and after.
    files: Vec<Damaged>,
}

#[derive(Clone, Debug)]
struct Damaged {
    pod: String,
    path: String,
    before: String,
    after: String,
}

/// The number in the name of a file of a write-ahead log: `wal7` in 2.x, `00000000000000000042.log` in 3.x.
fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix("wal").or_else(|| name.strip_suffix(".log"))?.parse().ok()
}

impl Injector {
    /// Stops servers, damages the end of the newest log of each of their vnodes, and kills them.
    pub(super) async fn corrupt(&self, CorruptWal { pod, bytes }: &CorruptWal) -> Result<Damage, FaultError> {
        let processes = self.processes(pod).await?;
        let bytes = usize::from(bytes.unwrap_or(CorruptWal::BYTES));
        let mut files = Vec::new();
        for (ordinal, (pid, _)) in &processes {
            // So that it neither writes nor tidies up meanwhile.
            self.site.exec(*ordinal, &["kill", "-STOP", pid], COMMAND).await?;
            let damaged = self.damage(*ordinal, bytes).await;
            let (signal, empty) = match &damaged {
                Ok(damaged) if !damaged.is_empty() => ("-9", false),
                _ => ("-CONT", true),
            };
            self.site.exec(*ordinal, &["kill", signal, pid], COMMAND).await?;
            files.extend(damaged?);
            if empty {
                let why = format!("no vnode of {} has {bytes} bytes in its log", self.site.pod(*ordinal));
                return Err(FaultError::nobody(why));
            }
        }
        Ok(Damage { processes, files })
    }

    async fn damage(&self, ordinal: u32, bytes: usize) -> Result<Vec<Damaged>, FaultError> {
        let vnodes = format!("{DATA_FOLDER}/vnode");
        let mut files = Vec::new();
        for vnode in self.names_in(ordinal, &vnodes).await?.iter().filter(|name| name.starts_with("vnode")) {
            let folder = format!("{vnodes}/{vnode}/wal");
            let mut logs = self.names_in(ordinal, &folder).await.unwrap_or_default();
            logs.sort_by_key(|name| std::cmp::Reverse(number_of(name)));
            for name in logs.iter().filter(|name| number_of(name).is_some()) {
                let path = format!("{folder}/{name}");
                let (_, size) = self.site.exec(ordinal, &["wc", "-c", &path], COMMAND).await?;
                let size: usize = size.split_whitespace().next().and_then(|size| size.parse().ok()).unwrap_or(0);
                // A log that was just begun is empty.
                let Some(start) = size.checked_sub(bytes) else { continue };
                let before = self.checksum(ordinal, &path).await?;
                let rubbish: String = RUBBISH.chars().cycle().take(bytes).collect();
                let script = format!("echo -n {rubbish} | dd of={path} bs=1 seek={start} conv=notrunc");
                self.site.exec(ordinal, &["sh", "-c", &script], COMMAND).await?;
                let after = self.checksum(ordinal, &path).await?;
                files.push(Damaged { pod: self.site.pod(ordinal), path, before, after });
                break;
            }
        }
        Ok(files)
    }

    async fn names_in(&self, ordinal: u32, folder: &str) -> Result<Vec<String>, FaultError> {
        let (_, names) = self.site.exec(ordinal, &["ls", folder], COMMAND).await?;
        Ok(names.split_whitespace().map(str::to_owned).collect())
    }

    async fn checksum(&self, ordinal: u32, path: &str) -> Result<String, FaultError> {
        let (_, sum) = self.site.exec(ordinal, &["cksum", path], COMMAND).await?;
        Ok(sum.split_whitespace().next().unwrap_or_default().to_owned())
    }

    pub(super) async fn damaged(&self, damage: &Damage) -> Result<Option<String>, FaultError> {
        for (ordinal, (pid, pod)) in &damage.processes {
            if self.killed(*ordinal, pid, pod).await?.is_none() {
                return Ok(None);
            }
        }
        let changed = |file: &Damaged| {
            let Damaged { pod, path, before, after } = file;
            (before != after).then(|| format!("{path} in {pod} had the checksum {before}, then {after}"))
        };
        let seen: Option<Vec<String>> = damage.files.iter().map(changed).collect();
        Ok(seen.map(|seen| format!("{}; the servers were killed", seen.join("; "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_of_both_generations_have_numbers() {
        assert_eq!(
            ["wal7", "00000000000000000042.log", "meta-ver3", "7.idx"].map(number_of),
            [Some(7), Some(42), None, None]
        );
    }
}
