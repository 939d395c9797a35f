//! Faults: a bar each below the steps, and a shade down the whole drawing for as long as it was there.

use maud::{Markup, html};

use super::scale::{HEAD, LANE, Scale};
use crate::html::page::Page;
use crate::model::{Attempt, Fault};
use crate::text::{safe, spans, width};

/// Most faults that are drawn; the table has more of them.
const FAULTS: usize = 60;
/// Most rows of bars.
const ROWS: usize = 6;

/// The faults of a drawing, each in the first row that is free.
pub(super) struct Bands<'a> {
    placed: Vec<(usize, u64, u64, &'a Fault)>,
    rows: u64,
}

impl<'a> Bands<'a> {
    pub(super) fn of(attempt: &'a Attempt) -> Self {
        let mut free = [0_u64; ROWS];
        let mut placed = Vec::new();
        for fault in attempt.faults.iter().take(FAULTS) {
            let (from, to) = fault.span(attempt);
            let row = free.iter().position(|until| *until <= from).unwrap_or(ROWS - 1);
            free[row] = free[row].max(to);
            placed.push((row, from, to, fault));
        }
        let rows = placed.iter().map(|(row, ..)| *row as u64 + 1).max().unwrap_or(0);
        Self { placed, rows }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.placed.is_empty()
    }

    pub(super) fn height(&self) -> u64 {
        self.rows * LANE
    }

    /// Goes above everything else, and lets it shine through.
    pub(super) fn shades(&self, scale: &Scale, height: u64) -> Markup {
        html! {
            @for (_, from, to, _) in &self.placed {
                @let (x, wide) = scale.span(*from, *to);
                rect.shade x=(x) y=(HEAD + self.height()) width=(wide) height=(height - HEAD - self.height()) {}
            }
        }
    }

    pub(super) fn bars(&self, page: &Page<'_>, scale: &Scale) -> Markup {
        html! {
            @if !self.is_empty() {
                g.faults {
                    text.name x="0" y=(HEAD + 15) { (page.words.faults) }
                    @for (row, from, to, fault) in &self.placed { (bar(scale, *row as u64, *from, *to, fault)) }
                }
            }
        }
    }
}

fn bar(scale: &Scale, row: u64, from: u64, to: u64, fault: &Fault) -> Markup {
    let top = HEAD + row * LANE;
    let (x, wide) = scale.span(from, to);
    let text = width::cut(&fault.name, usize::try_from(wide.saturating_sub(8) / 6).unwrap_or(0));
    html! {
        rect.fault x=(x) y=(top + 2) width=(wide) height=(LANE - 4) rx="2" {
            title { (name(fault)) " (+" (spans::offset(from)) " – +" (spans::offset(to)) ")" }
        }
        @if width::of(&text) >= 4 || text == fault.name { text.in.left x=(x + 4) y=(top + 15) { (text) } }
    }
}

fn name(fault: &Fault) -> String {
    format!("{}. {}: {}", fault.number, fault.name, fault.target)
}

/// The same as a table, with witnesses and proofs.
pub(crate) fn table(page: &Page<'_>, attempt: &Attempt) -> Markup {
    if attempt.faults.is_empty() {
        return html! {};
    }
    let words = page.words;
    let proof = |proof: Option<(bool, &str)>, yes: &'static str, no: &'static str| {
        let (class, word, text) = match proof {
            Some((true, text)) => ("pass", yes, text),
            Some((false, text)) => ("fail", no, text),
            None => ("unknown", words.unknown, ""),
        };
        html! { span class=(format!("badge {class}")) { (word) } " " bdi { (text) } }
    };
    html! {
        h4 { (words.faults) }
        div.scroll tabindex="0" role="group" aria-label=(words.faults) {
            table.rows {
                thead { tr {
                    th scope="col" { (words.fault) } th scope="col" { (words.starts) } th scope="col" { (words.took) }
                    th scope="col" { (words.witness) } th scope="col" { (words.heal) }
                } }
                tbody {
                    @for fault in attempt.faults.iter().take(FAULTS) {
                        @let (from, to) = fault.span(attempt);
                        tr {
                            th scope="row" { bdi { (name(fault)) } }
                            td.num { "+" (spans::offset(from)) }
                            td.num { (spans::length(to - from)) }
                            td {
                                (proof(fault.witness(), words.witnessed, words.not_witnessed))
                                @for id in fault.evidence.iter().take(5) {
                                    @if page.shows_evidence(*id) {
                                        " " a.ref href=(format!("#e{id}")) { (words.evidence) " " (id) }
                                    }
                                }
                            }
                            td { (proof(fault.heal(), words.healed, words.not_healed)) }
                        }
                    }
                }
            }
        }
        @if attempt.faults.len() > FAULTS {
            p.muted { (crate::text::words::fill(words.more, &[&(attempt.faults.len() - FAULTS).to_string()])) }
        }
        (recoveries(page, attempt))
    }
}

fn recoveries(page: &Page<'_>, attempt: &Attempt) -> Markup {
    html! {
        @if !attempt.recoveries.is_empty() {
            ul.plain {
                @for recovery in attempt.recoveries.iter().take(FAULTS) {
                    li {
                        (page.words.recovered) " " bdi { (safe::or_dash(&recovery.what)) } ": "
                        strong { (spans::length(recovery.took_ms)) }
                        @if let Some(fault) = recovery.fault { span.muted { " (" (page.words.fault) " " (fault) ")" } }
                    }
                }
            }
        }
    }
}
