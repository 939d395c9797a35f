use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::runs::{Family, families};
use super::shape::{Comparison, Judgement, Purpose, Side, Weight};
use super::{Rules, claims, seen, verdicts};
use crate::model::Model;
use crate::text::safe::line;

/// Most rows of each list.
const ROWS: usize = 300;

/// Why two runs cannot be compared.
#[derive(Debug, Error)]
pub enum Incomparable {
    /// They have no scenario in common.
    #[error(
        "{a} and {b} have no scenario in common, so there is nothing to compare\n  {a}: {of_a}\n  {b}: {of_b}\n  \
         = help: compare runs of the same scenarios and manifests, such as two runs of `seatrial run`"
    )]
    NothingInCommon {
        /// The first run.
        a: String,
        /// The second run.
        b: String,
        /// Scenarios of the first.
        of_a: String,
        /// Scenarios of the second.
        of_b: String,
    },
    /// One of them never began a scenario.
    #[error("{run} ended before any of its scenarios began, so there is nothing to compare")]
    NothingRun {
        /// The run.
        run: String,
    },
}

/// What every part of a comparison needs.
pub(super) struct Pair<'a> {
    pub(super) a: &'a Model,
    pub(super) b: &'a Model,
    /// Scenarios of both, and whether their steps are the same.
    pub(super) common: Vec<(&'a str, Family<'a>, Family<'a>, bool)>,
    pub(super) purpose: Purpose,
}

/// Compares run `b` with run `a`; both come with the names of their folders.
pub fn compare(a: (&str, &Model), b: (&str, &Model), rules: &Rules) -> Result<Comparison, Incomparable> {
    let (name_a, name_b) = (line(a.0), line(b.0));
    let (a, b) = (a.1, b.1);
    for (name, model) in [(&name_a, a), (&name_b, b)] {
        if model.scenarios.iter().all(|scenario| scenario.attempts.is_empty()) {
            return Err(Incomparable::NothingRun { run: name.clone() });
        }
    }
    let (of_a, mut of_b) = (families(a), families(b));
    let keys =
        |families: &BTreeMap<&str, Family<'_>>| families.keys().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>();
    let (keys_a, keys_b) = (keys(&of_a), keys(&of_b));
    let mut common = Vec::new();
    for (key, family) in of_a {
        if let Some(other) = of_b.remove(key) {
            let same = family.plan() == other.plan();
            common.push((key, family, other, same));
        }
    }
    if common.is_empty() {
        let names = |keys: BTreeSet<String>| some(keys.into_iter().collect());
        return Err(Incomparable::NothingInCommon { a: name_a, b: name_b, of_a: names(keys_a), of_b: names(keys_b) });
    }
    let pair = Pair { a, b, common, purpose: purpose(a, b) };
    let side = |name: String, model: &Model, of: fn(&(&str, Family<'_>, Family<'_>, bool)) -> usize| {
        let repeats = pair.common.iter().map(of).max().unwrap_or(0) as u64;
        side(name, model, repeats)
    };
    let outcome = seen::outcomes(&pair);
    let (contents, other_ways) = seen::contents(&pair);
    let (kinds, times) = seen::times(&pair, rules);
    let mut comparison = Comparison {
        a: side(name_a, a, |common| common.1.runs.len()),
        b: side(name_b, b, |common| common.2.runs.len()),
        purpose: pair.purpose,
        judgement: Judgement::Same,
        scenarios: pair.common.iter().map(|common| common.0.to_owned()).collect(),
        only_a: keys_a.difference(&keys_b).cloned().collect(),
        only_b: keys_b.difference(&keys_a).cloned().collect(),
        edited: pair.common.iter().filter(|common| !common.3).map(|common| common.0.to_owned()).collect(),
        other_ways,
        verdicts: verdicts::verdicts(&pair),
        claims: claims::claims(&pair),
        outcomes: outcome,
        contents,
        kinds,
        times,
        left_out: 0,
    };
    comparison.judgement = comparison.judge();
    comparison.bound();
    Ok(comparison)
}

fn purpose(a: &Model, b: &Model) -> Purpose {
    let embedded = |model: &Model| model.run.environment == "embedded";
    let what = |model: &Model| (model.run.tdengine.clone(), model.run.image.clone(), model.run.kubernetes.clone());
    match () {
        () if embedded(a) != embedded(b) && a.run.tdengine == b.run.tdengine => Purpose::Model,
        () if what(a) != what(b) => Purpose::Release,
        () => Purpose::Seeds,
    }
}

fn side(name: String, model: &Model, repeats: u64) -> Side {
    let (run, outcome) = (&model.run, model.outcome());
    Side {
        name,
        environment: run.environment.clone(),
        kubernetes: run.kubernetes.clone(),
        tdengine: run.tdengine.clone(),
        image: run.image.clone(),
        seatrial: run.seatrial.clone(),
        seed: run.seed,
        repeats,
        verdict: outcome.verdict,
        complete: outcome.complete && !outcome.interrupted,
        replay: run.replay.clone(),
    }
}

impl Comparison {
    /// The weights of all differences.
    pub fn weights(&self) -> impl Iterator<Item = Weight> {
        let verdicts = self.verdicts.iter().map(|change| change.weight);
        let claims = self.claims.iter().map(|change| change.weight);
        let outcomes = self.outcomes.iter().map(|change| change.weight);
        let contents = self.contents.iter().map(|change| change.weight);
        let times = self.times.iter().map(|change| change.weight);
        verdicts.chain(claims).chain(outcomes).chain(contents).chain(times)
    }

    fn judge(&self) -> Judgement {
        let edited = !self.edited.is_empty();
        match self.weights().max() {
            Some(Weight::Worse) => Judgement::Worse,
            _ if !self.only_a.is_empty() || !self.b.complete || !self.a.complete => Judgement::Unclear,
            Some(Weight::Lost) => Judgement::Unclear,
            Some(Weight::Note | Weight::Better) => Judgement::Different,
            _ if edited || !self.only_b.is_empty() => Judgement::Different,
            Some(Weight::Chance) | None => Judgement::Same,
        }
    }

    /// The weightiest come first; what is too much is counted.
    fn bound(&mut self) {
        fn cut<T>(rows: &mut Vec<T>, weight: fn(&T) -> Weight) -> u64 {
            rows.sort_by_key(|row| std::cmp::Reverse(weight(row)));
            let more = rows.len().saturating_sub(ROWS);
            rows.truncate(ROWS);
            more as u64
        }
        self.left_out = cut(&mut self.verdicts, |row| row.weight)
            + cut(&mut self.claims, |row| row.weight)
            + cut(&mut self.outcomes, |row| row.weight)
            + cut(&mut self.contents, |row| row.weight)
            + cut(&mut self.times, |row| row.weight);
    }
}

fn some(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(5);
    names.truncate(5);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    names.join(", ") + &more
}
