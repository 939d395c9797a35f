//! `cargo bench`: the whole documented suite on the embedded cluster, against the time that it simulates.

use std::{fs, time::Instant};

use seatrial_scenarios::{Checkout, Failure};

const ROUNDS: u32 = 5;

fn main() -> Result<(), Failure> {
    let checkout = Checkout::load("doc-2x")?;
    let plan = checkout.plan("2.1.1.0")?;
    let mut rounds = Vec::new();
    // The first round warms up and is not counted.
    for round in 0..=ROUNDS {
        let start = Instant::now();
        let ran = checkout.run(&plan, 1)?;
        let wall = start.elapsed().as_secs_f64();
        let (Some(first), Some(last)) = (ran.events.first(), ran.events.last()) else { return Err("no events".into()) };
        let simulated = last.at.duration_since(first.at).as_secs_f64();
        if round > 0 {
            rounds.push((wall, simulated));
        }
    }
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let Some((wall, simulated)) = rounds.get(rounds.len() / 2) else { return Err("no rounds".into()) };
    println!("documented suite, {} scenario runs, median of {ROUNDS} rounds", plan.runs.len());
    println!("  wall       {wall:.3} s");
    println!("  simulated  {simulated:.0} s");
    println!("  ratio      {:.0}", simulated / wall);
    if let Some(peak) = peak_memory() {
        println!("  peak RSS   {peak}");
    }
    Ok(())
}

/// The process's peak resident memory, where the system tells it.
fn peak_memory() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|value| value.trim().to_owned())
}
