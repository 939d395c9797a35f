use std::fmt::Write as _;

use maud::{Markup, html};
use seatrial_record::Verdict;

use super::page::Page;
use crate::headline::{EMBEDDED, Headline};
use crate::model::{Attempt, Mark, Scenario, Step};
use crate::text::words::{blame, fill};
use crate::text::{safe, spans};

/// Most entries in the list of what did not pass.
const PROBLEMS: usize = 50;

/// Class of a mark, for colours.
pub(crate) fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Pass => "pass",
        Mark::Fail => "fail",
        Mark::Unknown => "unknown",
        Mark::Nothing => "nothing",
        Mark::Unfinished => "unfinished",
    }
}

/// A mark with its word, so that it is read without its colour.
pub(crate) fn badge(page: &Page<'_>, mark: Mark) -> Markup {
    let words = page.words;
    let word = match mark {
        Mark::Pass => words.pass,
        Mark::Fail => words.fail,
        Mark::Unknown => words.unknown,
        Mark::Nothing => words.nothing_checked,
        Mark::Unfinished => words.incomplete,
    };
    html! { span class=(format!("badge {}", class(mark))) { span aria-hidden="true" { (mark.sign()) " " } (word) } }
}

/// Verdict, reason and the numbers.
pub(crate) fn header(page: &Page<'_>, headline: &Headline) -> Markup {
    let words = page.words;
    let counts = page.counts;
    let run = &page.model.run;
    let n = spans::number;
    html! {
        header class=(format!("top {}", class(headline.mark))) {
            p.eyebrow { (words.report) " · " (page.facts.run_id) }
            h1 { (fill(words.heading, &[&run.tdengine, &run.kubernetes])) }
            div.verdict {
                p.word { span aria-hidden="true" { (headline.mark.sign()) " " } (headline.word) }
                p.reason { bdi { (headline.reason) } }
            }
            @if run.environment == EMBEDDED { p.note { (words.model_note) } }
            ul.figures {
                li {
                    (figure(&fill(words.checks_passed, &[&n(counts.checks.passed), &n(counts.checks.planned)])))
                    @if counts.checks_not_applicable > 0 {
                        span.muted { " (" (fill(words.checks_not_applicable, &[&n(counts.checks_not_applicable)])) ")" }
                    }
                }
                li { (figure(&fill(words.scenarios_passed, &[&n(counts.scenarios.passed), &n(counts.scenarios.planned)]))) }
                @if counts.claims > 0 {
                    li { (figure(&fill(words.claims_decided, &[&n(counts.decided()), &n(counts.claims)]))) }
                }
                @if counts.contradicted > 0 {
                    li.news { (figure(&fill(words.claims_contradicted, &[&n(counts.contradicted)]))) }
                }
                @if counts.differ > 0 { li.differ { strong { (counts.differ) } " " (words.differs) } }
            }
        }
    }
}

/// The number in bold, the rest plain.
fn figure(text: &str) -> Markup {
    let is_number = |char: char| char.is_ascii_digit() || matches!(char, ',' | ' ' | '/') || "of".contains(char);
    let end = text.find(|char| !is_number(char)).unwrap_or(0);
    let (number, rest) = text.split_at(end);
    html! { strong { (number.trim_end()) } " " (rest) }
}

/// Everything that did not pass, each with a link; `None` if everything did.
pub(crate) fn problems(page: &Page<'_>) -> Option<Markup> {
    let mut items: Vec<Markup> = Vec::new();
    for (index, scenario) in page.model.scenarios.iter().enumerate() {
        if !scenario.mark().is_problem() {
            continue;
        }
        let before = items.len();
        let key = &scenario.planned.key;
        for (step, check) in scenario.last().into_iter().flat_map(Attempt::checks) {
            let result = &check.result;
            if result.verdict == Verdict::Pass {
                continue;
            }
            let anchor = format!("#{}", page.check_anchor(key, result.step, result.check));
            items.push(html! {
                li {
                    (badge(page, Mark::of(Some(result.verdict)))) " "
                    a href=(anchor) { bdi { (key) } ": " bdi { (result.title) } }
                    p { bdi { (safe::or_dash(&result.reason)) } }
                    p.muted {
                        (page.words.step) " " (step.number) ": " bdi { (step.title) }
                        @if let Some(who) = result.blame { " · " (page.words.blame) ": " (blame(page.lang, who)) }
                    }
                }
            });
        }
        for step in scenario.last().into_iter().flat_map(|attempt| &attempt.steps).filter(|step| step.action_failed()) {
            items.push(broken_step(page, index, key, step));
        }
        if items.len() == before {
            items.push(broken_scenario(page, index, scenario));
        }
    }
    if items.is_empty() {
        return None;
    }
    let more = items.len().saturating_sub(PROBLEMS);
    Some(html! {
        section aria-labelledby="problems" {
            h2 #problems { (page.words.problems) }
            ul.problems { @for item in items.iter().take(PROBLEMS) { (item) } }
            @if more > 0 { p.muted { (fill(page.words.more, &[&more.to_string()])) } }
        }
    })
}

