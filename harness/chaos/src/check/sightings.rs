use std::collections::{BTreeMap, BTreeSet};

use crate::{Begun, Fate, History, Reading, RowId};

/// What readers saw while rows were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sightings {
    /// Rows that some read saw.
    pub seen: BTreeSet<RowId>,
    /// Rows that some read saw twice.
    pub twice: BTreeSet<RowId>,
    /// Rows that a read did not see although they were acknowledged before it began.
    pub stale: BTreeSet<RowId>,
    /// Acknowledged rows that some read asked for that began afterwards.
    pub covered: BTreeSet<RowId>,
}

impl Sightings {
    pub fn of(history: &History, sent: &BTreeMap<RowId, Fate>) -> Self {
        let mut sightings = Self::default();
        let Some(begun) = &history.begun else { return sightings };
        for reading in history.readings.iter().filter(|reading| reading.error.is_none()) {
            let mut saw = BTreeSet::new();
            for row in &reading.saw {
                if !saw.insert(*row) {
                    sightings.twice.insert(*row);
                }
            }
            for row in due(reading, begun, sent) {
                sightings.covered.insert(row);
                if !saw.contains(&row) {
                    sightings.stale.insert(row);
                }
            }
            sightings.seen.append(&mut saw);
        }
        sightings
    }
}

/// The rows that a read must see: those that it asked for and that were acknowledged before it began.
fn due<'a>(
    reading: &'a Reading,
    begun: &'a Begun,
    sent: &'a BTreeMap<RowId, Fate>,
) -> impl Iterator<Item = RowId> + 'a {
    let of = |writer: u32| RowId { writer, sequence: 0 };
    let writers = (0..begun.writers).filter(move |writer| begun.table_of(of(*writer)) == reading.table);
    let rows = writers.flat_map(move |writer| {
        // The first of this writer that is not before the place.
        let first = reading.from.saturating_sub(writer.into()).div_ceil(u64::from(begun.writers.max(1)));
        sent.range(RowId { writer, sequence: first }..=RowId { writer, sequence: u64::MAX })
    });
    rows.filter(|(_, fate)| matches!(fate, Fate::Acked(at) if *at <= reading.began)).map(|(row, _)| *row)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rstest::rstest;
    use seatrial_record::Verdict;

    use super::*;
    use crate::{Event, Operation, check};

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    fn row(writer: u32, sequence: u64) -> RowId {
        RowId { writer, sequence }
    }

    /// Two writers with a table each; row n of each is sent at 10 n and acknowledged at 10 n + 5.
    fn history(saw: &[RowId], began: i64, from: u64) -> History {
        let mut operations = Vec::new();
        for sequence in 0..5 {
            for writer in 0..2 {
                let ms = i64::try_from(sequence).unwrap() * 10;
                for (ms, event) in [(ms, Event::Invoke), (ms + 5, Event::Ok { took_ms: 5 })] {
                    operations.push(Operation { at: at(ms), row: row(writer, sequence), pod: "p".into(), event });
                }
            }
        }
        let reading = Reading {
            at: at(began + 2),
            began: at(began),
            reader: 0,
            pod: "p".into(),
            table: 1,
            from,
            saw: saw.to_vec(),
            error: None,
        };
        History {
            begun: Some(Begun { database: "d".to_owned(), writers: 2, tables: 2, base_ms: 0 }),
            operations,
            readings: vec![reading],
            ..History::default()
        }
    }

    #[rstest]
    #[case::all(&[0, 1, 2], 25, 0, &[])]
    #[case::newer_than_it_had_to(&[0, 1, 2, 3], 25, 0, &[])]
    #[case::the_newest_is_missing(&[0, 1], 25, 0, &[2])]
    #[case::one_in_the_middle(&[0, 2], 25, 0, &[1])]
    #[case::not_asked_for(&[2], 25, 4, &[])]
    #[case::asked_for(&[2], 25, 3, &[1])]
    fn what_is_stale_is_found(#[case] saw: &[u64], #[case] began: i64, #[case] from: u64, #[case] stale: &[u64]) {
        let saw: Vec<RowId> = saw.iter().map(|sequence| row(1, *sequence)).collect();
        let stale: Vec<RowId> = stale.iter().map(|sequence| row(1, *sequence)).collect();
        assert_eq!(check(&history(&saw, began, from)).stale, stale);
    }

    #[test]
    fn a_read_that_failed_says_nothing() {
        let mut history = history(&[], 25, 0);
        history.readings[0].error = Some("no".to_owned());
        assert!(check(&history).stale.is_empty());
    }

    #[test]
    fn a_row_that_was_seen_and_is_gone_is_lost() {
        let mut history = history(&[row(1, 0)], 6, 0);
        let newer = Operation { at: at(90), row: row(1, 5), pod: "p".into(), event: Event::Invoke };
        history.operations.push(newer);
        history.readings[0].saw.push(row(1, 5));
        history.read = Some((0..2).flat_map(|writer| (0..5).map(move |sequence| row(writer, sequence))).collect());
        let check = check(&history);
        assert_eq!((check.verdict(), check.lost), (Verdict::Fail, vec![row(1, 5)]));
    }

    #[test]
    fn what_a_read_saw_twice_or_nobody_sent_fails() {
        let saw = [row(1, 0), row(1, 0), row(1, 77)];
        let check = check(&history(&saw, 6, 0));
        assert_eq!((check.duplicated, check.unexpected), (vec![row(1, 0)], vec![row(1, 77)]));
    }

    #[test]
    fn what_no_read_asked_for_is_counted() {
        // Writer 0 has another table, and two rows of writer 1 came later.
        assert_eq!(check(&history(&[row(1, 0), row(1, 1), row(1, 2)], 25, 0)).never_read, 7);
    }
}
