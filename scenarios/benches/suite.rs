//! `cargo bench`: the whole documented suite on embedded clusters, on all cores, against the time that it simulates.

use std::{
    fs,
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use seatrial_engine::Plan;
use seatrial_scenarios::{Checkout, Failure};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: u32 = 5;
const SEED: u64 = 1;

fn main() -> Result<(), Failure> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let checkout = Checkout::load("doc-2x")?;
    let plans = checkout.plans("2.1.1.0")?;
    let mut rounds = Vec::new();
    // The first round warms up and is not counted.
    for round in 0..=ROUNDS {
        let start = Instant::now();
        let simulated = run_all(&checkout, &plans, cores)?;
        let wall = start.elapsed().as_secs_f64();
        if round > 0 {
            rounds.push((wall, simulated));
        }
    }
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let Some((wall, simulated)) = rounds.get(rounds.len() / 2) else { return Err("no rounds".into()) };
    println!("documented suite, {} scenario runs on {cores} cores, median of {ROUNDS} rounds", plans.len());
    println!("  wall       {wall:.3} s");
    println!("  simulated  {simulated:.0} s");
    println!("  ratio      {:.0}", simulated / wall);
    if let Some(peak) = peak_memory() {
        println!("  peak RSS   {peak}");
    }
    Ok(())
}

/// Runs each plan once, `cores` at a time. The seconds that they simulate together.
fn run_all(checkout: &Checkout, plans: &[Plan], cores: usize) -> Result<f64, Failure> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut simulated = 0.0;
        while let Some(plan) = plans.get(next.fetch_add(1, Ordering::Relaxed)) {
            simulated += simulate(checkout, plan)?;
        }
        Ok::<_, Failure>(simulated)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().map_err(|_| "a worker panicked")?).sum()
    })
}

/// Runs one plan. The seconds that it simulates.
fn simulate(checkout: &Checkout, plan: &Plan) -> Result<f64, Failure> {
    let ran = checkout.run(plan, SEED)?;
    let (Some(first), Some(last)) = (ran.events.first(), ran.events.last()) else { return Err("no events".into()) };
    Ok(last.at.duration_since(first.at).as_secs_f64())
}

/// The process's peak resident memory, where the system tells it.
fn peak_memory() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|value| value.trim().to_owned())
}
