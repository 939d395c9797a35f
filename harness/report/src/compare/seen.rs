use std::collections::{BTreeMap, BTreeSet};

use super::build::Pair;
use super::chance::may_be_chance;
use super::contents::{ContentKind, Contents, Values};
use super::runs::{Family, Stop};
use super::shape::{ContentChange, KindTimes, Often, OutcomeChange, Place, Purpose, TimeChange, Weight};
use super::{Pace, Rules, Spread, TimeKind};

/// Checks of which other named outcomes happened, or with another frequency.
pub(super) fn outcomes(pair: &Pair<'_>) -> Vec<OutcomeChange> {
    let mut changes = Vec::new();
    for (key, a, b, _) in pair.common.iter().filter(|common| common.3) {
        let (of_a, of_b) = (tallies(a), tallies(b));
        for ((step, check), (title, a)) in &of_a {
            let Some((_, b)) = of_b.get(&(*step, *check)) else { continue };
            let all = |often: &BTreeMap<&str, u32>| often.values().sum::<u32>();
            let names: BTreeSet<&str> = a.keys().chain(b.keys()).copied().collect();
            let count = |often: &BTreeMap<&str, u32>, name: &str| often.get(name).copied().unwrap_or(0);
            let differs = |name: &&str| count(a, name) * all(b) != count(b, name) * all(a);
            if !names.iter().any(differs) {
                continue;
            }
            let chance = names.iter().all(|name| may_be_chance(count(a, name), all(a), count(b, name), all(b)));
            let often = |often: &BTreeMap<&str, u32>| {
                often.iter().map(|(name, times)| Often { outcome: (*name).to_owned(), times: *times }).collect()
            };
            let place = Place {
                scenario: (*key).to_owned(),
                step: Some(*step),
                check: Some(*check),
                title: (*title).to_owned(),
            };
            let weight = if chance { Weight::Chance } else { noted(pair) };
            changes.push(OutcomeChange { place, a: often(a), b: often(b), weight });
        }
    }
    changes
}

/// A check in words, and how often each of its outcomes happened.
type Tally<'a> = (&'a str, BTreeMap<&'a str, u32>);
/// What both sides measured.
type Both = (Vec<u64>, Vec<u64>);

/// How often each outcome happened, by step and check.
fn tallies<'a>(family: &Family<'a>) -> BTreeMap<(u32, u32), Tally<'a>> {
    let mut tallies: BTreeMap<_, (&str, BTreeMap<&str, u32>)> = BTreeMap::new();
    for (at, checks) in family.checks() {
        for check in checks {
            let Some(outcome) = check.result.outcome.as_deref() else { continue };
            let tally = tallies.entry(at).or_insert((&check.result.title, BTreeMap::new()));
            *tally.1.entry(outcome).or_default() += 1;
        }
    }
    tallies
}

/// Of a model every difference that is not left to chance is a mistake.
fn noted(pair: &Pair<'_>) -> Weight {
    if pair.purpose == Purpose::Model { Weight::Worse } else { Weight::Note }
}

/// Steps of both sides that were come to in the same way: of each, the runs of either side.
fn together<'p, 'a>(pair: &'p Pair<'a>) -> impl Iterator<Item = (Place, Vec<Stop<'a>>, Vec<Stop<'a>>)> + use<'p, 'a> {
    pair.common.iter().filter(|common| common.3).flat_map(|(key, a, b, _)| {
        let mut stops: BTreeMap<_, (String, Vec<Stop<'a>>, Vec<Stop<'a>>)> = BTreeMap::new();
        for (stop, first) in a.stops().into_iter().map(|s| (s, true)).chain(b.stops().into_iter().map(|s| (s, false))) {
            let at = stops.entry((stop.step.number, stop.way.clone())).or_default();
            at.0.clone_from(&stop.step.title);
            if first { at.1.push(stop) } else { at.2.push(stop) }
        }
        stops.into_iter().map(|((step, _), (title, a, b))| {
            (Place { scenario: (*key).to_owned(), step: Some(step), check: None, title }, a, b)
        })
    })
}

