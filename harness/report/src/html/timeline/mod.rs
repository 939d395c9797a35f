//! The time line of a scenario: steps, faults, the states of what was observed, and what workloads did.

mod bands;
mod lanes;
mod plots;
mod scale;

use maud::{Markup, html};
use seatrial_record::{ObservedKind, Verdict};

pub(crate) use bands::table as faults;

use self::bands::Bands;
use self::lanes::{Lane, Segment, Tone, lanes};
use self::plots::Plots;
use self::scale::{HEAD, LANE, Scale, WIDTH};
use super::page::Page;
use crate::model::{Attempt, Mark, Scenario};
use crate::text::words::{Words, fill};
use crate::text::{spans, width};

/// Most lanes that are drawn; the list has them all.
const LANES: usize = 40;
/// Most segments that are drawn in a lane.
const SEGMENTS: usize = 300;
/// Most lines of the list of changes.
const CHANGES: usize = 500;

/// Fills for states, defined once for all drawings of the page: hatched so that they are told apart without colour.
pub(crate) fn patterns() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern #hatch-changing width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.changing width="6" height="6" {}
                    line.hatch x1="0" y1="0" x2="0" y2="6" {}
                }
                pattern #hatch-bad width="5" height="5" patternUnits="userSpaceOnUse" {
                    rect.bad width="5" height="5" {}
                    path.hatch d="M0 0L5 5M5 0L0 5" {}
                }
            }
        }
    }
}

/// The time line of an attempt, and the same as a list.
pub(crate) fn figure(page: &Page<'_>, index: usize, scenario: &Scenario, attempt: &Attempt) -> Markup {
    let total = attempt.took_ms().max(spans::between(attempt.started, attempt.last));
    if total == 0 || attempt.steps.is_empty() {
        return html! {};
    }
    let words = page.words;
    let all = lanes(attempt, total);
    let (bands, plots) = (Bands::of(attempt), Plots::of(attempt, total));
    // What has a plot of its own needs no lane of totals.
    let drawn: Vec<&Lane> = all.iter().filter(|lane| !plots.shows(lane)).collect();
    let shown = &drawn[..drawn.len().min(LANES)];
    let scale = Scale { total };
    let lanes_top = HEAD + bands.height();
    let plots_top = lanes_top + LANE * shown.len() as u64;
    let height = plots_top + plots.height() + 6;
    let describe = fill(words.timeline_of, &[&scenario.planned.key, &spans::length(total)]);
    html! {
        figure.timeline {
            figcaption { (words.timeline) }
            div.scroll tabindex="0" role="group" aria-label=(words.timeline) {
                svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-labelledby=(format!("t{index}")) {
                    title id=(format!("t{index}")) { (describe) }
                    (scale.axis(height))
                    (steps(page, &scale, attempt))
                    (bands.bars(page, &scale))
                    @for (row, lane) in shown.iter().enumerate() { (draw(&scale, lanes_top + row as u64 * LANE, lane)) }
                    (plots.draw(page, &scale, plots_top))
                    (bands.shades(&scale, height))
                    (failures(page, &scale, attempt, height))
                }
            }
            @if !all.is_empty() || !bands.is_empty() || !plots.is_empty() {
                (legend(words, !bands.is_empty(), !plots.is_empty()))
                @if drawn.len() > LANES { p.muted { (fill(words.more_lanes, &[&(drawn.len() - LANES).to_string()])) } }
                p.muted { (words.last_seen) }
                (changes(words, &all))
                (plots.table(page))
            }
        }
    }
}

fn steps(page: &Page<'_>, scale: &Scale, attempt: &Attempt) -> Markup {
    html! {
        g.steps {
            text.name x="0" y="34" { (page.words.steps) }
            @for step in &attempt.steps {
                @let from = spans::between(attempt.started, step.started);
                @let to = step.finished.as_ref().map_or(scale.total, |end| from + end.took_ms);
                @let (x, wide) = scale.span(from, to);
                rect class=(step_class(step.mark())) x=(x) y="20" width=(wide) height="20" rx="2" {
                    title { (step.number) ". " (step.title) " (+" (spans::offset(from)) ")" }
                }
                @if wide >= 16 { text.in x=(x + wide / 2) y="34" { (step.number) } }
            }
        }
    }
}

fn step_class(mark: Mark) -> &'static str {
    match mark {
        Mark::Fail => "step fail",
        Mark::Unknown | Mark::Unfinished => "step unknown",
        Mark::Pass | Mark::Nothing => "step",
    }
}

