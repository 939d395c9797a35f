//! What workloads did: a row of bars for throughput, stacked by how operations ended, and a row for latency.

use std::collections::BTreeMap;

use maud::{Markup, html};
use seatrial_record::{Measured, ObservedKind};

use super::lanes::Lane;
use super::scale::Scale;
use crate::html::page::Page;
use crate::model::Attempt;
use crate::text::words::fill;
use crate::text::{spans, width};

/// Height of a plot.
const PLOT: u64 = 54;
/// Height of what is drawn in it.
const INNER: u64 = 44;
/// Most bars of a plot: more spans are joined.
const BARS: u64 = 240;
/// Most workloads that are drawn.
const WORKLOADS: usize = 8;
/// Most lines of the table.
const LINES: usize = 60;

/// What a workload did in a part of the drawing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Bin {
    from: u64,
    to: u64,
    ok: u64,
    failed: u64,
    unknown: u64,
    p50_us: u64,
    p99_us: u64,
}

impl Bin {
    fn add(&mut self, from: u64, measured: &Measured) {
        let to = from + measured.span_ms;
        (self.from, self.to) = if self.to == 0 { (from, to) } else { (self.from.min(from), self.to.max(to)) };
        self.ok += measured.ok;
        self.failed += measured.failed;
        self.unknown += measured.unknown;
        // The worst of the joined spans: a plot that hides a stall would lie.
        self.p50_us = self.p50_us.max(measured.latency.map_or(0, |latency| latency.p50_us));
        self.p99_us = self.p99_us.max(measured.latency.map_or(0, |latency| latency.p99_us));
    }

    /// Operations in a thousand seconds, which keeps the fractions of slow workloads.
    fn rate(&self, count: u64) -> u64 {
        count * 1_000_000 / (self.to - self.from).max(1)
    }

    fn all(&self) -> u64 {
        self.ok + self.failed + self.unknown
    }
}

/// The plots of an attempt.
pub(super) struct Plots<'a>(Vec<(&'a str, Vec<Bin>)>);

