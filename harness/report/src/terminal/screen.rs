use std::fmt::Write as _;

use seatrial_record::{Body, Event};

use super::options::{Options, Verbosity};
use super::paint::Paint;
use super::{claims, failure, summary};
use crate::facts::RunFacts;
use crate::model::{Attempt, Mark, Model, Scenario, Step};
use crate::text::words::{Words, fill};
use crate::text::{spans, width};

/// Turns events into lines. Holds what it needs of the past, and no evidence text.
pub(crate) struct Screen {
    pub(crate) options: Options,
    pub(crate) model: Option<Model>,
    /// Key of the scenario whose header was printed last.
    current: Option<String>,
    /// True once scenarios ran side by side: then each line says whose it is.
    side_by_side: bool,
}

/// All that the terminal shows of a stream, also of one without an end.
pub fn render(events: &[Event], options: &Options, facts: Option<&RunFacts>) -> String {
    let mut screen = Screen::new(options.clone());
    let mut text: String = events.iter().map(|event| screen.take(event)).collect();
    if let Some(model) = &screen.model {
        if model.finished.is_none() {
            text += &screen.unfinished(model);
            text += &claims::table(model, options);
            text += &summary::verdict(model, options);
        }
        if let Some(facts) = facts {
            text += &summary::closing(model, facts, options);
        }
    }
    text
}

impl Screen {
    pub(crate) fn new(options: Options) -> Self {
        Self { options, model: None, current: None, side_by_side: false }
    }

    /// The lines that follow from `event`; empty if it changes nothing that is shown.
    pub(crate) fn take(&mut self, event: &Event) -> String {
        let Some(model) = &mut self.model else {
            self.model = Model::begin(event);
            return self.model.as_ref().map(|model| self.run_header(model)).unwrap_or_default();
        };
        if let Body::Evidence { scenario, step, evidence } = &event.body {
            // Titles are needed to say where evidence is; texts would only fill memory.
            let evidence = seatrial_record::Evidence { text: String::new(), table: None, ..evidence.clone() };
            let body = Body::Evidence { scenario: scenario.clone(), step: *step, evidence };
            model.add(&Event { body, ..*event });
            return String::new();
        }
        model.add(event);
        self.side_by_side |= running(model).nth(1).is_some();
        let Some(model) = &self.model else { return String::new() };
        let (text, current) = self.lines(model, &event.body);
        if current.is_some() {
            self.current = current;
        }
        text
    }

    /// What is going on now, for the live line.
    pub(crate) fn now(&self) -> Option<String> {
        let model = self.model.as_ref()?;
        let done = model.scenarios.iter().filter(|scenario| scenario.mark() != Mark::Unfinished).count();
        let progress = format!("[{done}/{}]", model.scenarios.len());
        let short = |text: &str| width::cut(text, self.options.columns().saturating_sub(4));
        if self.side_by_side {
            let at = |(scenario, attempt): (&Scenario, &Attempt)| {
                let step = attempt.steps.last().map_or(0, |step| step.number);
                format!("{} {step}/{}", scenario.planned.key, scenario.planned.steps.len().saturating_sub(1))
            };
            let all: Vec<String> = running(model).map(at).collect();
            return (!all.is_empty()).then(|| short(&format!("{progress} {}", all.join(" · "))));
        }
        let (scenario, attempt) = running(model).last()?;
        let step = attempt.steps.last();
        let at = spans::offset(spans::between(attempt.started, attempt.last));
        let title = step.map_or("", |step| step.title.as_str());
        let number = step.map_or(0, |step| step.number);
        let last = scenario.planned.steps.len().saturating_sub(1);
        Some(short(&format!("{progress} {} {number}/{last} +{at} {title}", scenario.planned.key)))
    }

    fn paint(&self) -> Paint {
        Paint(self.options.color)
    }

