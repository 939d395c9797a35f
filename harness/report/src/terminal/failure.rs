use std::fmt::Write as _;

use seatrial_record::Verdict;

use super::options::Options;
use super::paint::Paint;
use crate::evidence::file_of;
use crate::model::{Check, Mark, Model, Scenario, Seen, Step};
use crate::text::{diff, width, words::blame};

/// Most lines of a comparison; the rest is in the evidence.
const LINES: usize = 40;
/// Left of a block's text.
const INDENT: &str = "      ";

/// Everything that a reader needs of a step that did not pass; empty if it did.
pub(crate) fn blocks(model: &Model, scenario: &Scenario, step: &Step, options: &Options) -> String {
    let mut text = String::new();
    for check in step.checks.iter().filter(|check| check.result.verdict != Verdict::Pass) {
        text += &check_block(model, scenario, check, options);
    }
    if let Some(end) = step.finished.as_ref().filter(|_| step.action_failed()) {
        let block = Block::new(options);
        text += &block.field(options.lang.words().reason, &end.reason);
        text +=
            &end.blame.map(|who| block.field(options.lang.words().blame, blame(options.lang, who))).unwrap_or_default();
        text += &block.evidence(step.evidence.iter().filter_map(|index| model.evidence.get(*index)), options);
        text += &block.verbatim(options.lang.words().repeat, std::slice::from_ref(&model.run.replay));
    }
    text
}

fn check_block(model: &Model, scenario: &Scenario, check: &Check, options: &Options) -> String {
    let result = &check.result;
    let words = options.lang.words();
    let paint = Paint(options.color);
    let mark = Mark::of(Some(result.verdict));
    let block = Block::new(options);
    let heading = format!("{} {}.{}: {}", words.check, result.step, result.check, result.title);
    let mut text = format!(
        "\n    {}\n",
        paint.mark(mark, &format!("{} {}", mark.sign(), width::cut(&heading, options.columns() - 6)))
    );
    text += &compared(&result.expected, &result.seen, options);
    text += &block.field(words.reason, &result.reason);
    text += &result.blame.map(|who| block.field(words.blame, blame(options.lang, who))).unwrap_or_default();
    text += &block.field(words.outcome, result.outcome.as_deref().unwrap_or_default());
    text += &block.evidence(result.evidence.iter().filter_map(|id| model.evidence(*id)), options);
    text += &block.field(words.scenario, &scenario.planned.file);
    text += &block.verbatim(words.repeat, std::slice::from_ref(&model.run.replay));
    text
}

/// Expected and seen: side by side where both fit, below each other where they do not.
fn compared(expected: &str, seen: &str, options: &Options) -> String {
    if expected.is_empty() && seen.is_empty() {
        return String::new();
    }
    let words = options.lang.words();
    let paint = Paint(options.color);
    let rows = diff::rows(expected, seen);
    let widest = |side: fn(&diff::Row) -> Option<&String>| {
        rows.iter().filter_map(side).map(|line| width::of(line)).max().unwrap_or(0)
    };
    let left = widest(|row| row.expected.as_ref()).max(width::of(words.expected));
    let right = widest(|row| row.seen.as_ref()).max(width::of(words.seen));
    let mut text = String::new();
    if INDENT.len() + left + 3 + right <= options.columns() {
        let _ = writeln!(text, "{INDENT}{}   {}", paint.dim(&width::fit(words.expected, left)), paint.dim(words.seen));
        for row in rows.iter().take(LINES) {
            let expected = width::fit(row.expected.as_deref().unwrap_or_default(), left);
            let seen = row.seen.as_deref().unwrap_or_default();
            text += if row.same() {
                format!("{INDENT}{expected}   {seen}")
            } else {
                format!("{INDENT}{} {} {}", paint.green(&expected), paint.bold("≠"), paint.red(seen))
            }
            .trim_end();
            text.push('\n');
        }
    } else {
        let room = options.columns() - INDENT.len() - 2;
        let _ = writeln!(text, "{INDENT}{}", paint.dim(&format!("- {}   + {}", words.expected, words.seen)));
        for (mark, line) in diff::patch(expected, seen).into_iter().take(LINES) {
            for (index, part) in width::wrap(&line, room).into_iter().enumerate() {
                let line = format!("{} {part}", if index == 0 { mark } else { ' ' });
                let line = match mark {
                    '-' => paint.green(&line),
                    '+' => paint.red(&line),
                    _ => line,
                };
                let _ = writeln!(text, "{INDENT}{}", line.trim_end());
            }
        }
    }
    if rows.len() > LINES {
        let _ =
            writeln!(text, "{INDENT}{}", crate::text::words::fill(words.more, &[&(rows.len() - LINES).to_string()]));
    }
    text
}

/// The labelled lines below a comparison.
struct Block {
    paint: Paint,
    label: usize,
    room: usize,
}

impl Block {
    fn new(options: &Options) -> Self {
        let words = options.lang.words();
        let labels = [words.reason, words.blame, words.evidence, words.repeat, words.outcome, words.scenario];
        let label = labels.iter().map(|label| width::of(label)).max().unwrap_or(0);
        let room = options.columns().saturating_sub(INDENT.len() + label + 2);
        Self { paint: Paint(options.color), label, room }
    }

    /// Lines that are copied from the terminal: never broken.
    fn verbatim(&self, label: &str, texts: &[String]) -> String {
        let mut lines = String::new();
        for (index, text) in texts.iter().enumerate().take(12) {
            let label = if index == 0 { label.to_lowercase() } else { String::new() };
            let _ = writeln!(lines, "{INDENT}{}  {text}", self.paint.dim(&width::fit(&label, self.label)));
        }
        lines
    }

    fn field(&self, label: &str, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let mut lines = String::new();
        for (index, line) in width::wrap(text, self.room).iter().enumerate().take(12) {
            let label = if index == 0 { label.to_lowercase() } else { String::new() };
            lines += format!("{INDENT}{}  {line}", self.paint.dim(&width::fit(&label, self.label))).trim_end();
            lines.push('\n');
        }
        lines
    }

    fn evidence<'a>(&self, seen: impl Iterator<Item = &'a Seen>, options: &Options) -> String {
        let folder = options.folder.trim_end_matches('/');
        let join = |file: String| if folder.is_empty() { file } else { format!("{folder}/{file}") };
        let files: Vec<String> = seen.map(|seen| join(file_of(seen))).collect();
        self.verbatim(options.lang.words().evidence, &files)
    }
}
