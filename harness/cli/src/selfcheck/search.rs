use seatrial_embedded::Defect;
use seatrial_engine::Plan;
use seatrial_report::selfcheck::{Planted, SelfCheck, Trial};

use super::{
    expected::{Expected, expected_on},
    side_by_side::side_by_side,
    trial::trial,
};
use crate::{complaint::Complaint, home::Loaded};

/// What to look for.
pub struct Search<'a> {
    /// The defects.
    pub defects: &'a [Defect],
    /// The scenarios.
    pub plan: &'a Plan,
    /// The manifests that they run with.
    pub loaded: &'a Loaded,
    /// Seed of every run.
    pub seed: u64,
    /// Try each defect on each scenario.
    pub full: bool,
    /// Only some defects or scenarios were asked for.
    pub partial: bool,
}

/// Plants each defect until it is caught where it should be, and then tries scenarios that have caught nothing with the
/// defects that were not tried on them.
pub fn search(search: &Search<'_>) -> Result<SelfCheck, Complaint> {
    let plans = one_by_one(search.plan);
    let defects: Vec<(Defect, Expected)> = search
        .defects
        .iter()
        .filter_map(|defect| Some((*defect, expected_on(search.plan.version, *defect)?)))
        .collect();
    without_defects(search, &plans)?;
    let found = side_by_side(&defects, |defect| by_defect(search, &plans, defect));
    let mut trials: Vec<Vec<Trial>> = found.into_iter().collect::<Result<_, _>>()?;
    if !search.partial && !search.full {
        let caught =
            |key: &str| trials.iter().flatten().any(|trial: &Trial| trial.scenario == key && !trial.catches.is_empty());
        let blind: Vec<&Plan> = plans.iter().filter(|plan| !caught(key(plan))).collect();
        for more in side_by_side(&blind, |plan| by_scenario(search, plan, &defects, &trials)) {
            for (index, trial) in more? {
                trials[index].push(trial);
            }
        }
    }
    let runs = plans.len() + trials.iter().map(Vec::len).sum::<usize>();
    let planted = |((defect, expected), trials): (&(Defect, Expected), Vec<Trial>)| Planted {
        name: defect.name().to_owned(),
        area: expected.area.to_owned(),
        summary: defect.summary().to_owned(),
        expected: expected.words(),
        trials,
    };
    Ok(SelfCheck {
        seatrial: env!("CARGO_PKG_VERSION").to_owned(),
        tdengine: vec![search.plan.version.to_string()],
        seed: search.seed,
        scenarios: plans.iter().map(|plan| key(plan).to_owned()).collect(),
        defects: defects.iter().zip(trials).map(planted).collect(),
        partial: search.partial,
        full: search.full,
        runs: runs as u64,
    })
}

/// A plan for each run, so that a defect's search can end at the first that catches it.
fn one_by_one(plan: &Plan) -> Vec<Plan> {
    plan.runs.iter().map(|run| Plan { runs: vec![run.clone()], ..plan.clone() }).collect()
}

fn key(plan: &Plan) -> &str {
    plan.runs.first().map_or("", |run| run.planned.key.as_str())
}

fn name(plan: &Plan) -> &str {
    plan.runs.first().map_or("", |run| run.planned.name.as_str())
}

/// A check that fails without a defect would catch all of them.
fn without_defects(search: &Search<'_>, plans: &[Plan]) -> Result<(), Complaint> {
    for (plan, failed) in plans.iter().zip(side_by_side(plans, |plan| trial(plan, search.loaded, None, search.seed))) {
        if let Some(catch) = failed?.first() {
            return Err(Complaint::usage(format!(
                "without any defect a check fails already: {}, step {}: {}: {}",
                key(plan),
                catch.step,
                catch.title,
                catch.reason
            )));
        }
    }
    Ok(())
}

/// Tries a defect on the scenarios where it is expected to be caught, then on the others, until it is caught.
fn by_defect(
    search: &Search<'_>,
    plans: &[Plan],
    (defect, expected): &(Defect, Expected),
) -> Result<Vec<Trial>, Complaint> {
    let rank = |plan: &&Plan| expected.scenarios().position(|scenario| scenario == name(plan)).unwrap_or(usize::MAX);
    let mut order: Vec<&Plan> = plans.iter().collect();
    order.sort_by_key(rank);
    let mut trials = Vec::new();
    let mut caught = false;
    for plan in order {
        if caught && !search.full && rank(&plan) == usize::MAX {
            break;
        }
        let catches = trial(plan, search.loaded, Some(*defect), search.seed)?;
        caught |= !catches.is_empty();
        let found = catches.iter().any(|catch| catch.expected);
        trials.push(Trial { scenario: key(plan).to_owned(), catches });
        if found && !search.full {
            break;
        }
    }
    Ok(trials)
}

/// Tries defects on a scenario that has caught nothing so far, until it catches one: those that are expected to be caught
/// there first.
fn by_scenario(
    search: &Search<'_>,
    plan: &Plan,
    defects: &[(Defect, Expected)],
    done: &[Vec<Trial>],
) -> Result<Vec<(usize, Trial)>, Complaint> {
    let tried = |index: usize| {
        done.get(index).is_some_and(|trials: &Vec<Trial>| trials.iter().any(|trial| trial.scenario == key(plan)))
    };
    let mut order: Vec<(usize, &(Defect, Expected))> = (0..).zip(defects).collect();
    order.retain(|(index, _)| !tried(*index));
    order.sort_by_key(|(_, (_, expected))| !expected.scenarios().any(|scenario| scenario == name(plan)));
    let mut trials = Vec::new();
    for (index, (defect, _)) in order {
        let catches = trial(plan, search.loaded, Some(*defect), search.seed)?;
        let found = !catches.is_empty();
        trials.push((index, Trial { scenario: key(plan).to_owned(), catches }));
        if found {
            break;
        }
    }
    Ok(trials)
}
