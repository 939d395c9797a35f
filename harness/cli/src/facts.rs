//! What a run's events do not say, kept beside them: when it really ran, for how long, and on what machine.

use std::{fs, path::Path, thread};

use jiff::Timestamp;
use seatrial_report::RunFacts;

use crate::complaint::Complaint;

/// Name of the file in a run's folder.
const FILE: &str = "facts.json";

/// The facts of a run that begins now.
pub fn begin(run_id: &str) -> RunFacts {
    RunFacts { run_id: run_id.to_owned(), began: Some(Timestamp::now()), host: Some(host()), ..RunFacts::default() }
}

/// Keeps facts in the folder of their run.
pub fn write(folder: &Path, facts: &RunFacts) -> Result<(), Complaint> {
    let file = folder.join(FILE);
    let text = serde_json::to_string_pretty(facts).map_err(Complaint::environment)?;
    fs::write(&file, text + "\n")
        .map_err(|error| Complaint::environment(format!("cannot write {}: {error}", file.display())))
}

/// The facts that were kept in a folder; none of a run of an older release, or if they cannot be read.
pub fn read(folder: &Path) -> RunFacts {
    let text = fs::read_to_string(folder.join(FILE)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// This machine in words.
fn host() -> String {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = memory_kb().map(|kb| format!(", {} GB", (kb + 512 * 1024) / (1024 * 1024))).unwrap_or_default();
    format!("{os} {arch}, {cores} cores{memory}")
}

fn memory_kb() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_kept_and_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), RunFacts::default(), "a run without facts has none");
        let facts = RunFacts { wall_ms: Some(7), ..begin("a-run") };
        write(folder.path(), &facts).unwrap();
        assert_eq!(read(folder.path()), facts);
    }
}
