use std::collections::BTreeMap;

use seatrial_record::RealServer;

use super::build::Pair;
use super::chance::may_be_chance;
use super::shape::{ClaimChange, Purpose, Weight};
use crate::model::{ClaimVerdict, LedgerEntry, SetVerdict};

/// Claims that the two runs do not say the same of, by manifest set.
pub(super) fn claims(pair: &Pair<'_>) -> Vec<ClaimChange> {
    let (a, b) = (pair.a.ledger(), pair.b.ledger());
    let of_b: BTreeMap<&str, &LedgerEntry> = b.iter().map(|entry| (entry.definition.id.as_str(), entry)).collect();
    let mut changes = Vec::new();
    for first in &a {
        // A claim that the other ledger does not have speaks of other versions.
        let Some(second) = of_b.get(first.definition.id.as_str()) else { continue };
        let sets = |entry: &LedgerEntry| entry.sets.iter().map(|set| set.manifests.clone()).collect::<Vec<_>>();
        let common: Vec<String> = sets(first).into_iter().filter(|set| sets(second).contains(set)).collect();
        for manifests in &common {
            let set = |entry: &LedgerEntry| entry.sets.iter().find(|set| set.manifests == *manifests).cloned();
            let (Some(set_a), Some(set_b)) = (set(first), set(second)) else { continue };
            if let Some(weight) = weight(pair, first, second, &set_a, &set_b) {
                changes.push(row(first, Some(manifests), (&[set_a], &[set_b]), weight));
            }
        }
        // Nobody else spoke of the claim on one side, with any set of the other.
        let decided = |verdict| !matches!(verdict, ClaimVerdict::NotTested | ClaimVerdict::Unknown);
        if common.is_empty() && first.verdict != second.verdict {
            let weight = if decided(first.verdict) { Weight::Lost } else { Weight::Note };
            changes.push(row(first, None, (&first.sets, &second.sets), weight));
        }
    }
    changes
}

fn row(
    entry: &LedgerEntry,
    manifests: Option<&String>,
    (a, b): (&[SetVerdict], &[SetVerdict]),
    weight: Weight,
) -> ClaimChange {
    let verdict = |sets: &[SetVerdict]| sets.first().map_or(ClaimVerdict::NotTested, |set| set.verdict);
    let held = |sets: &[SetVerdict]| (sets.iter().map(|set| set.confirmed).sum(), sets.iter().map(looked).sum());
    ClaimChange {
        claim: entry.definition.id.clone(),
        quote: entry.definition.quote.clone(),
        manifests: manifests.cloned(),
        a: verdict(a),
        held_a: held(a),
        b: verdict(b),
        held_b: held(b),
        weight,
    }
}

fn looked(set: &SetVerdict) -> u32 {
    set.confirmed + set.contradicted + set.unknown
}

/// How much it weighs that `b` stands where `a` stood; `None` if both say the same.
fn weight(
    pair: &Pair<'_>,
    first: &LedgerEntry,
    second: &LedgerEntry,
    a: &SetVerdict,
    b: &SetVerdict,
) -> Option<Weight> {
    let (all_a, all_b) = (looked(a), looked(b));
    if u64::from(a.confirmed) * u64::from(all_b) == u64::from(b.confirmed) * u64::from(all_a) && a.verdict == b.verdict
    {
        return None;
    }
    if b.verdict == ClaimVerdict::Unknown {
        return Some(Weight::Lost);
    }
    if a.verdict == ClaimVerdict::Unknown {
        return Some(Weight::Note);
    }
    let by_chance = matches!(first.definition.real, RealServer::ByChance | RealServer::ByManifest)
        || [a.verdict, b.verdict].contains(&ClaimVerdict::ByChance)
        || (rests_on_outcomes(first, a) && rests_on_outcomes(second, b));
    Some(if by_chance && may_be_chance(a.confirmed, all_a, b.confirmed, all_b) {
        Weight::Chance
    } else if pair.purpose == Purpose::Model || b.confirmed * all_a < a.confirmed * all_b {
        Weight::Worse
    } else {
        Weight::Better
    })
}

/// True if each check that decided it had several named outcomes, and so may end either way.
fn rests_on_outcomes(entry: &LedgerEntry, set: &SetVerdict) -> bool {
    let suffix = format!("@{}", set.manifests);
    let of_set = |scenario: &str| scenario.split('#').next().unwrap_or_default().ends_with(&suffix);
    entry.decisions.iter().filter(|decision| of_set(&decision.scenario)).all(|decision| decision.outcome.is_some())
}
