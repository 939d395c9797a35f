//! `summary.md`: for the summary page of a CI job, and for a release note.

use std::fmt::Write as _;

use seatrial_record::Verdict;

use crate::evidence::file_of;
use crate::facts::RunFacts;
use crate::headline::{EMBEDDED, Headline};
use crate::model::{Check, LedgerEntry, Mark, Model, NotTested, Scenario, Step};
use crate::text::markdown::{code, fenced, plain};
use crate::text::words::{blame, claim_sign, claim_verdict, fill, real_server};
use crate::text::{diff, spans};

/// Most failures that are shown in full. CI systems bound a summary at 1 MB.
const PROBLEMS: usize = 20;
/// Most lines of a comparison.
const LINES: usize = 60;
/// Most characters of a line of a comparison.
const LINE: usize = 300;

/// Most scenarios that are listed.
const SCENARIOS: usize = 300;

/// The summary of a run.
pub(crate) fn summary(model: &Model, facts: &RunFacts) -> String {
    let words = facts.lang.words();
    let ledger = model.ledger();
    let counts = model.counts(&ledger);
    let headline = Headline::of(model, &counts, facts.lang, facts.incomplete.as_deref());
    let mut text = String::new();
    let title = fill(words.heading, &[&plain(&model.run.tdengine), &plain(&model.run.kubernetes)]);
    let _ = writeln!(text, "## {} {}: {title}\n", sign(headline.mark), plain(&headline.word.to_uppercase()));
    let _ = writeln!(text, "{}\n", plain(&headline.reason));
    let n = |number: u64| spans::number(number);
    if model.run.environment == EMBEDDED {
        let _ = writeln!(text, "> {}\n", words.model_note);
    }
    let mut checks = fill(words.checks_passed, &[&n(counts.checks.passed), &n(counts.checks.planned)]);
    if counts.checks_not_applicable > 0 {
        let _ = write!(checks, " ({})", fill(words.checks_not_applicable, &[&n(counts.checks_not_applicable)]));
    }
    let _ = writeln!(text, "- {checks}");
    let _ = writeln!(
        text,
        "- {}",
        fill(words.scenarios_passed, &[&n(counts.scenarios.passed), &n(counts.scenarios.planned)])
    );
    if counts.claims > 0 {
        let _ = writeln!(text, "- {}", fill(words.claims_decided, &[&n(counts.decided()), &n(counts.claims)]));
    }
    if counts.contradicted > 0 {
        let _ = writeln!(text, "- {}", fill(words.claims_contradicted, &[&n(counts.contradicted)]));
    }
    if counts.differ > 0 {
        let _ = writeln!(text, "- **{}** {}", counts.differ, words.differs);
    }
    problems(&mut text, model, facts);
    claims(&mut text, &ledger, facts);
    scenarios(&mut text, model, facts);
    tested(&mut text, model, facts);
    text
}

fn problems(text: &mut String, model: &Model, facts: &RunFacts) {
    let words = facts.lang.words();
    let mut shown = 0_usize;
    let mut hidden = 0_usize;
    let mut body = String::new();
    for scenario in model.scenarios.iter().filter(|scenario| scenario.mark().is_problem()) {
        let Some(attempt) = scenario.last() else { continue };
        for (step, check) in attempt.checks().filter(|(_, check)| check.result.verdict != Verdict::Pass) {
            if shown < PROBLEMS {
                problem(&mut body, model, scenario, step, check, facts);
                shown += 1;
            } else {
                hidden += 1;
            }
        }
        for step in attempt.steps.iter().filter(|step| step.action_failed()) {
            if shown == PROBLEMS {
                hidden += 1;
                continue;
            }
            shown += 1;
            let reason = step.finished.as_ref().map_or("", |end| end.reason.as_str());
            let sign = sign(step.mark());
            let _ = writeln!(
                body,
                "### {sign} {}, {} {}: {}\n\n{}\n",
                code(&scenario.planned.key),
                words.step,
                step.number,
                code(&step.title),
                plain(reason)
            );
        }
    }
    if !body.is_empty() {
        let _ = writeln!(text, "\n## {}\n\n{}", words.problems, body.trim_end());
    }
    if hidden > 0 {
        let _ = writeln!(text, "\n{}", fill(words.more, &[&hidden.to_string()]));
    }
}

fn problem(text: &mut String, model: &Model, scenario: &Scenario, step: &Step, check: &Check, facts: &RunFacts) {
    let words = facts.lang.words();
    let result = &check.result;
    let sign = sign(Mark::of(Some(result.verdict)));
    let key = code(&scenario.planned.key);
    let _ = writeln!(text, "### {sign} {key} {}.{}: {}\n", result.step, result.check, code(&result.title));
    let _ = writeln!(text, "{} {}: {}\n", words.step, step.number, code(&step.title));
    if !result.reason.is_empty() {
        let _ = writeln!(text, "**{}:** {}\n", words.reason, plain(&result.reason));
    }
    if let Some(who) = result.blame {
        let _ = writeln!(text, "**{}:** {}\n", words.blame, blame(facts.lang, who));
    }
    let patch = diff::patch(&result.expected, &result.seen);
    if !patch.is_empty() {
        let cut = |line: &str| line.chars().take(LINE).collect::<String>();
        let cut: Vec<String> = patch.iter().take(LINES).map(|(mark, line)| format!("{mark} {}", cut(line))).collect();
        let cut = cut.join("\n");
        let _ = writeln!(text, "`-` {}, `+` {}\n\n{}", words.expected, words.seen, fenced("diff", &cut));
        if patch.len() > LINES {
            let _ = writeln!(text, "{}\n", fill(words.more, &[&(patch.len() - LINES).to_string()]));
        }
    }
    for seen in result.evidence.iter().filter_map(|id| model.evidence(*id)) {
        let _ = writeln!(text, "- {}: {}", words.evidence, code(&file_of(seen)));
    }
    text.push('\n');
}