impl<'a> Plots<'a> {
    pub(super) fn of(attempt: &'a Attempt, total: u64) -> Self {
        let mut workloads: BTreeMap<&str, BTreeMap<u64, Bin>> = BTreeMap::new();
        for measurement in &attempt.measurements {
            let measured = &measurement.measured;
            let from = spans::between(attempt.started, measured.from).min(total);
            let bin = from * BARS / total.max(1);
            workloads.entry(&measured.workload).or_default().entry(bin).or_default().add(from, measured);
        }
        let plots = workloads.into_iter().take(WORKLOADS);
        Self(plots.map(|(name, bins)| (name, bins.into_values().collect())).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True of the lane of a workload that has a plot.
    pub(super) fn shows(&self, lane: &Lane) -> bool {
        lane.kind == ObservedKind::Workload && self.0.iter().any(|(name, _)| *name == lane.name)
    }

    pub(super) fn height(&self) -> u64 {
        self.0.iter().map(|(_, bins)| if has_latency(bins) { 2 * PLOT } else { PLOT }).sum()
    }

    pub(super) fn draw(&self, page: &Page<'_>, scale: &Scale, top: u64) -> Markup {
        let mut top = top;
        let mut rows = Vec::new();
        for (name, bins) in &self.0 {
            rows.push(throughput(page, scale, top, name, bins));
            top += PLOT;
            if has_latency(bins) {
                rows.push(latency(page, scale, top, bins));
                top += PLOT;
            }
        }
        html! { @for row in &rows { (row) } }
    }

    /// The same as a table.
    pub(super) fn table(&self, page: &Page<'_>) -> Markup {
        let words = page.words;
        let lines = self.0.iter().flat_map(|(name, bins)| bins.iter().map(move |bin| (name, bin)));
        let more = lines.clone().count().saturating_sub(LINES);
        html! {
            @if !self.is_empty() {
                details {
                    summary { (words.measurements) }
                    div.scroll tabindex="0" role="group" aria-label=(words.measurements) { table.rows {
                        thead { tr {
                            th scope="col" { (words.starts) } th scope="col" { (words.workload) }
                            th scope="col" { (words.ok) } th scope="col" { (words.failed) }
                            th scope="col" { (words.not_known) } th scope="col" { "p50" } th scope="col" { "p99" }
                        } }
                        tbody {
                            @for (name, bin) in lines.take(LINES) {
                                tr {
                                    td.num { "+" (spans::offset(bin.from)) } td { bdi { (name) } }
                                    td.num { (bin.ok) } td.num { (bin.failed) } td.num { (bin.unknown) }
                                    td.num { (micros(bin.p50_us)) } td.num { (micros(bin.p99_us)) }
                                }
                            }
                        }
                    } }
                    @if more > 0 { p.muted { (fill(words.more, &[&more.to_string()])) } }
                }
            }
        }
    }
}

fn has_latency(bins: &[Bin]) -> bool {
    bins.iter().any(|bin| bin.p99_us > 0)
}

fn throughput(page: &Page<'_>, scale: &Scale, top: u64, name: &str, bins: &[Bin]) -> Markup {
    let most = bins.iter().map(|bin| bin.rate(bin.all())).max().unwrap_or(0).max(1);
    let floor = top + PLOT - 4;
    html! {
        g.plot {
            text.name x="0" y=(top + 20) { (width::cut(name, 20)) }
            text.name.small x="0" y=(top + 36) { (fill(page.words.per_second, &[&thousandths(most)])) }
            @for bin in bins {
                @let (x, wide) = scale.span(bin.from, bin.to);
                @for (class, y, tall) in stack(bin, most, floor) {
                    rect class=(class) x=(x) y=(y) width=(wide) height=(tall) {}
                }
            }
            line.floor x1=(scale.x(0)) x2=(scale.x(scale.total)) y1=(floor) y2=(floor) {}
        }
    }
}

/// The parts of a bar from `floor` up: class, top and height. What there is at all can be seen.
fn stack(bin: &Bin, most: u64, floor: u64) -> Vec<(&'static str, u64, u64)> {
    let mut y = floor;
    let parts = [("bar good", bin.ok), ("bar changing", bin.unknown), ("bar bad", bin.failed)];
    let there = parts.into_iter().filter(|(_, count)| *count > 0);
    there
        .map(|(class, count)| {
            let tall = (bin.rate(count) * INNER / most).max(1);
            y = y.saturating_sub(tall);
            (class, y, tall)
        })
        .collect()
}

/// On a logarithmic scale: what matters is whether it is milliseconds or seconds.
fn latency(page: &Page<'_>, scale: &Scale, top: u64, bins: &[Bin]) -> Markup {
    let most = bins.iter().map(|bin| bin.p99_us).max().unwrap_or(1).max(1_000);
    let floor = top + PLOT - 4;
    // A line ends where nothing was acknowledged.
    let runs: Vec<&[Bin]> = bins.split(|bin| bin.p99_us == 0).filter(|run| !run.is_empty()).collect();
    let line = |run: &[Bin], value: fn(&Bin) -> u64| {
        let points = run.iter().map(|bin| {
            let (x, wide) = scale.span(bin.from, bin.to);
            format!("{},{}", x + wide / 2, floor - decades(value(bin)) * INNER / decades(most).max(1))
        });
        points.collect::<Vec<_>>().join(" ")
    };
    html! {
        g.plot {
            text.name x="0" y=(top + 20) { (page.words.latency) }
            text.name.small x="0" y=(top + 36) { "p50 – p99, ≤ " (micros(most)) }
            @for run in runs {
                polyline.p50 points=(line(run, |bin| bin.p50_us)) {}
                polyline.p99 points=(line(run, |bin| bin.p99_us)) {}
            }
            line.floor x1=(scale.x(0)) x2=(scale.x(scale.total)) y1=(floor) y2=(floor) {}
        }
    }
}

/// A hundred times the decimal logarithm, from 100 µs on; whole numbers draw the same on every machine.
fn decades(us: u64) -> u64 {
    let tens = u64::from((us / 100).max(1).ilog10());
    let base = 100 * 10_u64.pow(u32::try_from(tens).unwrap_or(0));
    let within = us.max(base) - base;
    tens * 100 + within * 100 / (base * 9)
}

fn micros(us: u64) -> String {
    match us {
        0 => "–".to_owned(),
        1..1_000 => format!("{us} µs"),
        1_000..10_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        _ => spans::length(us / 1_000),
    }
}

fn thousandths(number: u64) -> String {
    if number >= 10_000 {
        spans::number(number / 1_000)
    } else {
        format!("{}.{}", number / 1_000, number % 1_000 / 100)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(100, 0)]
    #[case(1_000, 100)]
    #[case(10_000, 200)]
    #[case(50, 0)]
    fn decades_are_even(#[case] us: u64, #[case] expected: u64) {
        assert_eq!(decades(us), expected);
        assert!(decades(us * 3) >= decades(us));
    }

    #[rstest]
    #[case(0, "–")]
    #[case(740, "740 µs")]
    #[case(2_350, "2.3 ms")]
    #[case(12_000_000, "12.0 s")]
    fn latencies_are_read(#[case] us: u64, #[case] text: &str) {
        assert_eq!(micros(us), text);
    }
}
