use maud::{Markup, html};
use seatrial_record::Finding;

use super::page::Page;
use crate::markdown::why_not;
use crate::model::{ClaimVerdict, Decision, LedgerEntry, SetVerdict};
use crate::text::safe;
use crate::text::words::{Lang, claim_sign, claim_verdict, fill, real_server};

/// Most checks that are listed for one claim.
const DECISIONS: usize = 40;
/// Most characters of what was seen that are shown beside a check.
const SEEN: usize = 400;

/// The claims of the documentation.
pub(crate) fn section(page: &Page<'_>) -> Markup {
    if page.ledger.is_empty() {
        return html! {};
    }
    let words = page.words;
    html! {
        section aria-labelledby="claims" {
            h2 #claims { (words.ledger) }
            p.note { (words.ledger_note) }
            (tally(page))
            @for document in documents(page.ledger) { (of_document(page, document)) }
        }
    }
}

/// The claims of one document, those that nothing looked at behind a fold.
fn of_document(page: &Page<'_>, document: &str) -> Markup {
    let words = page.words;
    let all = page.ledger.iter().enumerate().filter(|(_, entry)| entry.definition.document == document);
    let (untested, tested): (Vec<_>, Vec<_>) = all.partition(|(_, entry)| entry.verdict == ClaimVerdict::NotTested);
    html! {
        h3 { bdi { (safe::or_dash(document)) } }
        @if !tested.is_empty() { (table(page, document, &tested)) }
        @if !untested.is_empty() {
            details.untested {
                summary { (fill(words.claims_not_tested, &[&untested.len().to_string()])) }
                (table(page, document, &untested))
            }
        }
    }
}

fn table(page: &Page<'_>, document: &str, entries: &[(usize, &LedgerEntry)]) -> Markup {
    let words = page.words;
    html! {
        table.ledger role="table" {
            caption.sr { (words.ledger) ": " (document) }
            thead role="rowgroup" {
                tr role="row" {
                    th scope="col" role="columnheader" { (words.claim) }
                    th scope="col" role="columnheader" { (words.says) }
                    th scope="col" role="columnheader" { (words.this_run) }
                    th scope="col" role="columnheader" { (words.real_servers) }
                }
            }
            tbody role="rowgroup" { @for (index, entry) in entries { (row(page, *index, entry)) } }
        }
    }
}

fn documents(ledger: &[LedgerEntry]) -> Vec<&str> {
    let mut documents: Vec<&str> = Vec::new();
    for entry in ledger {
        if !documents.contains(&entry.definition.document.as_str()) {
            documents.push(&entry.definition.document);
        }
    }
    documents
}

fn class(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Confirmed => "pass",
        ClaimVerdict::Contradicted => "contradicted",
        ClaimVerdict::ByChance | ClaimVerdict::ByManifest => "mixed",
        ClaimVerdict::Unknown => "unknown",
        ClaimVerdict::NotTested => "nothing",
    }
}

fn claim_badge(page: &Page<'_>, verdict: ClaimVerdict) -> Markup {
    html! {
        span class=(format!("badge {}", class(verdict))) {
            span aria-hidden="true" { (claim_sign(verdict)) " " }
            (claim_verdict(page.lang, verdict))
        }
    }
}

fn tally(page: &Page<'_>) -> Markup {
    let counts = page.counts;
    let all = [
        (ClaimVerdict::Confirmed, counts.confirmed),
        (ClaimVerdict::Contradicted, counts.contradicted),
        (ClaimVerdict::ByChance, counts.by_chance),
        (ClaimVerdict::ByManifest, counts.by_manifest),
        (ClaimVerdict::Unknown, counts.unknown),
        (ClaimVerdict::NotTested, counts.not_tested),
    ];
    html! {
        ul.tally {
            @for (verdict, count) in all {
                @if count > 0 { li { strong { (count) } " " (claim_badge(page, verdict)) } }
            }
        }
    }
}

fn row(page: &Page<'_>, index: usize, entry: &LedgerEntry) -> Markup {
    let words = page.words;
    let claim = &entry.definition;
    html! {
        tr id=(format!("claim-{index}")) role="row" {
            th scope="row" role="rowheader" {
                code { bdi { (claim.id) } }
                @if !claim.section.is_empty() { p.muted { bdi { (claim.section) } } }
                @if !entry.listed { p.muted { (words.not_in_ledger) } }
            }
            td.says role="cell" data-label=(words.says) {
                @match (&claim.original, page.lang) {
                    (Some(original), Lang::Zh) => {
                        blockquote lang="zh-CN" { bdi { (original) } }
                        p.original lang="en" { bdi { (claim.quote) } }
                    }
                    (Some(original), Lang::En) => {
                        blockquote lang="en" { bdi { (claim.quote) } }
                        p.original lang="zh-CN" { bdi { (original) } }
                    }
                    (None, _) => blockquote lang="en" { bdi { (claim.quote) } },
                }
            }
            td role="cell" data-label=(words.this_run) {
                (claim_badge(page, entry.verdict))
                (how_often(page, entry))
                (instead(page, entry))
                @if let Some(why) = &entry.not_tested { p.muted { (why_not(why, page.facts)) } }
                @if !entry.decisions.is_empty() { (decisions(page, entry)) }
            }
            td role="cell" data-label=(words.real_servers) {
                p { (real_server(page.lang, claim.real)) }
                @if entry.differs() { p { span.differ { "≠ " (words.differs) } } }
                @if !claim.found.is_empty() { p.muted { bdi { (claim.found) } } }
            }
        }
    }
}