    fn words(&self) -> &'static Words {
        self.options.lang.words()
    }

    fn run_header(&self, model: &Model) -> String {
        let run = &model.run;
        let paint = self.paint();
        let checks: u64 = model.scenarios.iter().map(|scenario| u64::from(scenario.planned.checks)).sum();
        let counts = [model.scenarios.len().to_string(), checks.to_string(), model.claims.len().to_string()];
        let [scenarios, checks, claims] = &counts;
        let product = format!("Seatrial {} · TDengine {}", run.seatrial, run.tdengine);
        let rest = format!("{} · Kubernetes {} · {} {}", run.environment, run.kubernetes, self.words().seed, run.seed);
        let room = self.options.columns().saturating_sub(width::of(&product) + 3);
        let plan = format!("{} · {}", run.image, fill(self.words().started_by, &[scenarios, checks, claims]));
        format!(
            "{} · {}\n{}\n",
            paint.bold(&product),
            width::cut(&rest, room),
            paint.dim(&width::cut(&plan, self.options.columns()))
        )
    }

    /// The lines for `body`, and the scenario whose header they begin with, if they have one.
    fn lines(&self, model: &Model, body: &Body) -> (String, Option<String>) {
        let quiet = self.options.verbosity == Verbosity::Quiet;
        match body {
            Body::ScenarioStarted { scenario, .. } => match find(model, scenario) {
                Some((scenario, attempt)) if !quiet && !self.side_by_side => {
                    (self.scenario_header(scenario, attempt, false), Some(scenario.planned.key.clone()))
                }
                _ => (String::new(), None),
            },
            Body::StepFinished(end) => {
                let Some((scenario, attempt)) = find(model, &end.scenario) else { return (String::new(), None) };
                let Some(step) = attempt.steps.iter().rfind(|step| step.number == end.step) else {
                    return (String::new(), None);
                };
                let mut text = String::new();
                let mut current = None;
                let shown = !quiet || step.mark().is_problem();
                if shown && !self.side_by_side && self.current.as_ref() != Some(&scenario.planned.key) {
                    text += &self.scenario_header(scenario, attempt, !quiet);
                    current = Some(scenario.planned.key.clone());
                }
                if shown {
                    text += &self.step_line(scenario, attempt, step);
                    text += &self.check_lines(step);
                    text += &failure::blocks(model, scenario, step, &self.options);
                }
                (text, current)
            }
            Body::ScenarioFinished(end) => (self.scenario_end(model, &end.scenario), None),
            Body::Notice { text, .. } => {
                let paint = self.paint();
                let lines = width::wrap(&crate::text::safe::line(text), self.options.columns() - 4);
                let lines: Vec<String> = lines.iter().map(|line| format!("  ! {line}\n")).collect();
                (paint.bold(lines.concat().trim_end_matches('\n')) + "\n", None)
            }
            Body::RunFinished(_) => {
                (claims::table(model, &self.options) + &summary::verdict(model, &self.options), None)
            }
            _ => (String::new(), None),
        }
    }

    fn scenario_header(&self, scenario: &Scenario, attempt: &Attempt, continued: bool) -> String {
        let planned = &scenario.planned;
        let paint = self.paint();
        let mut name = planned.key.clone();
        if attempt.number > 1 {
            let _ = write!(name, " ({})", fill(self.words().attempt, &[&attempt.number.to_string()]));
        }
        if continued {
            let _ = write!(name, " ({})", self.words().continued);
        }
        let room = self.options.columns().saturating_sub(width::of(&name) + 2);
        let summary = if continued { String::new() } else { width::cut(&planned.summary, room) };
        format!("\n{}  {}", paint.bold(&name), paint.dim(&summary)).trim_end().to_owned() + "\n"
    }

    fn step_line(&self, scenario: &Scenario, attempt: &Attempt, step: &Step) -> String {
        let mark = step.mark();
        let passed = step.checks.iter().filter(|check| check.result.verdict == seatrial_record::Verdict::Pass).count();
        let outcomes: Vec<&str> = step.checks.iter().filter_map(|check| check.result.outcome.as_deref()).collect();
        let mut tail = match step.checks.len() {
            0 => String::new(),
            all => format!("{passed}/{all}"),
        };
        if !outcomes.is_empty() {
            let _ = write!(tail, " → {}", outcomes.join(", "));
        }
        let tail = width::cut(&tail, 32);
        let start = spans::offset(spans::between(attempt.started, step.started));
        let took = step.finished.as_ref().map_or_else(String::new, |end| spans::length(end.took_ms));
        let whose = if self.side_by_side { format!("{}  ", scenario.planned.key) } else { String::new() };
        let title = format!("{}. {}", step.number, step.title);
        let room = self.options.columns().saturating_sub(2 + 2 + 9 + 2 + 12 + 2 + 2 + width::of(&tail));
        let paint = self.paint();
        format!(
            "  {} {}  {}  {}{}  {}",
            paint.mark(mark, mark.sign()),
            paint.dim(&format!("{start:>8}")),
            paint.dim(&width::fit(&format!("{took:>12}"), 12)),
            paint.bold(&whose),
            width::fit(&title, room.saturating_sub(width::of(&whose))),
            paint.dim(&tail),
        )
        .trim_end()
        .to_owned()
            + "\n"
    }

    fn check_lines(&self, step: &Step) -> String {
        if self.options.verbosity != Verbosity::Verbose {
            return String::new();
        }
        let mut text = String::new();
        for check in &step.checks {
            let mark = Mark::of(Some(check.result.verdict));
            let after = check.result.fulfilled_after_ms.map(spans::length);
            let after = after.map_or_else(String::new, |after| format!("  ({after})"));
            let title = width::cut(&check.result.title, self.options.columns().saturating_sub(32 + width::of(&after)));
            let sign = self.paint().mark(mark, mark.sign());
            let _ = writeln!(text, "{:28}{sign} {title}{}", "", self.paint().dim(&after));
        }
        text
    }

    fn scenario_end(&self, model: &Model, key: &str) -> String {
        let Some((scenario, attempt)) = find(model, key) else { return String::new() };
        let mark = attempt.mark();
        let Some(end) = &attempt.finished else { return String::new() };
        let paint = self.paint();
        let told = attempt.steps.iter().any(|step| step.mark().is_problem());
        let mut text = String::new();
        if self.side_by_side || self.options.verbosity == Verbosity::Quiet {
            let checks = format!("{}/{}", end.passed, end.checks);
            let took = spans::length(end.took_ms);
            let name = width::fit(&scenario.planned.key, 48);
            text = format!("{} {name} {checks:>9}  {took:>12}\n", paint.mark(mark, mark.sign()));
        }
        // What a step already said is not said again.
        if mark == Mark::Pass || (told && !end.reason.is_empty()) {
            return text;
        }
        let reason = if end.reason.is_empty() { self.words().nothing_checked } else { &end.reason };
        let lines = width::wrap(reason, self.options.columns() - 4);
        let sign = paint.mark(mark, mark.sign());
        lines.iter().fold(text, |text, line| text + "  " + &sign + " " + line + "\n")
    }

    /// Steps that never ended: what a killed run was at.
    fn unfinished(&self, model: &Model) -> String {
        let mut text = String::new();
        for scenario in &model.scenarios {
            let Some(attempt) = scenario.last().filter(|attempt| attempt.finished.is_none()) else { continue };
            for step in attempt.steps.iter().filter(|step| step.finished.is_none()) {
                text += &self.step_line(scenario, attempt, step);
                text += &self.check_lines(step);
                text += &failure::blocks(model, scenario, step, &self.options);
            }
        }
        text
    }
}

/// The scenarios that have begun and not ended.
fn running(model: &Model) -> impl Iterator<Item = (&Scenario, &Attempt)> {
    let begun = model.scenarios.iter().filter_map(|scenario| Some((scenario, scenario.last()?)));
    begun.filter(|(_, attempt)| attempt.finished.is_none())
}

fn find<'a>(model: &'a Model, key: &str) -> Option<(&'a Scenario, &'a Attempt)> {
    let key = crate::text::safe::line(key);
    let scenario = model.scenarios.iter().find(|scenario| scenario.planned.key == key)?;
    Some((scenario, scenario.last()?))
}
