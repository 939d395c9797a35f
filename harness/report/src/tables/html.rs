use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Page, Row, Section, Tone};
use crate::text::safe;

/// What these tables have beyond the report's style.
const STYLE: &str = "
.tables td, .tables th { padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); }
.tables thead th { font-size: .8rem; color: var(--muted); } .tables tbody th { font-weight: 400; }
.tables td, .tables tbody th { overflow-wrap: anywhere; min-width: 7rem; } .tables td.tone { min-width: 0; white-space: nowrap; }
.matrix { width: auto; } .matrix .cell { min-width: 1.6rem; padding: .2rem .3rem; text-align: center; }
.matrix td.hit { color: var(--pass); background: var(--pass-bg); font-weight: 700; } .matrix tbody th { white-space: nowrap; }
@media (max-width: 46rem) {
  .rows-below, .rows-below tbody, .rows-below tr, .rows-below th, .rows-below td { display: block; }
  .rows-below thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .rows-below tr { padding: .7rem 0; border-bottom: 1px solid var(--line); } .rows-below tbody th, .rows-below td { padding: .2rem 0; border: 0; }
  .rows-below td[data-label]::before { content: attr(data-label); display: block; color: var(--muted); font-size: .8rem; }
}
.keys { font-size: .875rem; color: var(--muted); columns: 20rem; }
";

/// The page as one file: no network, no scripts.
pub(crate) fn html(page: &Page) -> String {
    let sections = || page.sections.iter().enumerate().filter(|(_, section)| !section.rows.is_empty());
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Nothing is fetched and nothing runs, whatever a pod managed to print.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (page.word.to_uppercase()) " · " (page.title) }
                style { (PreEscaped(include_str!("../html/style.css"))) (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                header class=(format!("top {}", class(page))) {
                    p.eyebrow { "Seatrial" }
                    h1 { bdi { (page.title) } }
                    div.verdict {
                        p.word { span aria-hidden="true" { (page.mark.sign()) " " } (page.word) }
                        p.reason { bdi { (page.reason) } }
                    }
                    dl.facts {
                        @for (name, value) in &page.facts { div { dt { (name) } dd { bdi { (safe::or_dash(value)) } } } }
                    }
                }
                nav aria-label="Contents" {
                    ul { @for (index, section) in sections() { li { a href=(format!("#t{index}")) { (section.heading) } } } }
                }
                main #main { @for (index, section) in sections() { (table(index, section)) } }
                footer { p { "Made by Seatrial " (page.seatrial) "." } }
            }
        }
    };
    markup.into_string()
}

fn class(page: &Page) -> &'static str {
    use crate::model::Mark;
    match page.mark {
        Mark::Pass => "pass",
        Mark::Fail => "fail",
        Mark::Unknown | Mark::Unfinished => "unknown",
        Mark::Nothing => "nothing",
    }
}

fn table(index: usize, section: &Section) -> Markup {
    let marked = section.rows.iter().any(|row| row.tone.is_some());
    let narrow = |column: usize| section.matrix_from.is_some_and(|from| column >= from);
    let heading = format!("t{index}");
    html! {
        section aria-labelledby=(heading) {
            h2 id=(heading) { (section.heading) }
            @if !section.note.is_empty() { p.note { (section.note) } }
            div.scroll role="group" tabindex="0" aria-label=(section.heading) {
                table.tables.matrix[section.matrix_from.is_some()].rows-below[section.matrix_from.is_none()] {
                    thead { tr {
                        @if marked { th scope="col" { span.sr { "Weight" } } }
                        @for (column, name) in section.columns.iter().enumerate() {
                            th.cell[narrow(column)] scope="col" { (name) }
                        }
                    } }
                    tbody { @for row in &section.rows { (line(section, row, marked)) } }
                }
            }
            @if !section.key.is_empty() { ul.keys { @for line in &section.key { li { bdi { (line) } } } } }
        }
    }
}

fn line(section: &Section, row: &Row, marked: bool) -> Markup {
    html! {
        tr {
            @if marked { td.tone { @if let Some(tone) = row.tone { (badge(tone)) } } }
            @for (column, cell) in row.cells.iter().enumerate() {
                @if section.matrix_from.is_some_and(|from| column >= from) {
                    td.cell.hit[!matches!(cell.as_str(), "" | "·")] { (cell) }
                } @else if column == 0 {
                    th scope="row" { (values(cell)) }
                } @else {
                    td data-label=[section.columns.get(column).filter(|name| !name.is_empty())] { (values(cell)) }
                }
            }
        }
    }
}

fn badge(tone: Tone) -> Markup {
    html! {
        span class=(format!("badge {}", tone.class)) { span aria-hidden="true" { (tone.sign) " " } (tone.word) }
    }
}

fn values(cell: &str) -> Markup {
    html! {
        @for (index, line) in cell.lines().enumerate() {
            @if index > 0 { br; }
            // Of several lines the first is what the others tell more of.
            @if index == 0 && cell.contains('\n') { strong { bdi { (safe::line(line)) } } }
            @else { bdi { (safe::line(line)) } }
        }
    }
}