/// What was seen on one side only, and how many steps had no counterpart.
pub(super) fn contents(pair: &Pair<'_>) -> (Vec<ContentChange>, u64) {
    let mut changes: Vec<ContentChange> = Vec::new();
    let weight = noted(pair);
    let mut other_ways = 0;
    for (place, a, b) in together(pair) {
        if a.is_empty() || b.is_empty() {
            other_ways += 1;
            continue;
        }
        let all = |stops: &[Stop<'_>]| {
            let mut all = Contents::new();
            for (at, values) in stops.iter().flat_map(Stop::contents) {
                let known = all.entry(at).or_default();
                known.seen.extend(values.seen);
                known.around.extend(values.around);
            }
            all
        };
        let (a, b) = (all(&a), all(&b));
        for at in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
            let none = Values::default();
            let (in_a, in_b) = (a.get(at).unwrap_or(&none), b.get(at).unwrap_or(&none));
            // What one side did not look at says nothing.
            if !looked(&a, at) || !looked(&b, at) {
                continue;
            }
            let only = |of: &Values, not: &Values| of.seen.difference(&not.around).cloned().collect::<Vec<_>>();
            let (only_a, only_b) = (only(in_a, in_b), only(in_b, in_a));
            if !only_a.is_empty() || !only_b.is_empty() {
                let (kind, subject) = at.clone();
                let row = ContentChange { place: place.clone(), kind, subject, a: only_a, b: only_b, weight };
                // Runs that came by other ways may tell the same again.
                if !changes.contains(&row) {
                    changes.push(row);
                }
            }
        }
    }
    (changes, other_ways)
}

/// True if a side looked at things of this kind: at any dnode, say, or at this table.
fn looked(contents: &Contents, (kind, subject): &(ContentKind, String)) -> bool {
    let stem = |subject: &str| subject.split(|char: char| char.is_ascii_digit()).next().map(str::to_owned);
    let alike = |other: &String| match kind {
        ContentKind::State => stem(other) == stem(subject),
        ContentKind::Columns => other == subject,
        ContentKind::Error => true,
    };
    *kind == ContentKind::Error || contents.keys().any(|(other, name)| other == kind && alike(name))
}

/// All times by kind, and the single ones that are out of the limits.
pub(super) fn times(pair: &Pair<'_>, rules: &Rules) -> (Vec<KindTimes>, Vec<TimeChange>) {
    let mut kinds: BTreeMap<TimeKind, Both> = BTreeMap::new();
    let mut single: BTreeMap<(Place, TimeKind, String), Both> = BTreeMap::new();
    for (place, a, b) in together(pair) {
        if a.is_empty() || b.is_empty() {
            continue;
        }
        for (stops, first) in [(&a, true), (&b, false)] {
            for timed in stops.iter().flat_map(Stop::times) {
                let at = single.entry((place.clone(), timed.kind, timed.subject)).or_default();
                if first { &mut at.0 } else { &mut at.1 }.push(timed.ms);
            }
        }
    }
    let mut changes: Vec<TimeChange> = Vec::new();
    for ((place, kind, subject), (a, b)) in single {
        if a.is_empty() || b.is_empty() {
            continue;
        }
        let all = kinds.entry(kind).or_default();
        all.0.extend(&a);
        all.1.extend(&b);
        let Some(times) = measured(rules, kind, a, b) else { continue };
        let weight = match (times.pace, pair.purpose) {
            (Pace::Same, _) => continue,
            // Real time is longer than a model's, and that alone makes no model wrong.
            (_, Purpose::Model) => Weight::Note,
            (Pace::Slower, _) => Weight::Worse,
            (Pace::Faster, _) => Weight::Better,
        };
        // A check that waited for what was timed by itself says the same again. It comes behind it.
        let said = changes.iter().any(|said| said.place == place && said.times.pace == times.pace);
        if kind != TimeKind::Check || !said {
            changes.push(TimeChange { place, subject, times, weight });
        }
    }
    let kinds = kinds.into_iter().filter_map(|(kind, (a, b))| measured(rules, kind, a, b)).collect();
    (kinds, changes)
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds of a run are far below 2^52")]
fn measured(rules: &Rules, kind: TimeKind, a: Vec<u64>, b: Vec<u64>) -> Option<KindTimes> {
    let (a, b) = (Spread::of(a)?, Spread::of(b)?);
    let ratio = (a.p50 > 0).then(|| (b.p50 as f64 / a.p50 as f64 * 100.0).round() / 100.0);
    Some(KindTimes { kind, ratio, pace: rules.pace(kind, &a, &b), a, b })
}
