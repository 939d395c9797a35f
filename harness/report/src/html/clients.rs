//! What each client saw: an application's view of a failure differs from the server's.

use maud::{Markup, html};
use seatrial_record::CheckFinished;

use super::page::Page;
use super::top::badge;
use crate::model::Mark;

/// Most clients of one check.
const CLIENTS: usize = 20;
/// Most characters of what one saw.
const SEEN: usize = 2_000;

/// The clients of a check, those that saw something else first.
pub(super) fn table(page: &Page<'_>, result: &CheckFinished) -> Markup {
    if result.seen_by.is_empty() {
        return html! {};
    }
    let mut clients: Vec<_> = result.seen_by.iter().collect();
    clients.sort_by_key(|client| std::cmp::Reverse(client.verdict));
    html! {
        div.scroll tabindex="0" role="group" aria-label=(page.words.client) {
            table.rows {
                thead { tr { th scope="col" { (page.words.client) } th scope="col" { (page.words.seen) } } }
                tbody {
                    @for client in clients.into_iter().take(CLIENTS) {
                        tr {
                            th scope="row" { (badge(page, Mark::of(Some(client.verdict)))) " " bdi { (client.client) } }
                            td { code.lines { (client.seen.chars().take(SEEN).collect::<String>()) } }
                        }
                    }
                }
            }
        }
    }
}
