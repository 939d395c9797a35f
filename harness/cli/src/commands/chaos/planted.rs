//! Planted defects that cost rows or spoil the membership: whether the search under faults finds them.

use std::fmt;

use seatrial_chaos::{Schedule, shrink};
use seatrial_embedded::{Defect, Defects};
use seatrial_record::Verdict;
use seatrial_taos::Version;

use super::trial::{Bench, TRIES};
use crate::{
    complaint::Complaint,
    home::Loaded,
    selfcheck::{UnderFaults, side_by_side, under_faults},
};

/// Seeds that are tried for each defect.
const SEEDS: u64 = 200;
/// Most faults that the smallest schedule may have.
const MOST_FAULTS: usize = 3;

/// What became of one defect.
pub struct Sought {
    defect: Defect,
    found: Found,
}

enum Found {
    /// A schedule that fails with it, and not without.
    Yes { seed: u64, kind: String, small: Schedule },
    /// None of the seeds.
    No,
    /// It is not expected to be, because of this.
    Unseen(&'static str),
}

impl Sought {
    /// True if it was found as it should be.
    pub fn proved(&self) -> bool {
        match &self.found {
            Found::Yes { small, .. } => small.faults().count() <= MOST_FAULTS,
            Found::No => false,
            Found::Unseen(_) => true,
        }
    }
}

impl fmt::Display for Sought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match &self.found {
            Found::Unseen(_) => '–',
            _ if self.proved() => '✓',
            _ => '✗',
        };
        write!(f, "  {mark} {:<27} ", self.defect.name())?;
        match &self.found {
            Found::Yes { seed, kind, small } => {
                let faults: Vec<String> = small.faults().map(ToString::to_string).collect();
                write!(f, "seed {seed}, shrunk to {}: {}", faults.join(", "), kind.trim())
            }
            Found::No => write!(f, "not found in {SEEDS} schedules"),
            Found::Unseen(why) => write!(f, "not to be seen: {why}"),
        }
    }
}

/// Seeks those of these defects that the model of the version has and that cost rows or spoil the membership, on all cores.
pub fn seek(loaded: &Loaded, version: Version, defects: &[Defect]) -> Result<Vec<Sought>, Complaint> {
    let meant: Vec<(Defect, UnderFaults)> =
        defects.iter().filter_map(|defect| Some((*defect, under_faults(version, *defect)?))).collect();
    side_by_side(&meant, |(defect, expected)| one(loaded, version, *defect, *expected)).into_iter().collect()
}

fn one(loaded: &Loaded, version: Version, defect: Defect, expected: UnderFaults) -> Result<Sought, Complaint> {
    let (faults, told, pods) = match expected {
        UnderFaults::Found { faults, told, pods } => (faults, told, pods),
        UnderFaults::Unseen(why) => return Ok(Sought { defect, found: Found::Unseen(why) }),
    };
    let healthy = Bench { loaded, version, defects: Defects::default(), pods };
    let broken = Bench { defects: Defects::from_iter([defect]), ..healthy };
    for seed in 1..=SEEDS {
        let (frame, schedule) = (broken.frame(seed), broken.schedule(seed, faults));
        let ended = broken.run(&frame, &schedule, seed)?;
        if ended.verdict != Verdict::Fail || !ended.kind.contains(told) {
            continue;
        }
        // What fails in a healthy cluster, too, is not the defect's doing.
        let fails = |schedule: &Schedule| {
            broken.run(&frame, schedule, seed).is_ok_and(|it| it.verdict == Verdict::Fail && it.kind == ended.kind)
                && healthy.run(&frame, schedule, seed).is_ok_and(|it| it.verdict != Verdict::Fail)
        };
        if fails(&schedule) {
            let small = shrink(&schedule, TRIES, fails);
            return Ok(Sought { defect, found: Found::Yes { seed, kind: ended.kind, small } });
        }
    }
    Ok(Sought { defect, found: Found::No })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        args::{PathArgs, SelectArgs},
        home::Home,
    };

    #[test]
    fn what_costs_rows_or_members_is_found_and_what_cannot_be_seen_says_why() {
        let tdengine = "2.1.1.0";
        let paths = PathArgs { paths: Vec::new() };
        let select = SelectArgs { paths, tdengine: Some(tdengine.to_owned()), manifests: None };
        let loaded = Home::find().unwrap().load_for(&select).unwrap();
        let defects = [Defect::DnodeIdReused, Defect::OnlyFirstRowStored, Defect::ReplicaIgnored, Defect::OneMnodeOnly];
        let sought = seek(&loaded, tdengine.parse().unwrap(), &defects).unwrap();
        let told: Vec<String> = sought.iter().map(ToString::to_string).collect();
        assert!(sought.len() == 4 && sought.iter().all(Sought::proved), "{told:#?}");
        assert!(told.iter().filter(|line| line.contains("shrunk to")).count() == 3, "{told:#?}");
    }
}