/// What was seen instead of what the document says, by the first check that tells.
fn instead(page: &Page<'_>, entry: &LedgerEntry) -> Markup {
    let Some(decision) = entry.decisions.iter().find(|decision| decision.finding == Finding::Contradicted) else {
        return html! {};
    };
    let anchor = format!("#{}", page.check_anchor(&decision.scenario, decision.step, decision.check));
    html! {
        div.instead {
            p { strong { (page.words.seen_instead) } " " a href=(anchor) { bdi { (decision.title) } } (outcome(decision)) }
            @if let Some(seen) = seen_of(page, decision) {
                pre.seen role="group" tabindex="0" aria-label=(page.words.seen_instead) { (seen) }
            }
        }
    }
}

fn outcome(decision: &Decision) -> Markup {
    html! { @if let Some(outcome) = &decision.outcome { " → " em { bdi { (outcome) } } } }
}

fn how_often(page: &Page<'_>, entry: &LedgerEntry) -> Markup {
    let words = page.words;
    let times = |held: u32, of: u32| fill(words.held_in, &[&held.to_string(), &of.to_string()]);
    let of = |set: &SetVerdict| set.confirmed + set.contradicted + set.unknown;
    let (held, all) = entry.held();
    html! {
        @if entry.sets.len() > 1 {
            ul.sets {
                @for set in &entry.sets {
                    li {
                        bdi { (set.manifests) } ": " (claim_verdict(page.lang, set.verdict))
                        @if of(set) > 1 { span.muted { " (" (set.confirmed) "/" (of(set)) ")" } }
                    }
                }
            }
        } @else if all > 1 {
            p.muted { (times(held, all)) }
        }
    }
}

fn decisions(page: &Page<'_>, entry: &LedgerEntry) -> Markup {
    let words = page.words;
    let count = match entry.decisions.len() {
        1 => words.decided_by_check.to_owned(),
        many => fill(words.decided_by_checks, &[&many.to_string()]),
    };
    let more = entry.decisions.len().saturating_sub(DECISIONS);
    html! {
        details {
            summary { (words.decided_by) " " (count) }
            ul.decisions {
                @for decision in entry.decisions.iter().take(DECISIONS) { li { (decided(page, decision)) } }
                @if more > 0 { li { (fill(words.more, &[&more.to_string()])) } }
            }
        }
    }
}

fn decided(page: &Page<'_>, decision: &Decision) -> Markup {
    let words = page.words;
    let (sign, word) = match decision.finding {
        Finding::Confirmed => ("✓", words.confirmed),
        Finding::Contradicted => ("✗", words.contradicted),
        Finding::Unknown => ("?", words.unknown),
    };
    let anchor = format!("#{}", page.check_anchor(&decision.scenario, decision.step, decision.check));
    let seen = seen_of(page, decision).filter(|_| decision.finding == Finding::Unknown);
    html! {
        span aria-hidden="true" { (sign) " " } span.sr { (word) ": " }
        a href=(anchor) { bdi { (decision.scenario) } " " (decision.step) "." (decision.check) }
        " " bdi { (decision.title) }
        (outcome(decision))
        @if let Some(seen) = seen { pre.seen role="group" tabindex="0" aria-label=(words.seen) { (seen) } }
        @for id in decision.evidence.iter().take(5) {
            @if page.shows_evidence(*id) { " " a.ref href=(format!("#e{id}")) { (words.evidence) " " (id) } }
        }
    }
}

/// What the check saw: for a claim that does not hold, that is what a reader wants to know.
fn seen_of(page: &Page<'_>, decision: &Decision) -> Option<String> {
    let scenario = page.model.scenarios.iter().find(|scenario| scenario.planned.key == decision.scenario)?;
    let mut checks = scenario.last()?.checks();
    let (_, check) =
        checks.find(|(_, check)| check.result.step == decision.step && check.result.check == decision.check)?;
    let seen: String = check.result.seen.chars().take(SEEN).collect();
    let cut = if seen.len() < check.result.seen.len() { "…" } else { "" };
    (!seen.is_empty()).then(|| seen + cut)
}
