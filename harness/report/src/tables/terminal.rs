use std::fmt::Write as _;

use super::{Page, Section};
use crate::terminal::{Options, Paint};
use crate::text::{safe, width};

/// Narrowest column of a table.
const NARROW: usize = 6;
/// Most rows of a table; the files have them all.
const ROWS: usize = 40;

/// The page for a terminal, its verdict at the end, where the eye is.
pub(crate) fn terminal(page: &Page, options: &Options) -> String {
    let paint = Paint(options.color);
    let mut text = format!("{}\n", paint.bold(&width::cut(&page.title, options.columns())));
    let name = page.facts.iter().map(|(name, _)| width::of(name)).max().unwrap_or(0);
    for (fact, value) in &page.facts {
        let line = format!("  {}  {value}", width::fit(fact, name));
        let _ = writeln!(text, "{}", paint.dim(&width::cut(&line, options.columns())));
    }
    for section in page.sections.iter().filter(|section| !section.rows.is_empty()) {
        let _ = writeln!(text, "\n{}", paint.bold(&section.heading));
        if !section.note.is_empty() {
            text.extend(
                width::wrap(&section.note, options.columns() - 2).iter().map(|line| format!("  {}\n", paint.dim(line))),
            );
        }
        table(&mut text, section, options);
    }
    let word = page.word.to_uppercase();
    let _ = writeln!(text, "\n{}", paint.mark(page.mark, &word));
    text.extend(width::wrap(&page.reason, options.columns() - 2).iter().map(|line| format!("  {line}\n")));
    text
}

fn table(text: &mut String, section: &Section, options: &Options) {
    let paint = Paint(options.color);
    let widths = widths(section, options.columns() - 4);
    let line = |cells: &[String], widths: &[usize]| {
        let cells = cells.iter().zip(widths).enumerate().map(|(index, (cell, width))| {
            let gap = if section.matrix_from.is_some_and(|from| index > from) { " " } else { "  " };
            format!("{}{}", if index == 0 { "" } else { gap }, width::fit(cell, *width))
        });
        cells.collect::<String>().trim_end().to_owned()
    };
    let _ = writeln!(text, "    {}", paint.dim(&line(&section.columns, &widths)));
    for row in section.rows.iter().take(ROWS.max(if section.matrix_from.is_some() { usize::MAX } else { 0 })) {
        let sign = row.tone.map_or(" ".to_owned(), |tone| paint.mark(tone.mark, tone.sign));
        let cells: Vec<Vec<String>> = row
            .cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| cell.lines().flat_map(|line| width::wrap(&safe::line(line), *width)).take(6).collect())
            .collect();
        for index in 0..cells.iter().map(Vec::len).max().unwrap_or(0).max(1) {
            let cells: Vec<String> = cells.iter().map(|cell| cell.get(index).cloned().unwrap_or_default()).collect();
            let sign = if index == 0 { sign.as_str() } else { " " };
            let _ = writeln!(text, "  {sign} {}", line(&cells, &widths));
        }
    }
    let more = section.rows.len().saturating_sub(ROWS);
    if more > 0 && section.matrix_from.is_none() {
        let _ = writeln!(text, "    {}", paint.dim(&format!("… {more} more, in the files")));
    }
    for line in &section.key {
        let _ = writeln!(text, "    {}", paint.dim(&width::cut(line, options.columns() - 4)));
    }
}

/// Each column as wide as its widest cell; if that is too much, the widest gives way.
fn widths(section: &Section, room: usize) -> Vec<usize> {
    let cells = |index: usize| section.rows.iter().filter_map(move |row| row.cells.get(index));
    let widest = |index: usize| cells(index).flat_map(|cell| cell.lines()).map(width::of).max().unwrap_or(0);
    let heads = section.columns.iter().enumerate();
    let mut widths: Vec<usize> = heads.map(|(index, head)| widest(index).max(width::of(head))).collect();
    let gaps = widths.iter().enumerate().skip(1);
    let gaps: usize =
        gaps.map(|(index, _)| if section.matrix_from.is_some_and(|from| index > from) { 1 } else { 2 }).sum();
    let room = room.saturating_sub(gaps);
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width).filter(|width| **width > NARROW) else {
            break;
        };
        *widest -= 1;
    }
    widths
}
