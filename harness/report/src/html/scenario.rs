use maud::{Markup, html};

use super::page::Page;
use super::top::{badge, class};
use super::{check, evidence, timeline};
use crate::model::{Attempt, Mark, Scenario, Step};
use crate::text::words::{blame, fill};
use crate::text::{safe, spans};

/// Up to this many scenarios, all of them are unfolded.
const UNFOLDED: usize = 3;

/// All scenarios.
pub(crate) fn section(page: &Page<'_>) -> Markup {
    let words = page.words;
    let few = page.model.scenarios.len() <= UNFOLDED;
    let mut details = check::Budget::new();
    html! {
        section aria-labelledby="scenarios" {
            h2 #scenarios { (words.scenarios) }
            @for (index, scenario) in page.model.scenarios.iter().enumerate() {
                (one(page, index, scenario, few, &mut details))
            }
        }
    }
}

fn one(page: &Page<'_>, index: usize, scenario: &Scenario, few: bool, budget: &mut check::Budget) -> Markup {
    let words = page.words;
    let planned = &scenario.planned;
    let mark = scenario.mark();
    let last = scenario.last();
    let (passed, checks) = scenario.checks();
    let open = few || (mark.is_problem() && last.is_some());
    html! {
        details.scenario id=(format!("s{index}")) open[open] {
            summary {
                h3 { bdi { (planned.key) } }
                (badge(page, mark))
                span.num { (fill(words.checks_passed, &[&passed.to_string(), &checks.to_string()])) }
                @if let Some(attempt) = last { span.num { (spans::length(attempt.took_ms())) } }
            }
            div.body {
                @if !planned.summary.is_empty() { p { bdi { (planned.summary) } } }
                p.muted {
                    @if !planned.file.is_empty() { code { bdi { (planned.file) } } }
                    @if let Some(attempt) = last.filter(|attempt| !attempt.namespace.is_empty()) {
                        " · namespace " code { bdi { (attempt.namespace) } }
                    }
                    @if let Some(attempt) = last.filter(|attempt| attempt.number > 1) {
                        " · " (fill(words.attempt, &[&attempt.number.to_string()]))
                    }
                }
                @for earlier in scenario.attempts.iter().rev().skip(1).rev() {
                    p.retry { (fill(words.retried, &[reason_of(earlier)])) }
                }
                @for notice in page.model.notices.iter().filter(|notice| notice.scenario.as_ref() == Some(&planned.key)) {
                    p.retry { bdi { (notice.text) } }
                }
                @match last {
                    None => p { (words.not_run) },
                    Some(_) if page.detailed.get(index) != Some(&true) => p.gap { (words.in_json) },
                    Some(attempt) => {
                        (end(page, attempt))
                        (timeline::figure(page, index, scenario, attempt))
                        (timeline::faults(page, attempt))
                        ol.steps { @for each in &attempt.steps { (step(page, index, attempt, each, budget)) } }
                        (evidence::list(page, &attempt.evidence))
                    }
                }
            }
        }
    }
}

fn reason_of(attempt: &Attempt) -> &str {
    attempt.finished.as_ref().map_or("–", |end| end.reason.as_str())
}

/// Why a scenario did not pass.
fn end(page: &Page<'_>, attempt: &Attempt) -> Markup {
    let Some(end) = attempt.finished.as_ref().filter(|end| !end.reason.is_empty()) else { return html! {} };
    html! {
        p class=(format!("callout {}", class(attempt.mark()))) {
            bdi { (end.reason) }
            @if let Some(who) = end.blame { " " span.muted { "(" (page.words.blame) ": " (blame(page.lang, who)) ")" } }
        }
    }
}

fn step(page: &Page<'_>, index: usize, attempt: &Attempt, step: &Step, budget: &mut check::Budget) -> Markup {
    let words = page.words;
    let mark = step.mark();
    let start = spans::offset(spans::between(attempt.started, step.started));
    let finished = step.finished.as_ref();
    html! {
        li.step value=(step.number) id=(format!("s{index}-{}", step.number)) {
            div.line {
                @if mark == Mark::Nothing { span.badge.done aria-hidden="true" { "·" } } @else { (badge(page, mark)) }
                h4 { span.sr { (words.step) " " } (step.number) ". " bdi { (safe::or_dash(&step.title)) } }
                span.num { span.sr { (words.starts) " " } "+" (start) }
                span.num { span.sr { (words.took) " " } @if let Some(end) = finished { (spans::length(end.took_ms)) } }
            }
            @if let Some(why) = step.left_out() { p.muted { bdi { (why) } } }
            @if step.action_failed() {
                @if let Some(end) = finished {
                    p class=(format!("callout {}", class(mark))) {
                        bdi { (end.reason) }
                        @if let Some(who) = end.blame {
                            " " span.muted { "(" (words.blame) ": " (blame(page.lang, who)) ")" }
                        }
                    }
                }
            }
            @if !step.checks.is_empty() {
                ul.checks { @for each in &step.checks { (check::item(page, index, &each.result, budget)) } }
            }
            (evidence::list(page, &step.evidence))
        }
    }
}
