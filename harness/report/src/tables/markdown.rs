use std::fmt::Write as _;

use super::{Page, Section};
use crate::markdown::sign;
use crate::text::markdown::plain;

/// Most rows of a table: a CI system bounds a summary at 1 MB.
const ROWS: usize = 150;

/// The page for the summary of a CI job.
pub(crate) fn markdown(page: &Page) -> String {
    let mut text = format!("## {} {}: {}\n\n", sign(page.mark), plain(&page.word.to_uppercase()), plain(&page.title));
    let _ = writeln!(text, "{}\n", plain(&page.reason));
    for (name, value) in &page.facts {
        let _ = writeln!(text, "- {}: {}", plain(name), plain(value));
    }
    for section in page.sections.iter().filter(|section| !section.rows.is_empty()) {
        table(&mut text, section);
    }
    text
}

fn table(text: &mut String, section: &Section) {
    let _ = writeln!(text, "\n### {}\n", plain(&section.heading));
    if !section.note.is_empty() {
        let _ = writeln!(text, "{}\n", plain(&section.note));
    }
    let marked = section.rows.iter().any(|row| row.tone.is_some());
    let first = if marked { "| |" } else { "|" };
    let head: Vec<String> = section.columns.iter().map(|column| plain(column)).collect();
    let rule = "---|".repeat(section.columns.len() + usize::from(marked));
    let _ = writeln!(text, "{first} {} |\n|{rule}", head.join(" | "));
    for row in section.rows.iter().take(ROWS) {
        let cells: Vec<String> =
            row.cells.iter().map(|cell| cell.lines().map(plain).collect::<Vec<_>>().join("<br>")).collect();
        let tone = row.tone.map(|tone| format!("| {} ", tone_of(tone)));
        let _ = writeln!(text, "{}| {} |", tone.unwrap_or_default(), cells.join(" | "));
    }
    let more = section.rows.len().saturating_sub(ROWS);
    if more > 0 {
        let _ = writeln!(text, "\n… {more} more");
    }
    for line in &section.key {
        let _ = writeln!(text, "\n{}", plain(line));
    }
}

fn tone_of(tone: super::Tone) -> String {
    if tone.word.is_empty() { sign(tone.mark).to_owned() } else { format!("{} {}", sign(tone.mark), tone.word) }
}
