//! Where the time went: the cluster's own, the harness's, how soon changes were noticed, and how soon things recovered.

use maud::{Markup, html};

use super::page::Page;
use crate::model::{Recoveries, Times};
use crate::text::spans;
use crate::text::words::fill;

/// Most things whose recoveries are listed.
const RECOVERIES: usize = 60;

/// The section; nothing of a run that recorded none of it.
pub(super) fn section(page: &Page<'_>) -> Markup {
    let words = page.words;
    let times = Times::of(page.model);
    let recoveries = Recoveries::of(page.model);
    if times.is_empty() && recoveries.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="times" {
            h2 #times { (words.times) }
            @if let Some(own) = times.own {
                p {
                    (fill(words.own_time, &[&spans::length(own.own_ms), &spans::length(own.took_ms), &percent(own.own_ms, own.took_ms)]))
                }
            }
            @if let (Some(half), Some(most)) = (times.noticed(50), times.noticed(95)) {
                p { (fill(words.noticed, &[&spans::number(times.count() as u64), &spans::length(half), &spans::length(most)])) }
            }
            (per_scenario(page, &times))
            (again(page, &recoveries))
        }
    }
}

fn per_scenario(page: &Page<'_>, times: &Times) -> Markup {
    let words = page.words;
    html! {
        @if !times.scenarios.is_empty() {
            details {
                summary { (words.times_each) }
                div.scroll tabindex="0" role="group" aria-label=(words.times_each) { table.rows {
                    thead { tr {
                        th scope="col" { (words.scenario) } th scope="col" { (words.took) }
                        th scope="col" { (words.own) } th scope="col" { "%" }
                    } }
                    tbody {
                        @for (key, own) in times.scenarios.iter().take(500) {
                            tr {
                                th scope="row" { bdi { (key) } }
                                td.num { (spans::length(own.took_ms)) }
                                td.num { (spans::length(own.own_ms)) }
                                td.num { (percent(own.own_ms, own.took_ms)) }
                            }
                        }
                    }
                } }
            }
        }
    }
}

fn again(page: &Page<'_>, recoveries: &[Recoveries]) -> Markup {
    let words = page.words;
    html! {
        @if !recoveries.is_empty() {
            h3 { (words.recovery_times) }
            div.scroll tabindex="0" role="group" aria-label=(words.recovery_times) {
                table.rows {
                    thead { tr {
                        th scope="col" { (words.what) } th scope="col" { (words.times_seen) }
                        @for head in ["min", "p50", "p95", "max"] { th scope="col" { (head) } }
                    } }
                    tbody {
                        @for each in recoveries.iter().take(RECOVERIES) {
                            tr {
                                th scope="row" { bdi { (each.what) } }
                                td.num { (each.took_ms.len()) }
                                @for at in [0, 50, 95, 100] {
                                    td.num { (each.quantile(at).map(spans::length).unwrap_or_default()) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A share in percent, with one digit behind the point.
fn percent(part: u64, whole: u64) -> String {
    let thousandths = part * 1_000 / whole.max(1);
    format!("{}.{}", thousandths / 10, thousandths % 10)
}
