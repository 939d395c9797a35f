use std::{collections::BTreeMap, fmt};

use seatrial_record::Verdict;
use serde::{Deserialize, Serialize};

use super::{Copies, Tables, sightings::Sightings};
use crate::{Fate, History, RowId};

/// What a history says of its rows, with what was read while they were written and at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Rows that were acknowledged.
    pub acked: u64,
    /// Rows that were read at the end; none if they never were.
    pub stored: Option<u64>,
    /// Acknowledged, or seen by a reader, and not there at the end.
    pub lost: Vec<RowId>,
    /// There more than once, at the end or in one read.
    pub duplicated: Vec<RowId>,
    /// There and never sent, or said to have failed for certain.
    pub unexpected: Vec<RowId>,
    /// Acknowledged before a read began that should have seen them, and not seen by it. That alone does not fail: a
    /// copy may lag behind.
    pub stale: Vec<RowId>,
    /// Acknowledged, and no read that was answered has asked for them since.
    pub never_read: u64,
    /// Not acknowledged, not known, and there: nothing wrong with it.
    pub recovered: u64,
    /// Not acknowledged, not known, and not there: nothing wrong with it either.
    pub dropped: u64,
    /// What became of tables that were made and dropped meanwhile.
    pub tables: Tables,
    /// Whether the copies agree that were read.
    #[serde(default)]
    pub copies: Copies,
}

/// Checks that every acknowledged row is there exactly once, and nothing else but what may be.
pub fn check(history: &History) -> Check {
    let sent = history.rows();
    let seen = Sightings::of(history, &sent);
    let mut check = Check {
        stored: history.read.as_ref().map(|rows| rows.len() as u64),
        stale: seen.stale.into_iter().collect(),
        tables: Tables::of(history),
        copies: Copies::of(history),
        ..Check::default()
    };
    let mut counts: BTreeMap<RowId, u64> = BTreeMap::new();
    for row in history.read.iter().flatten() {
        *counts.entry(*row).or_default() += 1;
    }
    for (&row, fate) in &sent {
        let there = counts.contains_key(&row);
        let known = seen.seen.contains(&row);
        match fate {
            Fate::Acked(_) => {
                check.acked += 1;
                check.never_read += u64::from(check.stored.is_none() && !seen.covered.contains(&row));
            }
            Fate::Failed if there || known => check.unexpected.push(row),
            Fate::Open if there => check.recovered += 1,
            Fate::Open if check.stored.is_some() => check.dropped += 1,
            Fate::Open | Fate::Failed => {}
        }
        if check.stored.is_some() && !there && (known || matches!(fate, Fate::Acked(_))) {
            check.lost.push(row);
        }
    }
    check.unexpected.extend(counts.keys().chain(&seen.seen).filter(|row| !sent.contains_key(row)));
    check.unexpected.sort_unstable();
    check.unexpected.dedup();
    let twice = counts.iter().filter(|(_, count)| **count > 1).map(|(row, _)| *row);
    check.duplicated = twice.chain(seen.twice).collect();
    check.duplicated.sort_unstable();
    check.duplicated.dedup();
    check
}

impl Check {
    /// Fails if a row was lost, is there twice, should not be there or is not in all copies that were read, or if a table
    /// is missing or left over. Unknown if nothing was acknowledged, since then nothing could be lost, or if the rows were
    /// never read back.
    pub fn verdict(&self) -> Verdict {
        let disagree = self.copies.read > 1 && !self.copies.disagreeing.is_empty();
        let wrong = disagree || [&self.lost, &self.duplicated, &self.unexpected].iter().any(|rows| !rows.is_empty());
        if wrong || !self.tables.wrong().is_empty() {
            Verdict::Fail
        } else if self.acked == 0 || self.stored.is_none() {
            Verdict::Unknown
        } else {
            Verdict::Pass
        }
    }
}

