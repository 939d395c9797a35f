//! Large runs stay usable.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod samples;

use std::time::Instant;

use seatrial_report::{RunFacts, write_all};

/// 100 scenarios of 50 steps. Below 1 s in a release build, which prints its time; here the bound leaves room for an
/// unoptimised build on a busy machine.
#[test]
fn a_large_report_is_quick_and_bounded() {
    let events = samples::large(100, 50);
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let written = write_all(folder.path(), &events, &RunFacts::default()).unwrap();
    let took = began.elapsed();
    let size = std::fs::metadata(&written.html).unwrap().len();
    println!("{} events: {took:?}, {size} bytes of HTML, {} files", events.len(), written.evidence.len());
    assert!(took.as_secs() < if cfg!(debug_assertions) { 30 } else { 1 }, "{took:?}");
    assert!(size < 15_000_000, "{size}");
    assert!(std::fs::metadata(&written.summary).unwrap().len() < 1_000_000, "the bound of a job summary");
}
