use std::fmt::Write as _;

use super::shape::{
    ClaimChange, Comparison, ContentChange, Judgement, KindTimes, Often, OutcomeChange, Place, Purpose, Side,
    TimeChange, VerdictChange, Weight,
};
use super::{ContentKind, Pace, Spread, TimeKind};
use crate::model::Mark;
use crate::tables::{Page, Section, Tone};
use crate::text::spans::length;
use crate::text::words::{Lang, claim_verdict};

/// The comparison as a page.
pub(super) fn page(comparison: &Comparison) -> Page {
    let (mark, word) = match (comparison.judgement, comparison.purpose) {
        (Judgement::Same, _) => (Mark::Pass, "same"),
        (Judgement::Different, _) => (Mark::Nothing, "different"),
        (Judgement::Unclear, _) => (Mark::Unknown, "unclear"),
        (Judgement::Worse, Purpose::Model) => (Mark::Fail, "the model differs"),
        (Judgement::Worse, _) => (Mark::Fail, "worse"),
    };
    Page {
        title: title(comparison),
        mark,
        word: word.to_owned(),
        reason: comparison.reason(),
        facts: facts(comparison),
        sections: vec![
            verdicts(comparison),
            claims(comparison),
            outcomes(comparison),
            contents(comparison),
            kinds(comparison),
            times(comparison),
            scope(comparison),
        ],
        seatrial: comparison.b.seatrial.clone(),
    }
}

fn title(comparison: &Comparison) -> String {
    let (a, b) = (&comparison.a, &comparison.b);
    match comparison.purpose {
        Purpose::Model => {
            format!("Where the model is wrong: TDengine {}, {} and {}", a.tdengine, a.environment, b.environment)
        }
        Purpose::Release => format!("{} compared with {}", release(b, a), release(a, b)),
        Purpose::Seeds => {
            format!("TDengine {} on {}, seed {} compared with seed {}", a.tdengine, a.environment, b.seed, a.seed)
        }
    }
}

/// What tells `side` from `other`.
fn release(side: &Side, other: &Side) -> String {
    if side.tdengine == other.tdengine && side.image == other.image {
        format!("TDengine {} on Kubernetes {}", side.tdengine, side.kubernetes)
    } else if side.tdengine == other.tdengine {
        format!("TDengine {} ({})", side.tdengine, side.image)
    } else {
        format!("TDengine {}", side.tdengine)
    }
}

fn facts(comparison: &Comparison) -> Vec<(String, String)> {
    let side = |side: &Side| {
        let verdict = side.verdict.map_or("nothing checked", seatrial_record::Verdict::name);
        let end = if side.complete { "" } else { ", incomplete" };
        let repeats = if side.repeats > 1 { format!(", {} runs each", side.repeats) } else { String::new() };
        format!(
            "{}: TDengine {} on {} (Kubernetes {}), seed {}{repeats}: {verdict}{end}",
            side.name, side.tdengine, side.environment, side.kubernetes, side.seed
        )
    };
    let mut facts = vec![
        ("A".to_owned(), side(&comparison.a)),
        ("B".to_owned(), side(&comparison.b)),
        ("Compared".to_owned(), format!("{} scenarios", comparison.scenarios.len())),
    ];
    if comparison.other_ways > 0 {
        let text = "steps that only one side came to, after other outcomes, are left out";
        facts.push(("Not compared".to_owned(), format!("{} {text}", comparison.other_ways)));
    }
    if comparison.left_out > 0 {
        facts.push(("Left out".to_owned(), format!("{} more differences, to bound the lists", comparison.left_out)));
    }
    facts
}

