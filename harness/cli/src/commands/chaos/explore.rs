use std::{
    collections::BTreeMap,
    fmt::Write as _,
    time::{Duration, Instant},
};

use seatrial_chaos::{Fault, Frame, Schedule};
use seatrial_embedded::{Defect, Defects};
use seatrial_record::{ExitCode, Verdict};

use super::{
    search::Search,
    trial::{Bench, Ended},
};
use crate::{
    args::{ExploreArgs, PODS, PathArgs, SelectArgs},
    commands::Done,
    complaint::Complaint,
    home::Home,
    interrupt,
};

/// Seeds that are tried if neither their number nor a time is given.
const SEEDS: u64 = 200;
/// Percent of the time that are kept for shrinking.
const SHRINKING: u32 = 20;

/// Kinds of faults that are tried if none are named: those after which nothing may be lost, and the cluster is whole.
fn usual() -> Vec<&'static str> {
    // A dnode that is dropped while its pod stays, and data that are gone, are nothing that should go well.
    Fault::KINDS.into_iter().filter(|kind| !["drop-dnode", "lose-volume", "corrupt-wal"].contains(kind)).collect()
}

/// Schedules that end in the same way.
#[derive(Default)]
struct Alike {
    seeds: Vec<u64>,
    /// Why the first of them did.
    reason: String,
}

/// How schedules ended.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: BTreeMap<String, Alike>,
    unknown: BTreeMap<String, Alike>,
}

impl Tally {
    fn of(ended: &[(u64, Ended)]) -> Self {
        let mut tally = Self::default();
        for (seed, Ended { verdict, kind, reason }) in ended {
            let ways = match verdict {
                Verdict::Pass => {
                    tally.passed += 1;
                    continue;
                }
                Verdict::Unknown => &mut tally.unknown,
                Verdict::Fail => &mut tally.failed,
            };
            let alike = ways.entry(kind.clone()).or_default();
            alike.seeds.push(*seed);
            if alike.reason.is_empty() {
                alike.reason.clone_from(reason);
            }
        }
        tally
    }

    fn count(ways: &BTreeMap<String, Alike>) -> usize {
        ways.values().map(|alike| alike.seeds.len()).sum()
    }

    /// Ways to end, the most frequent first.
    fn by_count(ways: &BTreeMap<String, Alike>) -> Vec<(&str, &Alike)> {
        let mut ways: Vec<(&str, &Alike)> = ways.iter().map(|(kind, alike)| (kind.as_str(), alike)).collect();
        ways.sort_by_key(|(_, alike)| std::cmp::Reverse(alike.seeds.len()));
        ways
    }
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
    std::fs::create_dir_all(&args.out).map_err(Complaint::environment)?;
    let begun = Instant::now();
    let limit = args.time.map(Duration::from_secs);
    let kept = if args.shrink > 0 { SHRINKING } else { 0 };
    let search = Search {
        bench: &bench,
        kinds: &kinds,
        until: limit.map(|limit| begun + limit * (100 - kept) / 100),
        end: limit.map(|limit| begun + limit),
        asked: interrupt::watch(),
    };
    let count = args.seeds.or_else(|| limit.is_none().then_some(SEEDS));
    let ended = search.try_all(args.seed, count)?;
    let took = begun.elapsed();

    let tally = Tally::of(&ended);
    let (failed, unknown) = (Tally::count(&tally.failed), Tally::count(&tally.unknown));
    let each = took / u32::try_from(ended.len().max(1)).unwrap_or(u32::MAX);
    println!(
        "{} schedules for TDengine {} in {:.1} s ({each:.1?} each): {} passed, {unknown} unknown, {failed} failed in {} ways",
        ended.len(),
        args.tdengine,
        took.as_secs_f64(),
        tally.passed,
        tally.failed.len(),
    );
    for (number, (kind, alike)) in (1..).zip(Tally::by_count(&tally.failed)) {
        tell(&format!("{number}. {kind}"), alike);
        if number <= args.shrink {
            keep_smallest(&search, kind, alike, args)?;
        }
    }
    for (kind, alike) in Tally::by_count(&tally.unknown) {
        tell(&format!("unknown, {kind}"), alike);
        if let Some(seed) = alike.seeds.first().copied().filter(|_| args.shrink > 0) {
            let mut frame = bench.frame(seed);
            frame.name = format!("unknown-{seed}");
            frame.summary = format!("Unknown to the search: {kind}");
            keep(&frame, &bench.schedule(seed, &kinds), seed, args, "")?;
        }
    }
    Ok(match (failed, tally.passed) {
        (1.., _) => ExitCode::Failed,
        (0, 0) => ExitCode::Unknown,
        (0, _) if search.interrupted() => ExitCode::Unknown,
        (0, _) => ExitCode::Passed,
    })
}

fn tell(title: &str, alike: &Alike) {
    let (count, first) = (alike.seeds.len(), alike.seeds.first().copied().unwrap_or_default());
    let schedules = if count == 1 { "schedule, that of" } else { "schedules, the first with" };
    println!("\n{title}: {count} {schedules} seed {first}\n   {}", alike.reason);
}

/// Shrinks the shortest schedule of one kind of failure, and writes its scenario file.
fn keep_smallest(search: &Search<'_>, kind: &str, alike: &Alike, args: &ExploreArgs) -> Result<(), Complaint> {
    let bench = search.bench;
    let length = |seed: &u64| bench.schedule(*seed, search.kinds).0.len();
    let Some(seed) = alike.seeds.iter().copied().min_by_key(length) else { return Ok(()) };
    let small = search.smallest(kind, seed);
    let mut frame = bench.frame(seed);
    // The search does not wait once something has failed; who runs the file does.
    let ended = bench.run_to_the_end(&frame, &small, seed)?;
    frame.summary = format!("Found by the search: {}", ended.kind);
    let faults = small.faults().count();
    println!("   shrunk to {faults} fault{}:\n{small}", if faults == 1 { "" } else { "s" });
    keep(&frame, &small, seed, args, ", and shrunk")
}

/// Writes the scenario file of a schedule, and tells how it is run.
fn keep(frame: &Frame, schedule: &Schedule, seed: u64, args: &ExploreArgs, how: &str) -> Result<(), Complaint> {
    let mut again = format!("seatrial chaos explore --tdengine {} --seed {seed} --seeds 1", args.tdengine);
    if args.pods != PODS {
        let _ = write!(again, " --pods {}", args.pods);
    }
    for (option, values) in [("fault", &args.fault), ("defect", &args.defect)] {
        for value in values {
            let _ = write!(again, " --{option} {value}");
        }
    }
    let comments = vec![format!("Found by `{again}`{how}."), format!("Repeat it with `--seed {seed}`.")];
    let frame = Frame { comments, ..frame.clone() };
    let file = args.out.join(format!("{}.yaml", frame.name));
    std::fs::write(&file, frame.scenario(schedule).map_err(Complaint::environment)?).map_err(Complaint::environment)?;
    if args.defect.is_empty() {
        println!("   seatrial run {} --tdengine {} --seed {seed}", file.display(), args.tdengine);
    } else {
        // Only the search plants defects.
        println!("   {}: {again}", file.display());
    }
    Ok(())
}

#[cfg(test)]
#[path = "explore_tests.rs"]
mod tests;