/// A step whose action went wrong.
fn broken_step(page: &Page<'_>, index: usize, key: &str, step: &Step) -> Markup {
    let end = step.finished.as_ref();
    html! {
        li {
            (badge(page, step.mark())) " "
            a href=(format!("#s{index}-{}", step.number)) { bdi { (key) } ": " bdi { (safe::or_dash(&step.title)) } }
            p { bdi { (safe::or_dash(end.map_or("", |end| &end.reason))) } }
            p.muted {
                (page.words.step) " " (step.number)
                @if let Some(who) = end.and_then(|end| end.blame) { " · " (page.words.blame) ": " (blame(page.lang, who)) }
            }
        }
    }
}

/// A scenario that did not pass though nothing in it says why, say because it has no end.
fn broken_scenario(page: &Page<'_>, index: usize, scenario: &Scenario) -> Markup {
    let end = scenario.last().and_then(|attempt| attempt.finished.as_ref());
    let never = if scenario.last().is_some() { page.words.never_ended } else { page.words.never_began };
    let reason = end.map(|end| end.reason.as_str()).filter(|reason| !reason.is_empty()).unwrap_or(never);
    html! {
        li {
            (badge(page, scenario.mark())) " "
            a href=(format!("#s{index}")) { bdi { (scenario.planned.key) } }
            p { bdi { (reason) } }
            @if let Some(who) = end.and_then(|end| end.blame) { p.muted { (page.words.blame) ": " (blame(page.lang, who)) } }
        }
    }
}

/// What was tested, as a list of facts.
pub(crate) fn tested(page: &Page<'_>) -> Markup {
    let (words, run, facts) = (page.words, &page.model.run, page.facts);
    let mut duration = fill(words.cluster_clock, &[&spans::length(page.model.cluster_ms())]);
    if let Some(wall) = facts.wall_ms {
        let _ = write!(duration, " · {}", fill(words.wall_clock, &[&spans::length(wall)]));
    }
    let started = match facts.began {
        Some(began) => (words.started, spans::date(began)),
        None => (words.started_cluster, spans::date(page.model.started)),
    };
    let mut rows: Vec<(&str, String)> = vec![
        (words.version, run.tdengine.clone()),
        (words.image, run.image.clone()),
        (words.environment, run.environment.clone()),
        (words.kubernetes, run.kubernetes.clone()),
        (words.manifests, page.model.manifest_sets().join(", ")),
        (words.seed, run.seed.to_string()),
        started,
        (words.duration, duration),
        (words.seatrial, run.seatrial.clone()),
    ];
    rows.extend(run.details.iter().map(|detail| (words.detail(detail.what), detail.value.clone())));
    rows.extend(facts.host.iter().map(|host| (words.host, safe::line(host))));
    rows.extend(facts.more.iter().map(|(name, value)| (name.as_str(), safe::line(value))));
    let notices: Vec<_> = page.model.notices.iter().filter(|notice| notice.scenario.is_none()).take(100).collect();
    html! {
        section aria-labelledby="tested" {
            h2 #tested { (words.tested) }
            dl.facts {
                @for (name, value) in &rows {
                    div { dt { (name) } dd { bdi { (safe::or_dash(value)) } } }
                }
            }
            @if !notices.is_empty() {
                h3 { (words.notices) }
                ul { @for notice in &notices { li { bdi { (notice.text) } } } }
            }
        }
    }
}