impl Comparison {
    /// Why the judgement is what it is, in a sentence or two.
    pub fn reason(&self) -> String {
        let count = |weight: Weight| {
            let lists = [
                (self.verdicts.iter().filter(|row| row.weight == weight).count(), "verdict"),
                (self.claims.iter().filter(|row| row.weight == weight).count(), "claim"),
                (self.outcomes.iter().filter(|row| row.weight == weight).count(), "outcome"),
                (self.contents.iter().filter(|row| row.weight == weight).count(), "state or text"),
                (self.times.iter().filter(|row| row.weight == weight).count(), "time"),
            ];
            let lists = lists.into_iter().filter(|(count, _)| *count > 0);
            let words = |(count, word): (usize, &str)| match (count, word) {
                (1, word) => format!("1 {word}"),
                (count, "state or text") => format!("{count} states and texts"),
                (count, word) => format!("{count} {word}s"),
            };
            lists.map(words).collect::<Vec<_>>().join(", ")
        };
        let model = self.purpose == Purpose::Model;
        let mut parts: Vec<String> = Vec::new();
        let mut say = |text: &str, weight| {
            let counted = count(weight);
            if !counted.is_empty() {
                parts.push(format!("{text}: {counted}."));
            }
        };
        say(if model { "The model says otherwise" } else { "For the worse" }, Weight::Worse);
        say("No longer said", Weight::Lost);
        say("Otherwise", Weight::Note);
        say("For the better", Weight::Better);
        say("Left to chance", Weight::Chance);
        if !self.only_a.is_empty() {
            parts.push(format!("{} scenarios of A did not run in B.", self.only_a.len()));
        }
        for side in [&self.a, &self.b].into_iter().filter(|side| !side.complete) {
            parts.push(format!("{} has no end: it was killed, stopped or is still going on.", side.name));
        }
        if parts.is_empty() { "Nothing differs.".to_owned() } else { parts.join(" ") }
    }
}

/// How a weight is shown.
fn tone(weight: Weight, purpose: Purpose) -> Tone {
    let tone = |mark, sign, word, class| Tone { mark, sign, word, class };
    match weight {
        Weight::Worse if purpose == Purpose::Model => tone(Mark::Fail, "✗", "differs", "fail"),
        Weight::Worse => tone(Mark::Fail, "✗", "worse", "fail"),
        Weight::Lost => tone(Mark::Unknown, "?", "not said", "unknown"),
        Weight::Note => tone(Mark::Nothing, "≠", "differs", "mixed"),
        Weight::Better => tone(Mark::Pass, "✓", "better", "pass"),
        Weight::Chance => tone(Mark::Nothing, "~", "chance", "nothing"),
    }
}

fn at(place: &Place) -> String {
    let mut text = place.scenario.clone();
    if let Some(step) = place.step {
        let _ = write!(text, ", step {step}");
    }
    if let Some(check) = place.check {
        let _ = write!(text, ", check {check}");
    }
    if place.title.is_empty() { text } else { format!("{text}\n{}", place.title) }
}

fn verdicts(comparison: &Comparison) -> Section {
    let row = |change: &VerdictChange| {
        let cells = vec![at(&change.place), change.a.words(), change.b.words(), change.reason.clone()];
        (Some(tone(change.weight, comparison.purpose)), cells)
    };
    Section::new("Verdicts that changed", "", &["Where", "A", "B", "Why"]).rows(comparison.verdicts.iter().map(row))
}

fn claims(comparison: &Comparison) -> Section {
    let said = |verdict, (held, of): (u32, u32)| {
        let word = claim_verdict(Lang::En, verdict);
        if of > 1 { format!("{word}, held in {held} of {of}") } else { word.to_owned() }
    };
    let row = |change: &ClaimChange| {
        let set = change.manifests.as_ref().map(|set| format!(" ({set})")).unwrap_or_default();
        let claim = format!("{}{set}\n{}", change.claim, change.quote);
        let cells = vec![claim, said(change.a, change.held_a), said(change.b, change.held_b)];
        (Some(tone(change.weight, comparison.purpose)), cells)
    };
    Section::new("Claims that changed", "", &["Claim", "A", "B"]).rows(comparison.claims.iter().map(row))
}

