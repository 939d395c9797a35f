use maud::{Markup, html};
use seatrial_record::{CheckFinished, Verdict};

use super::clients;
use super::page::Page;
use super::top::badge;
use crate::model::Mark;
use crate::text::diff::{self, Piece, Row};
use crate::text::words::{blame, fill};
use crate::text::{safe, spans};

/// Expected and seen of checks that passed, all together. What does not fit is in `report.json`.
const DETAILS: usize = 2 * 1024 * 1024;
/// Most lines of a comparison.
const LINES: usize = 120;
/// Longest line whose words are compared.
const WORDS: usize = 400;

/// How much may still be said about checks that passed.
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(DETAILS)
    }

    fn take(&mut self, bytes: usize) -> bool {
        let enough = bytes <= self.0;
        if enough {
            self.0 -= bytes;
        }
        enough
    }
}

/// A check in the list of its step.
pub(crate) fn item(page: &Page<'_>, scenario: usize, result: &CheckFinished, budget: &mut Budget) -> Markup {
    let words = page.words;
    let mark = Mark::of(Some(result.verdict));
    let passed = result.verdict == Verdict::Pass;
    let has_more = !result.expected.is_empty() || !result.seen.is_empty();
    let more = has_more && (!passed || budget.take(result.expected.len() + result.seen.len()));
    let refs = links(page, result);
    let line = html! {
        (badge(page, mark))
        span.title { bdi { (result.title) } }
        @if let Some(outcome) = &result.outcome { span { "→ " em { bdi { (outcome) } } } }
        @if let Some(ms) = result.fulfilled_after_ms {
            span.num {
                (fill(words.fulfilled, &[&spans::length(ms)]))
                @if let Some(noticed) = result.noticed_ms() {
                    " (" (fill(words.noticed_after, &[&spans::length(noticed)]))
                    @if let Some(answer) = result.answer_ms { "; " (fill(words.answer_took, &[&spans::length(answer)])) }
                    ")"
                }
            }
        }
    };
    html! {
        li.check id=(format!("s{scenario}-{}-{}", result.step, result.check)) {
            @if passed && result.reason.is_empty() && (more || refs.is_some() || !result.seen_by.is_empty()) {
                details { summary.line { (line) } @if more { (comparison(page, result)) } (clients::table(page, result)) @if let Some(refs) = refs { (refs) } }
            } @else {
                div.line { (line) }
                @if !passed || !result.reason.is_empty() { (why(page, result)) }
                @if more { (comparison(page, result)) }
                (clients::table(page, result))
                @if let Some(refs) = refs { (refs) }
            }
        }
    }
}

fn why(page: &Page<'_>, result: &CheckFinished) -> Markup {
    html! {
        dl.why {
            div { dt { (page.words.reason) } dd { bdi { (safe::or_dash(&result.reason)) } } }
            @if let Some(who) = result.blame { div { dt { (page.words.blame) } dd { (blame(page.lang, who)) } } }
        }
    }
}

fn links(page: &Page<'_>, result: &CheckFinished) -> Option<Markup> {
    let findings = result.findings.iter().filter_map(|found| {
        let index = page.ledger.iter().position(|entry| entry.definition.id == found.claim)?;
        Some((index, found))
    });
    let evidence: Vec<u64> = result.evidence.iter().copied().filter(|id| page.shows_evidence(*id)).collect();
    if evidence.is_empty() && result.findings.is_empty() {
        return None;
    }
    Some(html! {
        p.refs {
            @for (index, found) in findings {
                a href=(format!("#claim-{index}")) { (page.words.claim) " " bdi { (found.claim) } }
                " " (finding(page, found.finding)) " "
            }
            @for id in evidence.iter().take(8) { a.ref href=(format!("#e{id}")) { (page.words.evidence) " " (id) } " " }
        }
    })
}

fn finding(page: &Page<'_>, finding: seatrial_record::Finding) -> &'static str {
    match finding {
        seatrial_record::Finding::Confirmed => page.words.confirmed,
        seatrial_record::Finding::Contradicted => page.words.contradicted,
        seatrial_record::Finding::Unknown => page.words.unknown,
    }
}

/// Expected and seen side by side, with differences marked by sign, colour and element.
fn comparison(page: &Page<'_>, result: &CheckFinished) -> Markup {
    let words = page.words;
    if result.expected == result.seen {
        return html! { pre role="group" tabindex="0" aria-label=(words.seen) { (result.seen) } };
    }
    let rows = diff::rows(&result.expected, &result.seen);
    let more = rows.len().saturating_sub(LINES);
    html! {
        div.scroll tabindex="0" role="group" aria-label=(format!("{} / {}", words.expected, words.seen)) {
            table.diff {
                thead { tr { th scope="col" { (words.expected) } th scope="col" { (words.seen) } } }
                tbody { @for row in rows.iter().take(LINES) { (line(row)) } }
            }
        }
        @if more > 0 { p.muted { (fill(words.more, &[&more.to_string()])) } }
    }
}

fn line(row: &Row) -> Markup {
    match (&row.expected, &row.seen) {
        (Some(same), Some(_)) if row.same() => html! { tr { td { (same) } td { (same) } } },
        (Some(expected), Some(seen)) if expected.len().max(seen.len()) <= WORDS => {
            let (left, right) = diff::words(expected, seen);
            html! {
                tr.differs {
                    td { (pieces(&left, |text| html! { del { (text) } })) }
                    td { (pieces(&right, |text| html! { ins { (text) } })) }
                }
            }
        }
        (expected, seen) => html! {
            tr.differs {
                td { @if let Some(text) = expected { del { (text) } } }
                td { @if let Some(text) = seen { ins { (text) } } }
            }
        },
    }
}

fn pieces(pieces: &[Piece], changed: fn(&str) -> Markup) -> Markup {
    html! { @for piece in pieces { @if piece.changed { (changed(&piece.text)) } @else { (piece.text) } } }
}
