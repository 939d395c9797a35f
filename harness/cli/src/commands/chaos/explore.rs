use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use seatrial_chaos::{Fault, Schedule, generate, shrink};
use seatrial_embedded::{Defect, Defects};
use seatrial_record::{ExitCode, Verdict};

use super::trial::{Bench, Ended};
use crate::{
    args::{ExploreArgs, PathArgs, SelectArgs},
    commands::Done,
    complaint::Complaint,
    home::Home,
};

/// Kinds of faults that are tried if none are named: those after which nothing may be lost, and the cluster is whole.
fn usual() -> Vec<&'static str> {
    // A dnode that is dropped while its pod stays, and data that are gone, are nothing that should go well.
    Fault::KINDS.into_iter().filter(|kind| !["drop-dnode", "lose-volume", "corrupt-wal"].contains(kind)).collect()
}

/// Schedules that end in the same way.
#[derive(Default)]
struct Found {
    seeds: Vec<u64>,
    reason: String,
}

/// Tries schedules made from seeds on embedded clusters, and shrinks one of each kind of failure.
pub fn explore(args: &ExploreArgs) -> Done {
    let select =
        SelectArgs { paths: PathArgs { paths: Vec::new() }, tdengine: Some(args.tdengine.clone()), manifests: None };
    let loaded = Home::find()?.load_for(&select)?;
    let version = args.tdengine.parse().map_err(Complaint::usage)?;
    let defects: Vec<Defect> =
        args.defect.iter().map(|name| name.parse().map_err(Complaint::usage)).collect::<Result<_, _>>()?;
    if let Some(wrong) = args.fault.iter().find(|kind| !Fault::KINDS.contains(&kind.as_str())) {
        let known = Fault::KINDS.join(", ");
        return Err(Complaint::usage(format!("no fault is of the kind `{wrong}`; there are {known}")));
    }
    let kinds: Vec<&str> =
        if args.fault.is_empty() { usual() } else { args.fault.iter().map(String::as_str).collect() };
    let bench = Bench { loaded: &loaded, version, defects: Defects::from_iter(defects), pods: args.pods };
    let begun = Instant::now();
    let limit = args.time.map(Duration::from_secs);
    let ended = try_all(&bench, args.seed, args.seeds, limit.map(|limit| begun + limit), &kinds)?;
    let took = begun.elapsed();

    let mut passed = 0;
    let (mut found, mut doubtful) = (BTreeMap::<String, Found>::new(), BTreeMap::<String, Found>::new());
    for (seed, Ended { verdict, kind, reason }) in &ended {
        let ways = match verdict {
            Verdict::Pass => {
                passed += 1;
                continue;
            }
            Verdict::Unknown => &mut doubtful,
            Verdict::Fail => &mut found,
        };
        let found = ways.entry(kind.clone()).or_default();
        found.seeds.push(*seed);
        if found.reason.is_empty() {
            found.reason.clone_from(reason);
        }
    }
    let unknown: usize = doubtful.values().map(|found| found.seeds.len()).sum();
    let each = took / u32::try_from(ended.len().max(1)).unwrap_or(u32::MAX);
    println!(
        "{} schedules for TDengine {} in {:.1} s ({each:.1?} each): {passed} passed, {unknown} unknown, {} failed in {} ways",
        ended.len(),
        args.tdengine,
        took.as_secs_f64(),
        ended.len() - passed - unknown,
        found.len(),
    );
    let mut by_count: Vec<(&String, &Found)> = found.iter().collect();
    by_count.sort_by_key(|(_, found)| std::cmp::Reverse(found.seeds.len()));
    std::fs::create_dir_all(&args.out).map_err(Complaint::environment)?;
    for (number, (kind, found)) in (1..).zip(&by_count) {
        let first = found.seeds.first().copied().unwrap_or_default();
        println!("\n{number}. {kind}: {} schedules, the first with seed {first}", found.seeds.len());
        println!("   {}", found.reason);
        if number <= args.shrink {
            keep_smallest(&bench, kind, found, args, &kinds)?;
        }
    }
    for (kind, Found { seeds, reason }) in &doubtful {
        let first = seeds.first().copied().unwrap_or_default();
        println!("\nunknown, {}: {} schedules, the first with seed {first}\n   {reason}", kind.trim(), seeds.len());
    }
    Ok(match (found.is_empty(), passed) {
        (false, _) => ExitCode::Failed,
        (true, 0) => ExitCode::Unknown,
        (true, _) => ExitCode::Passed,
    })
}

/// Shrinks the shortest schedule of one kind of failure, and writes its scenario file.
fn keep_smallest(
    bench: &Bench<'_>,
    kind: &str,
    found: &Found,
    args: &ExploreArgs,
    kinds: &[&str],
) -> Result<(), Complaint> {
    let length = |seed: &u64| generate(*seed, args.pods, kinds).0.len();
    let Some(seed) = found.seeds.iter().copied().min_by_key(length) else { return Ok(()) };
    let small = smallest(bench, kind, seed, kinds);
    let mut frame = bench.frame(seed);
    // The search does not wait once something has failed; who runs the file does.
    let ended = bench.run_to_the_end(&frame, &small, seed)?;
    frame.summary = format!("Found by the search: {}", ended.kind.trim());
    let again = format!("seatrial chaos explore --tdengine {} --seed {seed} --seeds 1", args.tdengine);
    frame.comments = vec![format!("Found by `{again}`, and shrunk."), format!("Repeat it with `--seed {seed}`.")];
    let file = args.out.join(format!("{}.yaml", frame.name));
    std::fs::write(&file, frame.scenario(&small).map_err(Complaint::environment)?).map_err(Complaint::environment)?;
    let faults = small.faults().count();
    println!("   shrunk to {faults} fault{}:", if faults == 1 { "" } else { "s" });
    for happening in &small.0 {
        match (&happening.fault, &happening.heal) {
            (Some(fault), _) => println!("     {:>6}  {fault}", happening.at.to_string()),
            (None, Some(heal)) => println!("     {:>6}  heal {heal}", happening.at.to_string()),
            (None, None) => {}
        }
    }
    println!("   seatrial run {} --tdengine {} --seed {seed}", file.display(), args.tdengine);
    Ok(())
}

/// The smallest schedule that fails like that of a seed.
fn smallest(bench: &Bench<'_>, kind: &str, seed: u64, kinds: &[&str]) -> Schedule {
    let frame = bench.frame(seed);
    shrink(&generate(seed, bench.pods, kinds), |schedule| {
        bench.run(&frame, schedule, seed).is_ok_and(|ended| ended.verdict == Verdict::Fail && ended.kind == kind)
    })
}

/// Tries schedules on all cores, until all are tried or the time is over. What is returned is in the order of the seeds,
/// and without gaps.
fn try_all(
    bench: &Bench<'_>,
    first: u64,
    count: u64,
    deadline: Option<Instant>,
    kinds: &[&str],
) -> Result<Vec<(u64, Ended)>, Complaint> {
    let next = AtomicU64::new(0);
    let done = Mutex::new(BTreeMap::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while deadline.is_none_or(|deadline| Instant::now() < deadline) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    let seed = first + number;
                    let ended = bench.run(&bench.frame(seed), &generate(seed, bench.pods, kinds), seed);
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(seed, ended);
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_iter().map(|(seed, ended)| Ok((seed, ended?))).collect()
}

#[cfg(test)]
#[path = "explore_tests.rs"]
mod tests;
