use std::fmt::Write as _;

use super::options::Options;
use super::paint::Paint;
use crate::facts::RunFacts;
use crate::headline::Headline;
use crate::model::{Mark, Model};
use crate::text::words::fill;
use crate::text::{safe, spans, width};

/// Most lines of what did not pass.
const PROBLEMS: usize = 30;

/// The end of a run: what did not pass, the numbers, the verdict.
pub(crate) fn verdict(model: &Model, options: &Options) -> String {
    let words = options.lang.words();
    let paint = Paint(options.color);
    let ledger = model.ledger();
    let counts = model.counts(&ledger);
    let headline = Headline::of(model, &counts, options.lang, None);
    let mut text = problems(model, options);
    if !model.skipped.is_empty() {
        let _ = writeln!(text, "\n{}", paint.bold(words.scenario_skipped));
    }
    for skip in &model.skipped {
        let line = format!("  – {}: {}", skip.name, skip.reason);
        let _ = writeln!(text, "{}", paint.dim(&width::cut(&line, options.columns())));
    }
    let n = |number: u64| spans::number(number);
    let checks = fill(words.checks_passed, &[&n(counts.checks.passed), &n(counts.checks.planned)]);
    let scenarios = fill(words.scenarios_passed, &[&n(counts.scenarios.passed), &n(counts.scenarios.planned)]);
    let mut numbers = vec![checks, scenarios];
    if counts.claims > 0 {
        numbers.push(fill(words.claims_decided, &[&n(counts.decided()), &n(counts.claims)]));
    }
    if counts.contradicted > 0 {
        numbers.push(fill(words.claims_contradicted, &[&n(counts.contradicted)]));
    }
    if counts.differ > 0 {
        numbers.push(format!("{} {}", counts.differ, words.differs));
    }
    let word = headline.word.to_uppercase();
    let mut lines: Vec<String> = vec![String::new()];
    let room = options.columns().saturating_sub(width::of(&word) + 2);
    for number in numbers {
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = number,
            Some(line) if width::of(line) + width::of(&number) + 3 <= room => {
                let _ = write!(line, " · {number}");
            }
            _ => lines.push(number),
        }
    }
    let below = format!("\n{}", " ".repeat(width::of(&word) + 2));
    let _ = writeln!(text, "\n{}  {}", paint.mark(headline.mark, &word), lines.join(&below));
    if headline.mark != Mark::Pass {
        text.extend(width::wrap(&headline.reason, options.columns() - 2).iter().map(|line| format!("  {line}\n")));
    }
    text
}

/// What only the one who ran it knows: times, and where the files are.
pub fn closing(model: &Model, facts: &RunFacts, options: &Options) -> String {
    let words = options.lang.words();
    let paint = Paint(options.color);
    let mut text = String::new();
    if let Some(wall) = facts.wall_ms {
        let cluster = model.cluster_ms();
        let mut parts = vec![
            fill(words.cluster_clock, &[&spans::length(cluster)]),
            fill(words.wall_clock, &[&spans::length(wall)]),
        ];
        // Below twice the speed it is a real cluster's clock, and no news.
        if let Some(times) = cluster.checked_div(wall).filter(|times| *times >= 2) {
            parts.push(fill(words.faster, &[&spans::number(times)]));
        }
        for line in width::wrap(&parts.join(" · "), options.columns() - 2) {
            let _ = writeln!(text, "  {}", paint.dim(&line));
        }
    }
    if !options.folder.is_empty() {
        let folder = safe::line(options.folder.trim_end_matches('/'));
        let _ = writeln!(text, "  {}: {folder}/report.html", words.report);
    }
    let _ = writeln!(text, "  {}: {}", words.repeat, model.run.replay);
    text
}

fn problems(model: &Model, options: &Options) -> String {
    let words = options.lang.words();
    let paint = Paint(options.color);
    let mut lines = Vec::new();
    for scenario in model.scenarios.iter().filter(|scenario| scenario.mark().is_problem()) {
        let mark = scenario.mark();
        let before = lines.len();
        let attempt = scenario.last();
        for (_, check) in attempt.into_iter().flat_map(crate::model::Attempt::checks) {
            let mark = Mark::of(Some(check.result.verdict));
            if mark != Mark::Pass {
                let result = &check.result;
                let at = format!("{} {}.{}", scenario.planned.key, result.step, result.check);
                lines.push((mark, format!("{at}: {}: {}", result.title, safe::line(&result.reason))));
            }
        }
        if lines.len() == before {
            let end = attempt.and_then(|attempt| attempt.finished.as_ref());
            let why = end.map(|end| safe::line(&end.reason)).filter(|reason| !reason.is_empty());
            let never = if attempt.is_some() { words.incomplete } else { words.not_run };
            lines.push((mark, format!("{}: {}", scenario.planned.key, why.unwrap_or_else(|| never.to_owned()))));
        }
    }
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", paint.bold(words.problems));
    for (mark, line) in lines.iter().take(PROBLEMS) {
        let _ = writeln!(text, "  {} {}", paint.mark(*mark, mark.sign()), width::cut(line, options.columns() - 4));
    }
    if lines.len() > PROBLEMS {
        let _ = writeln!(text, "  {}", fill(words.more, &[&(lines.len() - PROBLEMS).to_string()]));
    }
    text
}
