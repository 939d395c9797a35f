//! Where each piece of evidence goes: on the page, in a file of its own, or only in the event stream.

use std::fmt::Write as _;

use seatrial_record::Verdict;

use crate::model::{Attempt, Model, Seen};
use crate::text::safe::file_name;
use crate::text::spans;

/// Longer evidence is shown by its ends, and is whole in a file.
const WHOLE: usize = 16 * 1024;
/// How much of each end is shown.
pub(crate) const END: usize = 4 * 1024;
/// All evidence on the page together.
const PAGE: usize = 3 * 1024 * 1024;

/// How a piece of evidence is shown on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// All of it.
    Whole,
    /// Its first and last lines.
    Ends,
    /// Not at all: the page is full.
    No,
}

/// Where a piece of evidence goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// On the page.
    pub(crate) shown: Shown,
    /// Its file, relative to the run's folder, if it has one.
    pub(crate) file: Option<String>,
}

/// The places of all evidence of a run.
pub(crate) struct Places(Vec<Place>);

/// What evidence is needed for, most needed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Problem,
    Claim,
    Record,
}

impl Places {
    /// Gives problems the first right to the page and files of their own, then what decided claims.
    pub(crate) fn of(model: &Model) -> Self {
        let needs = needs(model);
        let mut order: Vec<usize> = (0..model.evidence.len()).collect();
        order.sort_by_key(|index| (needs.get(*index).copied(), *index));
        let mut places = vec![Place { shown: Shown::No, file: None }; model.evidence.len()];
        let mut left = PAGE;
        for index in order {
            let (Some(seen), Some(place)) = (model.evidence.get(index), places.get_mut(index)) else { continue };
            let bytes = seen.evidence.text.len();
            let cost = bytes.min(WHOLE);
            if cost <= left {
                left -= cost;
                place.shown = if bytes > WHOLE { Shown::Ends } else { Shown::Whole };
            }
            let needed = needs.get(index) != Some(&Need::Record);
            let needs_file = needs.get(index) == Some(&Need::Problem) || place.shown == Shown::Ends;
            if needs_file || (needed && place.shown == Shown::No) {
                place.file = Some(file_of(seen));
            }
        }
        Self(places)
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Place> {
        self.0.get(index)
    }

    /// Evidence that has a file, with its path.
    pub(crate) fn files<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = (&'a str, &'a Seen)> {
        self.0.iter().zip(&model.evidence).filter_map(|(place, seen)| Some((place.file.as_deref()?, seen)))
    }
}

/// The file of a piece of evidence, relative to the run's folder.
pub(crate) fn file_of(seen: &Seen) -> String {
    let folder = seen.scenario.as_deref().map_or_else(|| "run".to_owned(), |key| file_name(key, 80));
    format!("evidence/{folder}/{:04}-{}.txt", seen.evidence.id, file_name(&seen.evidence.title, 60))
}

/// The text of a piece of evidence's file: what it is, then the text as it was seen.
pub(crate) fn file_text(seen: &Seen) -> String {
    let evidence = &seen.evidence;
    let mut text = String::with_capacity(evidence.text.len() + 256);
    let _ = writeln!(text, "# {}", evidence.title);
    let _ = writeln!(text, "# source: {}", evidence.source);
    let _ = writeln!(text, "# seen:   {}", spans::date(evidence.at));
    if evidence.truncated {
        let _ = writeln!(text, "# cut at its bound when it was recorded");
    }
    text.push('\n');
    text.push_str(&evidence.text);
    if !evidence.text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn needs(model: &Model) -> Vec<Need> {
    let mut needs = vec![Need::Record; model.evidence.len()];
    let mut need = |index: usize, need: Need| {
        if let Some(current) = needs.get_mut(index) {
            *current = need.min(*current);
        }
    };
    for (index, seen) in model.evidence.iter().enumerate() {
        if seen.scenario.is_none() {
            need(index, Need::Claim);
        }
    }
    for scenario in &model.scenarios {
        let Some(attempt) = scenario.last() else { continue };
        if attempt.mark().is_problem() {
            attempt.evidence.iter().for_each(|index| need(*index, Need::Problem));
        }
        for step in attempt.steps.iter().filter(|step| step.mark().is_problem()) {
            step.evidence.iter().for_each(|index| need(*index, Need::Problem));
        }
        for (id, why) in rests_on(attempt) {
            if let Some(index) = model.evidence_index(id) {
                need(index, why);
            }
        }
    }
    needs
}

fn rests_on(attempt: &Attempt) -> impl Iterator<Item = (u64, Need)> {
    attempt.checks().flat_map(|(_, check)| {
        let why = match check.result.verdict {
            Verdict::Pass if check.result.findings.is_empty() => Need::Record,
            Verdict::Pass => Need::Claim,
            Verdict::Unknown | Verdict::Fail => Need::Problem,
        };
        check.result.evidence.iter().map(move |id| (*id, why))
    })
}
