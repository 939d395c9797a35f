//! `cargo bench -p seatrial-report`: all reports of a run of 100 scenarios of 50 steps, from its file of events.
//!
//! It fails above 1 s or 100 MB, which is what a report may cost.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the samples are shared with tests, which may fail")]

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::{fs, path::Path, process::ExitCode, time::Instant};

use seatrial_record::{EventLog, Recording};
use seatrial_report::{RunFacts, write_all};

const ROUNDS: usize = 5;

fn main() -> ExitCode {
    // The run is written by another process: its memory is not that of the report.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    if let Some(file) = std::env::var_os("SEATRIAL_BENCH_RECORD") {
        record(Path::new(&file));
        return ExitCode::SUCCESS;
    }
    let myself = std::env::current_exe().unwrap();
    assert!(std::process::Command::new(myself).env("SEATRIAL_BENCH_RECORD", &file).status().unwrap().success());
    let mut times: Vec<f64> = (0..ROUNDS).map(|_| report(&file, folder.path())).collect();
    times.sort_by(f64::total_cmp);
    let median = times[ROUNDS / 2];
    let size = |name: &str| fs::metadata(folder.path().join(name)).map_or(0, |data| data.len()) / 1_000;
    println!("reports of 100 scenarios of 50 steps, median of {ROUNDS} rounds");
    println!("  events       {} KB", size("events.jsonl"));
    println!("  wall         {median:.3} s");
    for name in ["report.html", "report.json", "junit.xml", "summary.md"] {
        println!("  {name:<12} {} KB", size(name));
    }
    let peak = peak_kb();
    if let Some(kb) = peak {
        println!("  peak RSS     {} MB", kb / 1_000);
    }
    ExitCode::from(u8::from(median > 1.0 || peak.is_some_and(|kb| kb > 100_000)))
}

fn record(file: &Path) {
    let mut log = EventLog::new(vec![Box::new(Recording::create(file).unwrap())]);
    for event in samples::large(100, 50) {
        log.append(event.at, event.body).unwrap();
    }
}

/// Seconds from the file of events to the files of reports.
fn report(file: &Path, folder: &Path) -> f64 {
    let began = Instant::now();
    let events = Recording::read(file).unwrap();
    write_all(folder, &events, &RunFacts::default()).unwrap();
    began.elapsed().as_secs_f64()
}

/// The process's peak resident memory, where the system tells it.
fn peak_kb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
