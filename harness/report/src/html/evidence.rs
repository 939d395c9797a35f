use maud::{Markup, html};
use seatrial_record::{EvidenceKind, Table};

use super::page::Page;
use crate::evidence::{END, Place, Shown};
use crate::model::Seen;
use crate::text::words::fill;
use crate::text::{safe, spans};

/// Most rows and columns of a table that is drawn; larger ones are read as text.
const ROWS: usize = 60;
const COLUMNS: usize = 16;

/// A fold with the evidence at `indexes`.
pub(crate) fn list(page: &Page<'_>, indexes: &[usize]) -> Markup {
    if indexes.is_empty() {
        return html! {};
    }
    html! {
        details.evidence {
            summary { (fill(page.words.evidence_count, &[&indexes.len().to_string()])) }
            @for index in indexes {
                @if let (Some(seen), Some(place)) = (page.model.evidence.get(*index), page.places.get(*index)) {
                    (one(page, seen, place))
                }
            }
        }
    }
}

fn one(page: &Page<'_>, seen: &Seen, place: &Place) -> Markup {
    let words = page.words;
    let evidence = &seen.evidence;
    let table = evidence.table.as_ref().filter(|table| drawn(evidence.kind, table));
    html! {
        article id=(format!("e{}", evidence.id)) {
            h5 { (words.evidence) " " (evidence.id) ": " bdi { (evidence.title) } }
            p.muted {
                code { bdi { (evidence.source) } } " · " (spans::date(evidence.at)) " · " (spans::size(evidence.text.len()))
                @if evidence.truncated { " · " (words.truncated) }
            }
            @if let Some(table) = table { (drawing(page, table)) }
            (text(page, &evidence.text, place))
            @if let Some(file) = place.file.as_deref() { p.muted { a href=(file) { (file) } } }
        }
    }
}

fn text(page: &Page<'_>, text: &str, place: &Place) -> Markup {
    let words = page.words;
    let label = words.evidence;
    match place.shown {
        Shown::Whole => html! { pre role="group" tabindex="0" aria-label=(label) { (text) } },
        Shown::Ends => {
            let (head, gap, tail) = safe::ends(text, END);
            let file = place.file.as_deref().unwrap_or("events.jsonl");
            html! {
                pre role="group" tabindex="0" aria-label=(label) { (head) }
                p.gap { (fill(words.left_out, &[&spans::size(gap), file])) }
                pre role="group" tabindex="0" aria-label=(label) { (tail) }
            }
        }
        Shown::No => html! {
            p.gap {
                @match place.file.as_deref() {
                    Some(file) => (fill(words.in_file, &[&spans::size(text.len()), file])),
                    None => (words.in_events),
                }
            }
        },
    }
}

/// A shell prints its own table; an answer in JSON is easier to read as one.
fn drawn(kind: EvidenceKind, table: &Table) -> bool {
    kind == EvidenceKind::Sql && table.rows.len() <= ROWS && (1..=COLUMNS).contains(&table.columns.len())
}

fn drawing(page: &Page<'_>, table: &Table) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label=(page.words.evidence) {
            table.rows {
                thead { tr { @for column in &table.columns { th scope="col" { bdi { (column) } } } } }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for cell in row.iter().take(COLUMNS) {
                                td { @match cell { Some(text) => bdi { (text) }, None => em { "NULL" } } }
                            }
                        }
                    }
                }
            }
        }
    }
}
