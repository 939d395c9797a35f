use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{ledger, rest, scenario, timeline, times, top};
use crate::evidence::Places;
use crate::facts::RunFacts;
use crate::headline::Headline;
use crate::model::{Counts, LedgerEntry, Model, Scenario};
use crate::text::words::{Lang, Words, fill};

/// What every part of the page needs.
pub(crate) struct Page<'a> {
    pub(crate) model: &'a Model,
    pub(crate) facts: &'a RunFacts,
    pub(crate) ledger: &'a [LedgerEntry],
    pub(crate) counts: &'a Counts,
    pub(crate) places: &'a Places,
    /// Whether a scenario is shown step by step, by its place in the plan.
    pub(crate) detailed: Vec<bool>,
    pub(crate) words: &'static Words,
    pub(crate) lang: Lang,
}

/// Most steps of scenarios that passed; of more only the verdicts are shown. A page must open in a browser.
const STEPS: usize = 6_000;

impl Page<'_> {
    /// Anchor of a check, or of its scenario if that is not shown step by step. It is made of the scenario's place in the
    /// plan, so that no text of a file becomes an id.
    pub(crate) fn check_anchor(&self, key: &str, step: u32, check: u32) -> String {
        let index = self.model.scenarios.iter().position(|scenario| scenario.planned.key == key).unwrap_or(0);
        if self.detailed.get(index) == Some(&true) { format!("s{index}-{step}-{check}") } else { format!("s{index}") }
    }

    /// True if the evidence with this number has a place on the page.
    pub(crate) fn shows_evidence(&self, id: u64) -> bool {
        let Some(seen) = self.model.evidence(id) else { return false };
        let Some(key) = &seen.scenario else { return true };
        let index = self.model.scenarios.iter().position(|scenario| scenario.planned.key == *key);
        index.is_some_and(|index| self.detailed.get(index) == Some(&true))
    }
}

/// Problems are always shown step by step, others while there is room.
fn detailed(model: &Model) -> Vec<bool> {
    let mut left = STEPS;
    let one = |scenario: &Scenario| {
        if scenario.mark().is_problem() {
            return true;
        }
        let steps = scenario.last().map_or(0, |attempt| attempt.steps.len());
        let room = left >= steps;
        left -= if room { steps } else { 0 };
        room
    };
    model.scenarios.iter().map(one).collect()
}

/// The whole page.
pub(crate) fn page(model: &Model, facts: &RunFacts, places: &Places) -> String {
    let ledger = model.ledger();
    let counts = model.counts(&ledger);
    let words = facts.lang.words();
    let headline = Headline::of(model, &counts, facts.lang, facts.incomplete.as_deref());
    let page = Page {
        model,
        facts,
        ledger: &ledger,
        counts: &counts,
        places,
        detailed: detailed(model),
        words,
        lang: facts.lang,
    };
    let title = format!("{} · TDengine {} · {}", headline.word.to_uppercase(), model.run.tdengine, words.report);
    let problems = top::problems(&page);
    let markup = html! {
        (DOCTYPE)
        html lang=(facts.lang.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Nothing is fetched and nothing runs, whatever a pod managed to print.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="generator" content=(format!("seatrial {}", model.run.seatrial));
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                a.skip href="#main" { (words.skip_link) }
                (timeline::patterns())
                (top::header(&page, &headline))
                (contents(&page, problems.is_some()))
                main #main {
                    @if let Some(problems) = problems { (problems) }
                    (top::tested(&page))
                    (ledger::section(&page))
                    (scenario::section(&page))
                    (times::section(&page))
                    (rest::run_evidence(&page))
                    (rest::not_tested(&page))
                    (rest::repeat(&page))
                }
                footer {
                    p { (fill(words.made_from, &[&model.run.seatrial, &crate::text::spans::number(model.events)])) }
                }
            }
        }
    };
    markup.into_string()
}

fn contents(page: &Page<'_>, problems: bool) -> Markup {
    let words = page.words;
    html! {
        nav aria-label=(words.contents) {
            ul {
                @if problems { li { a href="#problems" { (words.problems) } } }
                li { a href="#tested" { (words.tested) } }
                @if !page.ledger.is_empty() { li { a href="#claims" { (words.ledger) } } }
                li { a href="#scenarios" { (words.scenarios) } }
                li { a href="#not-tested" { (words.not_tested_heading) } }
                li { a href="#repeat" { (words.repeat_heading) } }
            }
        }
    }
}
