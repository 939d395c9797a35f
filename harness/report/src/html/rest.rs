use maud::{Markup, html};

use super::evidence;
use super::page::Page;
use crate::markdown::why_not;
use crate::model::{ClaimVerdict, Mark, Step};
use crate::text::safe;
use crate::text::words::fill;

/// Most entries of one list.
const ENTRIES: usize = 200;

/// Evidence that belongs to no scenario.
pub(crate) fn run_evidence(page: &Page<'_>) -> Markup {
    let all = page.model.evidence.iter().enumerate();
    let indexes: Vec<usize> = all.filter(|(_, seen)| seen.scenario.is_none()).map(|(index, _)| index).collect();
    if indexes.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="run-evidence" {
            h2 #run-evidence { (page.words.run_evidence) }
            (evidence::list(page, &indexes))
        }
    }
}

/// Scenarios, steps and claims that this run says nothing about.
pub(crate) fn not_tested(page: &Page<'_>) -> Markup {
    let words = page.words;
    let unfinished: Vec<_> =
        page.model.scenarios.iter().enumerate().filter(|(_, scenario)| scenario.mark() == Mark::Unfinished).collect();
    let claims: Vec<_> = page
        .ledger
        .iter()
        .filter(|entry| matches!(entry.verdict, ClaimVerdict::NotTested | ClaimVerdict::Unknown))
        .collect();
    let steps = left_out(page);
    let other = other_outcomes(page);
    let nothing = unfinished.is_empty() && claims.is_empty() && steps.is_empty() && page.model.skipped.is_empty();
    html! {
        section aria-labelledby="not-tested" {
            h2 #not-tested { (words.not_tested_heading) }
            @if nothing { p { (words.all_tested) } }
            @if !page.model.skipped.is_empty() {
                h3 { (words.scenario_skipped) }
                ul {
                    @for skip in page.model.skipped.iter().take(ENTRIES) {
                        li { strong { bdi { (skip.name) } } ": " bdi { (skip.reason) } }
                    }
                }
            }
            @if !unfinished.is_empty() {
                h3 { (words.scenario_unfinished) }
                ul {
                    @for (index, scenario) in unfinished.iter().take(ENTRIES) {
                        li {
                            a href=(format!("#s{index}")) { bdi { (scenario.planned.key) } }
                            @if scenario.last().is_none() { " (" (words.not_run) ")" }
                        }
                    }
                }
            }
            @if !steps.is_empty() {
                h3 { (words.steps_unfinished) }
                ul { @for (key, title) in steps.iter().take(ENTRIES) { li { bdi { (key) } ": " bdi { (title) } } } }
            }
            @if !other.is_empty() {
                h3 { (words.steps_not_applicable) }
                p.muted { (words.steps_not_applicable_note) }
                details {
                    summary { (fill(words.steps_count, &[&other.len().to_string()])) }
                    ul {
                        @for (key, step, why) in other.iter().take(ENTRIES) {
                            li { bdi { (key) } ", " (step.number) ". " bdi { (step.title) } ": " bdi { (why) } }
                        }
                    }
                }
            }
            @if !claims.is_empty() {
                h3 { (words.claims_untested) }
                ul {
                    @for entry in claims.iter().take(ENTRIES) {
                        li {
                            code { bdi { (entry.definition.id) } } ": "
                            @match &entry.not_tested {
                                Some(why) => (why_not(why, page.facts)),
                                None => (words.unknown),
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Steps that belong to outcomes that did not happen, and why they were not done.
fn other_outcomes<'a>(page: &'a Page<'_>) -> Vec<(&'a str, &'a Step, &'a str)> {
    let steps = page.model.scenarios.iter().filter_map(|scenario| Some((scenario, scenario.last()?)));
    let steps = steps.flat_map(|(scenario, attempt)| attempt.steps.iter().map(move |step| (scenario, step)));
    steps.filter_map(|(scenario, step)| Some((scenario.planned.key.as_str(), step, step.left_out()?))).collect()
}

/// Planned steps that never started, of scenarios that did.
fn left_out<'a>(page: &'a Page<'_>) -> Vec<(&'a str, &'a str)> {
    let mut steps = Vec::new();
    for scenario in &page.model.scenarios {
        let Some(attempt) = scenario.last() else { continue };
        let started = attempt.steps.iter().map(|step| step.number as usize + 1).max().unwrap_or(0);
        let rest = scenario.planned.steps.iter().skip(started);
        steps.extend(rest.map(|title| (scenario.planned.key.as_str(), title.as_str())));
    }
    steps
}

/// The command that repeats the run.
pub(crate) fn repeat(page: &Page<'_>) -> Markup {
    let words = page.words;
    html! {
        section aria-labelledby="repeat" {
            h2 #repeat { (words.repeat_heading) }
            p { (words.repeat_note) }
            pre role="group" tabindex="0" aria-label=(words.repeat_heading) { (safe::or_dash(&page.model.run.replay)) }
            p.muted { (words.repeat_seed) }
        }
    }
}