fn some(rows: &[RowId]) -> String {
    const SHOWN: usize = 8;
    let mut text: Vec<String> = rows.iter().take(SHOWN).map(ToString::to_string).collect();
    if rows.len() > SHOWN {
        text.push(format!("and {} more", rows.len() - SHOWN));
    }
    text.join(", ")
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows acknowledged", self.acked)?;
        match self.stored {
            Some(stored) => write!(f, ", {stored} stored")?,
            None => write!(f, ", never read back; {} of them were in no read at all", self.never_read)?,
        }
        let lists = [
            (&self.lost, "lost"),
            (&self.duplicated, "there twice"),
            (&self.unexpected, "unexpected"),
            (&self.stale, "stale in a read"),
            (&self.copies.disagreeing, "not in all copies"),
        ];
        for (rows, what) in lists {
            if !rows.is_empty() {
                write!(f, "; {} {what} (writer/sequence: {})", rows.len(), some(rows))?;
            }
        }
        if self.recovered + self.dropped > 0 {
            write!(f, "; of those not acknowledged {} are there and {} are not", self.recovered, self.dropped)?;
        }
        for wrong in self.tables.wrong() {
            write!(f, "; {wrong}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::{Event, Operation};

    fn row(sequence: u64) -> RowId {
        RowId { writer: 0, sequence }
    }

    /// A history in which row n ends with event n, and `stored` is read at the end.
    fn history(ends: &[Option<Event>], stored: &[RowId]) -> History {
        let mut operations = Vec::new();
        for (sequence, end) in (0..).zip(ends) {
            for event in [Some(Event::Invoke), end.clone()].into_iter().flatten() {
                let at = Timestamp::UNIX_EPOCH;
                operations.push(Operation { at, row: row(sequence), pod: "p".into(), event });
            }
        }
        History { operations, read: Some(stored.to_vec()), ..History::default() }
    }

    const OK: Option<Event> = Some(Event::Ok { took_ms: 1 });
    const FAIL: Option<Event> = Some(Event::Fail { took_ms: 1, error: String::new() });
    const INFO: Option<Event> = Some(Event::Info { took_ms: 1, error: String::new() });

    #[test]
    fn all_there_passes() {
        let check = check(&history(&[OK, INFO, INFO, FAIL, None, OK], &[row(0), row(1), row(5)]));
        assert_eq!((check.verdict(), check.recovered, check.dropped), (Verdict::Pass, 1, 2));
        assert_eq!(
            check.to_string(),
            "2 rows acknowledged, 3 stored; of those not acknowledged 1 are there and 2 are not"
        );
    }

    #[test]
    fn a_lost_row_fails() {
        let check = check(&history(&[OK, OK], &[row(0)]));
        assert_eq!((check.verdict(), check.lost.as_slice()), (Verdict::Fail, &[row(1)][..]));
        assert!(check.to_string().contains("1 lost (writer/sequence: 0/1)"));
    }

    #[test]
    fn a_row_that_is_there_twice_fails() {
        let check = check(&history(&[OK], &[row(0), row(0)]));
        assert_eq!((check.verdict(), check.duplicated.as_slice()), (Verdict::Fail, &[row(0)][..]));
    }

    #[test]
    fn a_row_that_nobody_sent_fails() {
        let check = check(&history(&[OK], &[row(0), row(9)]));
        assert_eq!((check.verdict(), check.unexpected.as_slice()), (Verdict::Fail, &[row(9)][..]));
    }

    #[test]
    fn a_row_that_failed_for_certain_and_is_there_fails() {
        let check = check(&history(&[OK, FAIL], &[row(0), row(1)]));
        assert_eq!((check.verdict(), check.unexpected.as_slice()), (Verdict::Fail, &[row(1)][..]));
    }

    #[test]
    fn nothing_acknowledged_is_unknown() {
        assert_eq!(check(&history(&[INFO, FAIL], &[])).verdict(), Verdict::Unknown);
        assert_eq!(check(&History::default()).verdict(), Verdict::Unknown);
    }

    #[test]
    fn what_was_never_read_back_is_unknown() {
        let history = History { read: None, ..history(&[OK, OK], &[]) };
        let check = check(&history);
        assert_eq!((check.verdict(), check.never_read, check.lost.len()), (Verdict::Unknown, 2, 0));
        assert_eq!(check.to_string(), "2 rows acknowledged, never read back; 2 of them were in no read at all");
    }

    proptest! {
        #[test]
        fn a_planted_loss_is_found(count in 1_u64..200, lost in any::<prop::sample::Index>(), twice in any::<prop::sample::Index>()) {
            let ends = vec![OK; usize::try_from(count).unwrap()];
            let mut stored: Vec<RowId> = (0..count).map(row).collect();
            prop_assert_eq!(check(&history(&ends, &stored)).verdict(), Verdict::Pass);
            let again = *twice.get(&stored);
            stored.push(again);
            prop_assert_eq!(check(&history(&ends, &stored)).duplicated, vec![again]);
            stored.pop();
            let gone = stored.remove(lost.index(stored.len()));
            prop_assert_eq!(check(&history(&ends, &stored)).lost, vec![gone]);
        }
    }
}
