use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use seatrial_record::{Latency, Measured};

use crate::{Event, History};

/// Most spans that a history is divided into: what a plot can show.
const SPANS: i64 = 240;
/// The shortest span, in milliseconds.
const SHORTEST: i64 = 1_000;

#[derive(Default)]
struct Span {
    failed: u64,
    unknown: u64,
    took_ms: Vec<u64>,
}

/// A history in equal spans of at least a second: what ended in each, and how long the acknowledged took. Spans in
/// which nothing ended are told too, since that is what a stall looks like.
pub fn measure(history: &History, scenario: &str, workload: &str) -> Vec<Measured> {
    let (Some(first), Some(last)) = (history.operations.first(), history.operations.last()) else { return Vec::new() };
    let since = |at: Timestamp| at.as_millisecond() - first.at.as_millisecond();
    let length = (since(last.at) / SPANS + 1).max(SHORTEST);
    let mut spans: BTreeMap<i64, Span> = (0..=since(last.at) / length).map(|index| (index, Span::default())).collect();
    for operation in &history.operations {
        let span = spans.entry(since(operation.at) / length).or_default();
        match &operation.event {
            Event::Invoke => {}
            Event::Ok { took_ms } => span.took_ms.push(*took_ms),
            Event::Fail { .. } => span.failed += 1,
            Event::Info { .. } => span.unknown += 1,
        }
    }
    let measured = |(index, mut span): (i64, Span)| {
        span.took_ms.sort_unstable();
        Measured {
            scenario: scenario.to_owned(),
            workload: workload.to_owned(),
            from: first.at + SignedDuration::from_millis(index * length),
            span_ms: length.unsigned_abs(),
            ok: span.took_ms.len() as u64,
            failed: span.failed,
            unknown: span.unknown,
            latency: latency(&span.took_ms),
        }
    };
    spans.into_iter().map(measured).collect()
}

/// Quantiles by the nearest rank; none of nothing.
fn latency(sorted_ms: &[u64]) -> Option<Latency> {
    let at = |percent: usize| {
        let rank = (sorted_ms.len() * percent).div_ceil(100).max(1);
        sorted_ms.get(rank - 1).map(|ms| ms * 1_000)
    };
    Some(Latency { p50_us: at(50)?, p95_us: at(95)?, p99_us: at(99)?, max_us: at(100)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Operation, RowId};

    fn history(ends: &[(i64, Event)]) -> History {
        let operation = |(number, (ms, event)): (usize, &(i64, Event))| Operation {
            at: Timestamp::from_millisecond(1_795_411_584_000 + ms).unwrap(),
            row: RowId { writer: 0, sequence: number as u64 },
            pod: "tdengine-0".into(),
            event: event.clone(),
        };
        History { operations: ends.iter().enumerate().map(operation).collect(), ..History::default() }
    }

    #[test]
    fn a_stall_is_a_span_in_which_nothing_ended() {
        let fail = Event::Fail { took_ms: 9_000, error: "no".to_owned() };
        let ok = |took_ms| Event::Ok { took_ms };
        let history = history(&[(0, Event::Invoke), (300, ok(10)), (900, ok(30)), (3_100, fail), (3_200, ok(2_000))]);
        let spans = measure(&history, "s@doc", "inserts");
        assert_eq!(
            spans.iter().map(|span| (span.ok, span.failed)).collect::<Vec<_>>(),
            [(2, 0), (0, 0), (0, 0), (1, 1)]
        );
        let latency = spans[0].latency.unwrap();
        assert_eq!((latency.p50_us, latency.max_us), (10_000, 30_000));
        assert_eq!(spans[1].latency, None);
    }

    #[test]
    fn a_long_history_has_a_bounded_number_of_spans() {
        let ends: Vec<_> = (0..10_000).map(|number| (number * 997, Event::Ok { took_ms: 1 })).collect();
        let spans = measure(&history(&ends), "s@doc", "inserts");
        assert!(spans.len() <= 241, "{}", spans.len());
        assert_eq!(spans.iter().map(|span| span.ok).sum::<u64>(), 10_000);
        assert!(measure(&History::default(), "s@doc", "inserts").is_empty());
    }
}
