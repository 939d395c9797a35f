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
    for skip in &model.skipped {
        let line = format!("  – {}: {}: {}", words.skipped, skip.name, skip.reason);
        text += &format!("{}\n", paint.dim(&width::cut(&line, options.columns())));
    }
    let n = |number: u64| spans::number(number);
    let checks = fill(words.checks_passed, &[&n(counts.checks.passed), &n(counts.checks.planned)]);
    let scenarios = fill(words.scenarios_passed, &[&n(counts.scenarios.passed), &n(counts.scenarios.planned)]);
    let mut numbers = vec![checks, scenarios];
    if counts.claims > 0 {
        numbers.push(fill(words.claims_decided, &[&n(counts.decided()), &n(counts.claims)]));
    }
    if counts.differ > 0 {
        numbers.push(format!("{} {}", counts.differ, words.differs));
    }
    text += &format!("\n{}  {}\n", paint.mark(headline.mark, &headline.word.to_uppercase()), numbers.join(" · "));
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
        text += &format!("  {}\n", paint.dim(&parts.join(" · ")));
    }
    if !options.folder.is_empty() {
        let folder = safe::line(options.folder.trim_end_matches('/'));
        text += &format!("  {}: {folder}/report.html\n", words.report);
    }
    text += &format!("  {}: {}\n", words.repeat, model.run.replay);
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
        text += &format!("  {} {}\n", paint.mark(*mark, mark.sign()), width::cut(line, options.columns() - 4));
    }
    if lines.len() > PROBLEMS {
        text += &format!("  {}\n", fill(words.more, &[&(lines.len() - PROBLEMS).to_string()]));
    }
    text
}