fn outcomes(comparison: &Comparison) -> Section {
    let often = |often: &[Often]| {
        let words = |one: &Often| {
            if one.times == 1 { one.outcome.clone() } else { format!("{} × {}", one.times, one.outcome) }
        };
        often.iter().map(words).collect::<Vec<_>>().join("\n")
    };
    let row = |change: &OutcomeChange| {
        (Some(tone(change.weight, comparison.purpose)), vec![at(&change.place), often(&change.a), often(&change.b)])
    };
    Section::new(
        "Named outcomes that changed",
        "What happens by chance on real servers. Only frequencies that chance would give in fewer than 1 of 100 cases count.",
        &["Where", "A", "B"],
    )
    .rows(comparison.outcomes.iter().map(row))
}

fn contents(comparison: &Comparison) -> Section {
    let row = |change: &ContentChange| {
        let what = match change.kind {
            ContentKind::State => change.subject.clone(),
            ContentKind::Error => "errors".to_owned(),
            ContentKind::Columns => format!("columns of {}", change.subject),
        };
        let cells = vec![at(&change.place), what, values(&change.a), values(&change.b)];
        (Some(tone(change.weight, comparison.purpose)), cells)
    };
    Section::new(
        "States and texts that changed",
        "Step by step, between runs that came to the step by the same outcomes. States are those that stood for ten seconds, or at the end of the step.",
        &["Where", "What", "Only in A", "Only in B"],
    )
    .rows(comparison.contents.iter().map(row))
}

fn values(values: &[String]) -> String {
    if values.is_empty() { "–".to_owned() } else { values.join("\n") }
}

fn spread(spread: &Spread) -> String {
    match (spread.count, spread.p90) {
        (1, _) => length(spread.p50),
        (_, None) => format!("{} (max {})", length(spread.p50), length(spread.max)),
        (_, Some(p90)) => format!("{} (p90 {})", length(spread.p50), length(p90)),
    }
}

fn ratio(times: &KindTimes) -> String {
    times.ratio.map_or_else(|| "–".to_owned(), |ratio| format!("× {ratio:.2}"))
}

fn pace(times: &KindTimes) -> &'static str {
    match times.pace {
        Pace::Same => "within the limit",
        Pace::Slower => "slower",
        Pace::Faster => "faster",
    }
}

fn kinds(comparison: &Comparison) -> Section {
    let row = |times: &KindTimes| {
        let count = format!("{} / {}", times.a.count, times.b.count);
        (
            None,
            vec![
                times.kind.name().to_owned(),
                spread(&times.a),
                spread(&times.b),
                ratio(times),
                pace(times).to_owned(),
                count,
            ],
        )
    };
    Section::new(
        "Times",
        "The middle of all times of a kind, in the steps that both went through; as fine as the runs looked, every second or two.",
        &["Kind", "A", "B", "B by A", "Limit", "Counted"],
    )
    .rows(comparison.kinds.iter().map(row))
}

fn times(comparison: &Comparison) -> Section {
    let row = |change: &TimeChange| {
        let what = match change.times.kind {
            TimeKind::Check => change.subject.clone(),
            kind => format!("{}: {}", kind.name(), change.subject),
        };
        let cells =
            vec![at(&change.place), what, spread(&change.times.a), spread(&change.times.b), ratio(&change.times)];
        (Some(tone(change.weight, comparison.purpose)), cells)
    };
    Section::new("Times out of the limits", "", &["Where", "What", "A", "B", "B by A"])
        .rows(comparison.times.iter().map(row))
}

fn scope(comparison: &Comparison) -> Section {
    let lists = [
        ("only in A", &comparison.only_a),
        ("only in B", &comparison.only_b),
        ("other steps in A than in B: only the verdict is compared", &comparison.edited),
    ];
    let rows = lists.into_iter().filter(|(_, keys)| !keys.is_empty());
    Section::new("Scenarios that could not be compared", "", &["Why", "Scenarios"])
        .rows(rows.map(|(why, keys)| (None, vec![why.to_owned(), keys.join(", ")])))
}
