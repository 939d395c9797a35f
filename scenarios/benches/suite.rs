//! `cargo bench`: the documented suites of all versions on embedded clusters, on all cores, against the time that they
//! simulate.

use std::{fs, num::NonZero, thread, time::Instant};

use seatrial_record::Verdict;
use seatrial_scenarios::{Checkout, Failure, VERSIONS};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: u32 = 9;
const SEED: u64 = 1;

fn main() -> Result<(), Failure> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut whole = 0.0;
    for (folder, tdengine) in VERSIONS {
        let checkout = Checkout::load(folder)?;
        let plan = checkout.plan(tdengine)?;
        let mut rounds = Vec::new();
        // The first round warms up and is not counted.
        for round in 0..=ROUNDS {
            let start = Instant::now();
            let ran = checkout.run(&plan, SEED, cores)?;
            let wall = start.elapsed().as_secs_f64();
            if ran.summary.verdict != Some(Verdict::Pass) {
                return Err(format!("a run that does not pass is not measured\n{}", ran.complaints()).into());
            }
            if round > 0 {
                #[expect(clippy::cast_precision_loss, reason = "hours in milliseconds are exact in a float")]
                rounds.push((wall, ran.simulated_ms() as f64 / 1000.0));
            }
        }
        rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
        let Some((wall, simulated)) = rounds.get(rounds.len() / 2) else { return Err("no rounds".into()) };
        println!("{folder} for {tdengine}, {} runs on {cores} cores, median of {ROUNDS} rounds", plan.runs.len());
        println!("  wall       {wall:.3} s");
        println!("  simulated  {simulated:.0} s");
        println!("  ratio      {:.0}", simulated / wall);
        whole += wall;
    }
    println!("all versions");
    println!("  wall       {whole:.3} s");
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