fn claims(text: &mut String, ledger: &[LedgerEntry], facts: &RunFacts) {
    if ledger.is_empty() {
        return;
    }
    let words = facts.lang.words();
    let _ = writeln!(text, "\n## {}\n\n{}\n", words.ledger, words.ledger_note);
    let headings = [words.claim, words.says, words.this_run, words.real_servers, words.decided_by];
    let _ = writeln!(text, "| {} |\n|---|---|---|---|---|", headings.join(" | "));
    for entry in ledger {
        let verdict = format!("{} {}", claim_sign(entry.verdict), claim_verdict(facts.lang, entry.verdict));
        let sets: Vec<String> = entry
            .sets
            .iter()
            .filter(|_| entry.sets.len() > 1)
            .map(|set| format!("{}: {}", plain(&set.manifests), claim_verdict(facts.lang, set.verdict)))
            .collect();
        let (held, of) = entry.held();
        let times = (of > 1)
            .then(|| fill(words.held_in, &[&held.to_string(), &of.to_string()]))
            .into_iter()
            .collect::<Vec<_>>();
        let said: Vec<String> = [vec![verdict], sets, times].concat();
        let mut real = real_server(facts.lang, entry.definition.real).to_owned();
        if entry.differs() {
            let _ = write!(real, "<br>**≠ {}**", words.differs);
        }
        let mut by: Vec<String> = entry
            .decisions
            .iter()
            .take(3)
            .map(|decision| code(&format!("{} {}.{}", decision.scenario, decision.step, decision.check)))
            .collect();
        if entry.decisions.len() > 3 {
            by.push(fill(words.more, &[&(entry.decisions.len() - 3).to_string()]));
        }
        by.extend(entry.not_tested.as_ref().map(|why| plain(&why_not(why, facts))));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {real} | {} |",
            code(&entry.definition.id),
            plain(&entry.definition.quote),
            said.join("<br>"),
            by.join("<br>")
        );
    }
}

/// Why a claim was not tested, in words.
pub(crate) fn why_not(why: &NotTested, facts: &RunFacts) -> String {
    let words = facts.lang.words();
    match why {
        NotTested::NoScenario => words.why_no_scenario.to_owned(),
        NotTested::NotFinished(keys) => fill(words.why_not_finished, &[&keys.join(", ")]),
        NotTested::NoFinding(keys) => fill(words.why_no_finding, &[&keys.join(", ")]),
    }
}

fn scenarios(text: &mut String, model: &Model, facts: &RunFacts) {
    let words = facts.lang.words();
    let _ = writeln!(text, "\n## {}\n", words.scenarios);
    let _ = writeln!(text, "| | {} | {} | {} |\n|---|---|---|---|", words.scenario, words.checks, words.took);
    // Those that did not pass are never among the ones that are left out.
    let (first, rest): (Vec<&Scenario>, Vec<&Scenario>) =
        model.scenarios.iter().partition(|one| one.mark().is_problem());
    let room = SCENARIOS.saturating_sub(first.len());
    let shown: Vec<&Scenario> = if rest.len() > room {
        first.iter().copied().take(SCENARIOS).chain(rest.iter().copied().take(room)).collect()
    } else {
        model.scenarios.iter().collect()
    };
    for scenario in &shown {
        let (passed, checks) = scenario.checks();
        let took = scenario.last().map_or_else(|| words.not_run.to_owned(), |attempt| spans::length(attempt.took_ms()));
        let sign = sign(scenario.mark());
        let _ = writeln!(text, "| {sign} | {} | {passed}/{checks} | {took} |", code(&scenario.planned.key));
    }
    if shown.len() < model.scenarios.len() {
        let more = (model.scenarios.len() - shown.len()).to_string();
        let _ = writeln!(text, "| | {} | | |", fill(words.more, &[&more]));
    }
    for skip in model.skipped.iter().take(SCENARIOS) {
        let _ = writeln!(text, "| – | {} | {} | {} |", code(&skip.name), words.skipped, plain(&skip.reason));
    }
}

fn tested(text: &mut String, model: &Model, facts: &RunFacts) {
    let words = facts.lang.words();
    let run = &model.run;
    let _ = writeln!(text, "\n## {}\n", words.tested);
    let seed = run.seed.to_string();
    let manifests = model.manifest_sets().join(", ");
    let mut rows = vec![
        (words.version, run.tdengine.as_str()),
        (words.image, &run.image),
        (words.environment, &run.environment),
        (words.kubernetes, &run.kubernetes),
        (words.manifests, &manifests),
        (words.seed, &seed),
        (words.seatrial, &run.seatrial),
        (words.run, &facts.run_id),
    ];
    rows.extend(run.details.iter().map(|detail| (words.detail(detail.what), detail.value.as_str())));
    rows.extend(facts.host.as_deref().map(|host| (words.host, host)));
    rows.extend(facts.more.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    for (name, value) in rows {
        let _ = writeln!(text, "- {}: {}", plain(name), code(value));
    }
    let _ = writeln!(text, "\n{}\n\n{}", words.repeat_note, fenced("sh", &run.replay));
}

/// A mark as an emoji, which is all the colour that Markdown has.
pub(crate) fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Pass => "✅",
        Mark::Fail => "❌",
        Mark::Unknown => "❓",
        Mark::Nothing => "➖",
        Mark::Unfinished => "⏳",
    }
}
