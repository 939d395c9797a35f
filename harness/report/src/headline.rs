//! The verdict of a run in a word and a sentence.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use seatrial_record::{Blame, Verdict};

use crate::model::{Counts, Mark, Model};
use crate::text::words::{Lang, blame, fill};

/// The environment whose servers are a model.
pub(crate) const EMBEDDED: &str = "embedded";

/// What stands at the top of every report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Headline {
    /// Colour and sign.
    pub(crate) mark: Mark,
    /// The verdict in a word or two.
    pub(crate) word: String,
    /// Why, in a sentence or two.
    pub(crate) reason: String,
}

impl Headline {
    /// `killed` says why a run has no end, if it is known.
    pub(crate) fn of(model: &Model, counts: &Counts, lang: Lang, killed: Option<&str>) -> Self {
        let words = lang.words();
        let outcome = model.outcome();
        let (mark, word) = match outcome.verdict {
            Some(Verdict::Pass) => (Mark::Pass, words.pass),
            Some(Verdict::Fail) => (Mark::Fail, words.fail),
            Some(Verdict::Unknown) => (Mark::Unknown, words.unknown),
            None => (Mark::Unknown, words.nothing_checked),
        };
        let mut word = word.to_owned();
        let mut reasons: Vec<String> = Vec::new();
        if !outcome.complete {
            word = match outcome.verdict {
                Some(Verdict::Fail) => format!("{word}, {}", words.incomplete),
                _ => words.incomplete.to_owned(),
            };
        } else if outcome.interrupted {
            word = format!("{word}, {}", words.interrupted);
        }
        reasons.push(match outcome.verdict {
            Some(Verdict::Pass) => words.reason_pass.to_owned(),
            Some(Verdict::Fail | Verdict::Unknown) => why(model, counts, lang),
            None => words.reason_nothing.to_owned(),
        });
        if !outcome.reason.is_empty() {
            // The run names what it met first.
            let counted = reasons.iter().any(|reason| !reason.is_empty()) && outcome.verdict.is_some();
            reasons.push(if counted { fill(words.first_reason, &[&outcome.reason]) } else { outcome.reason.clone() });
        }
        if !outcome.complete {
            reasons.push(words.reason_incomplete.to_owned());
            reasons.extend(killed.map(crate::text::safe::line));
        } else if outcome.interrupted && outcome.reason.is_empty() {
            reasons.push(words.reason_interrupted.to_owned());
        }
        reasons.retain(|reason| !reason.is_empty());
        Self { mark, word, reason: reasons.join(" ") }
    }
}

/// A sentence begins with a capital letter.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// What did not pass, in numbers, and what is blamed.
fn why(model: &Model, counts: &Counts, lang: Lang) -> String {
    let words = lang.words();
    let mut blamed: BTreeMap<Blame, u32> = BTreeMap::new();
    let mut stopped = 0_u64;
    for scenario in &model.scenarios {
        let Some(attempt) = scenario.last() else { continue };
        let checks = attempt.checks().filter(|(_, check)| check.result.verdict != Verdict::Pass);
        let checks = checks.map(|(_, check)| check.result.blame);
        let errors: Vec<_> = attempt
            .steps
            .iter()
            .filter(|step| step.action_failed())
            .map(|step| step.finished.as_ref().and_then(|end| end.blame))
            .collect();
        // A scenario may end badly outside of its steps, say while it is cleaned up.
        let end = attempt.finished.as_ref().filter(|end| {
            end.verdict.is_some_and(|end| end != Verdict::Pass && attempt.checked().is_none_or(|checked| checked < end))
        });
        let errors = errors.into_iter().chain(end.map(|end| end.blame)).collect::<Vec<_>>();
        stopped += errors.len() as u64;
        for blame in checks.chain(errors).flatten() {
            *blamed.entry(blame).or_default() += 1;
        }
    }
    let n = |number: u64| number.to_string();
    let parts = [
        (counts.checks.failed, fill(words.reason_fail, &[&n(counts.checks.failed), &n(counts.checks.planned)])),
        (counts.checks.unknown, fill(words.reason_undecided, &[&n(counts.checks.unknown)])),
        (stopped, fill(words.reason_stopped, &[&n(stopped)])),
        (counts.scenarios.unfinished, fill(words.reason_unfinished, &[&n(counts.scenarios.unfinished)])),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, part)| part).collect();
    let mut why = capital(&parts.join(words.comma)) + words.stop;
    if !blamed.is_empty() {
        let blamed: Vec<String> =
            blamed.iter().map(|(who, times)| format!("{} ({times})", blame(lang, *who))).collect();
        let _ = write!(why, " {}", fill(words.blamed, &[&blamed.join(words.comma)]));
    }
    if parts.is_empty() { String::new() } else { why }
}