fn draw(scale: &Scale, top: u64, lane: &Lane) -> Markup {
    html! {
        g.lane {
            text.name x="0" y=(top + 15) { (width::cut(&lane.name, 20)) }
            @for segment in lane.segments.iter().take(SEGMENTS).filter(|segment| segment.tone != Tone::Gone) {
                (bar(scale, top, segment))
            }
        }
    }
}

fn bar(scale: &Scale, top: u64, segment: &Segment) -> Markup {
    let (x, wide) = scale.span(segment.from, segment.to);
    // About 6 units a character at this size of type; what does not fit is in the title and in the list.
    let text = width::cut(&segment.state, usize::try_from(wide.saturating_sub(8) / 6).unwrap_or(0));
    let room = width::of(&text) >= 4 || text == segment.state;
    html! {
        rect class=(tone_class(segment.tone)) x=(x) y=(top + 2) width=(wide) height=(LANE - 4) rx="2" {
            title { (segment.state) " (+" (spans::offset(segment.from)) " – +" (spans::offset(segment.to)) ")" }
        }
        @if room && !text.is_empty() { text.in.left x=(x + 4) y=(top + 15) { (text) } }
    }
}

fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "bar good",
        Tone::Changing => "bar changing",
        Tone::Bad => "bar bad",
        Tone::Neutral | Tone::Gone => "bar neutral",
    }
}

/// A line down all lanes where a check did not pass.
fn failures(page: &Page<'_>, scale: &Scale, attempt: &Attempt, height: u64) -> Markup {
    let failed = attempt.checks().filter(|(_, check)| check.result.verdict != Verdict::Pass);
    html! {
        @for (_, check) in failed.take(50) {
            @let x = scale.x(spans::between(attempt.started, check.at));
            g.failed {
                line x1=(x) x2=(x) y1="18" y2=(height) {}
                text x=(x) y="30" { "✗" }
                title { (page.words.failed_here) ": " (check.result.title) }
            }
        }
    }
}

fn legend(words: &Words, faults: bool, workloads: bool) -> Markup {
    let states = [("good", words.good), ("changing", words.changing), ("bad", words.bad), ("neutral", words.neutral)];
    let ends = [words.ok, words.not_known, words.failed, ""];
    let both = |(state, end): (&str, &str)| {
        if workloads && !end.is_empty() { format!("{state} / {end}") } else { state.to_owned() }
    };
    let items = states.into_iter().zip(ends).map(|((class, state), end)| (class, both((state, end))));
    html! {
        ul.legend aria-hidden="true" {
            @for (class, word) in items {
                li { svg width="18" height="12" { rect class=(format!("bar {class}")) width="18" height="12" rx="2" {} } " " (word) }
            }
            @if faults { li { svg width="18" height="12" { rect.fault width="18" height="12" rx="2" {} } " " (words.fault) } }
        }
    }
}

fn changes(words: &Words, all: &[Lane]) -> Markup {
    let mut changes: Vec<(u64, &Lane, &Segment)> =
        all.iter().flat_map(|lane| lane.segments.iter().map(move |segment| (segment.from, lane, segment))).collect();
    changes.sort_by_key(|(from, _, _)| *from);
    let more = changes.len().saturating_sub(CHANGES);
    html! {
        details {
            summary { (words.state_changes) }
            div.scroll tabindex="0" role="group" aria-label=(words.state_changes) { table.rows {
                thead { tr { th scope="col" { (words.starts) } th scope="col" { (words.what) } th scope="col" { (words.state) } } }
                tbody {
                    @for (from, lane, segment) in changes.iter().take(CHANGES) {
                        tr {
                            td.num { "+" (spans::offset(*from)) }
                            td { span.sr { (kind(words, lane.kind)) " " } bdi { (lane.name) } }
                            td { bdi { (segment.state) } }
                        }
                    }
                }
            } }
            @if more > 0 { p.muted { (fill(words.more, &[&more.to_string()])) } }
        }
    }
}

fn kind(words: &Words, kind: ObservedKind) -> &'static str {
    match kind {
        ObservedKind::Pod => words.pods,
        ObservedKind::Dnode => words.dnodes,
        ObservedKind::Mnode => words.mnodes,
        ObservedKind::Vgroup => words.vgroups,
        ObservedKind::Workload => words.workloads,
    }
}
