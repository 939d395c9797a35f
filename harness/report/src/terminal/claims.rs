use std::fmt::Write as _;

use super::options::Options;
use super::paint::Paint;
use crate::model::{LedgerEntry, Model, NotTested};
use crate::text::words::{claim_verdict, real_server};
use crate::text::{width, words::fill};

/// Narrowest column of checks.
const CHECKS: usize = 14;

/// The claims ledger as a table; empty if no scenario of the run speaks of any claim, as in a chaos run.
pub(crate) fn table(model: &Model, options: &Options) -> String {
    let ledger = model.ledger();
    if ledger.iter().all(|entry| entry.not_tested == Some(NotTested::NoScenario)) {
        return String::new();
    }
    let words = options.lang.words();
    let paint = Paint(options.color);
    let rows: Vec<[String; 4]> = ledger.iter().map(|entry| row(entry, options)).collect();
    let widest = |column: usize, heading: &str| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| width::of(cell))
            .max()
            .unwrap_or(0)
            .max(width::of(heading))
    };
    let verdict = widest(1, words.this_run).min(30);
    let real = widest(2, words.real_servers);
    let room = options.columns().saturating_sub(4 + verdict + real + 4);
    // The names come first; where they leave no room for the checks, the report has those.
    let name = widest(0, words.claim).min(room);
    let checks = room.saturating_sub(name + 2);
    let checks = if checks < CHECKS { 0 } else { checks };
    let mut text = format!("\n{}\n", paint.bold(words.ledger));
    let heading = format!(
        "    {}  {}  {}  {}",
        width::fit(words.claim, name),
        width::fit(words.this_run, verdict),
        width::fit(words.real_servers, real),
        width::cut(words.decided_by, checks),
    );
    let _ = writeln!(text, "{}", paint.dim(heading.trim_end()));
    for (entry, [id, said, by_real, by]) in ledger.iter().zip(&rows) {
        let sign = paint.claim(entry.verdict, sign(entry));
        let said = paint.claim(entry.verdict, &width::fit(said, verdict));
        let by_real = width::fit(by_real, real);
        let by_real = if entry.differs() { paint.red(&by_real) } else { paint.dim(&by_real) };
        let line =
            format!("  {sign} {}  {said}  {by_real}  {}", width::fit(id, name), paint.dim(&width::cut(by, checks)));
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn row(entry: &LedgerEntry, options: &Options) -> [String; 4] {
    let by: Vec<String> = entry
        .decisions
        .iter()
        .map(|decision| format!("{} {}.{}", decision.scenario, decision.step, decision.check))
        .collect();
    let by = match by.split_first() {
        None => String::new(),
        Some((first, [])) => first.clone(),
        Some((first, rest)) => format!("{first} +{}", rest.len()),
    };
    let mut real = real_server(options.lang, entry.definition.real).to_owned();
    if entry.differs() {
        real += " ≠";
    }
    [entry.definition.id.clone(), said(entry, options), real, by]
}

/// The verdict in words, with how often it held, or with which manifests.
fn said(entry: &LedgerEntry, options: &Options) -> String {
    use crate::model::ClaimVerdict::{ByChance, ByManifest};
    let words = options.lang.words();
    let (held, of) = entry.held();
    match entry.verdict {
        ByChance => fill(words.by_chance_of, &[&held.to_string(), &of.to_string()]),
        ByManifest => {
            let held = entry.sets.iter().filter(|set| set.verdict == crate::model::ClaimVerdict::Confirmed);
            let held: Vec<&str> = held.map(|set| set.manifests.as_str()).collect();
            if held.is_empty() {
                words.by_manifest.to_owned()
            } else {
                format!("{} ({} ✓)", words.by_manifest, held.join(", "))
            }
        }
        other => claim_verdict(options.lang, other).to_owned(),
    }
}

fn sign(entry: &LedgerEntry) -> &'static str {
    crate::text::words::claim_sign(entry.verdict)
}
