//! The verdict of a run in a word and a sentence.

use seatrial_record::Verdict;

use crate::model::{Counts, Mark, Model};
use crate::text::words::{Lang, fill};

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
        if outcome.reason.is_empty() {
            let failed = counts.checks.failed;
            reasons.push(match outcome.verdict {
                Some(Verdict::Pass) => words.reason_pass.to_owned(),
                Some(Verdict::Fail) if failed > 0 => {
                    fill(words.reason_fail, &[&failed.to_string(), &counts.checks.planned.to_string()])
                }
                Some(Verdict::Fail) => words.scenario_unfinished.to_owned(),
                Some(Verdict::Unknown) if outcome.complete => words.reason_unknown.to_owned(),
                Some(Verdict::Unknown) => String::new(),
                None => words.reason_nothing.to_owned(),
            });
        } else {
            reasons.push(outcome.reason.clone());
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
