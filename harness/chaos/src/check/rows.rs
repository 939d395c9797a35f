use std::{collections::BTreeMap, fmt};

use seatrial_record::Verdict;
use serde::{Deserialize, Serialize};

use crate::{Event, History, RowId};

/// What a history and the rows that are stored afterwards say together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Rows that were acknowledged.
    pub acked: u64,
    /// Rows that are stored.
    pub stored: u64,
    /// Acknowledged and not there.
    pub lost: Vec<RowId>,
    /// There more than once.
    pub duplicated: Vec<RowId>,
    /// There and never sent, or said to have failed for certain.
    pub unexpected: Vec<RowId>,
    /// Not acknowledged, not known, and there: nothing wrong with it.
    pub recovered: u64,
    /// Not acknowledged, not known, and not there: nothing wrong with it either.
    pub dropped: u64,
}

/// Checks that every acknowledged row is there exactly once, and nothing else but what may be.
pub fn check(history: &History, stored: &[RowId]) -> Check {
    let mut counts: BTreeMap<RowId, u64> = BTreeMap::new();
    for row in stored {
        *counts.entry(*row).or_default() += 1;
    }
    let mut check = Check { stored: u64::try_from(stored.len()).unwrap_or(u64::MAX), ..Check::default() };
    let sent = history.rows();
    for (&row, end) in &sent {
        let there = counts.contains_key(&row);
        match (end.map(|operation| &operation.event), there) {
            (Some(Event::Ok { .. }), there) => {
                check.acked += 1;
                if !there {
                    check.lost.push(row);
                }
            }
            (Some(Event::Fail { .. }), true) => check.unexpected.push(row),
            (Some(Event::Fail { .. }), false) => {}
            (_, true) => check.recovered += 1,
            (_, false) => check.dropped += 1,
        }
    }
    check.unexpected.extend(counts.keys().filter(|row| !sent.contains_key(row)));
    check.unexpected.sort_unstable();
    check.duplicated.extend(counts.iter().filter(|(_, count)| **count > 1).map(|(row, _)| *row));
    check
}

impl Check {
    /// Fails if a row was lost, is there twice or should not be there; unknown if nothing was acknowledged, since
    /// then nothing could be lost.
    pub fn verdict(&self) -> Verdict {
        if !(self.lost.is_empty() && self.duplicated.is_empty() && self.unexpected.is_empty()) {
            Verdict::Fail
        } else if self.acked == 0 {
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
        write!(f, "{} rows acknowledged, {} stored", self.acked, self.stored)?;
        for (rows, what) in [(&self.lost, "lost"), (&self.duplicated, "there twice"), (&self.unexpected, "unexpected")]
        {
            if !rows.is_empty() {
                write!(f, "; {} {what} (writer/sequence: {})", rows.len(), some(rows))?;
            }
        }
        if self.recovered + self.dropped > 0 {
            write!(f, "; of those not acknowledged {} are there and {} are not", self.recovered, self.dropped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::Operation;

    fn row(sequence: u64) -> RowId {
        RowId { writer: 0, sequence }
    }

    /// A history in which row n ends with event n.
    fn history(ends: &[Option<Event>]) -> History {
        let mut operations = Vec::new();
        for (sequence, end) in (0..).zip(ends) {
            for event in [Some(Event::Invoke), end.clone()].into_iter().flatten() {
                let at = Timestamp::UNIX_EPOCH;
                operations.push(Operation { at, row: row(sequence), pod: "p".to_owned(), event });
            }
        }
        History { operations, read: None }
    }

    const OK: Option<Event> = Some(Event::Ok { took_ms: 1 });

    const FAIL: Option<Event> = Some(Event::Fail { took_ms: 1, error: String::new() });
    const INFO: Option<Event> = Some(Event::Info { took_ms: 1, error: String::new() });

    #[test]
    fn all_there_passes() {
        let check = check(&history(&[OK, INFO, INFO, FAIL, None, OK]), &[row(0), row(1), row(5)]);
        assert_eq!((check.verdict(), check.recovered, check.dropped), (Verdict::Pass, 1, 2));
        assert_eq!(
            check.to_string(),
            "2 rows acknowledged, 3 stored; of those not acknowledged 1 are there and 2 are not"
        );
    }

    #[test]
    fn a_lost_row_fails() {
        let check = check(&history(&[OK, OK]), &[row(0)]);
        assert_eq!((check.verdict(), check.lost.as_slice()), (Verdict::Fail, &[row(1)][..]));
        assert!(check.to_string().contains("1 lost (writer/sequence: 0/1)"));
    }

    #[test]
    fn a_row_that_is_there_twice_fails() {
        let check = check(&history(&[OK]), &[row(0), row(0)]);
        assert_eq!((check.verdict(), check.duplicated.as_slice()), (Verdict::Fail, &[row(0)][..]));
    }

    #[test]
    fn a_row_that_nobody_sent_fails() {
        let check = check(&history(&[OK]), &[row(0), row(9)]);
        assert_eq!((check.verdict(), check.unexpected.as_slice()), (Verdict::Fail, &[row(9)][..]));
    }

    #[test]
    fn a_row_that_failed_for_certain_and_is_there_fails() {
        let check = check(&history(&[OK, FAIL]), &[row(0), row(1)]);
        assert_eq!((check.verdict(), check.unexpected.as_slice()), (Verdict::Fail, &[row(1)][..]));
    }

    #[test]
    fn nothing_acknowledged_is_unknown() {
        assert_eq!(check(&history(&[INFO, FAIL]), &[]).verdict(), Verdict::Unknown);
        assert_eq!(check(&History::default(), &[]).verdict(), Verdict::Unknown);
    }

    proptest! {
        #[test]
        fn a_planted_loss_is_found(count in 1_u64..200, lost in any::<prop::sample::Index>(), twice in any::<prop::sample::Index>()) {
            let ends = vec![OK; usize::try_from(count).unwrap()];
            let mut stored: Vec<RowId> = (0..count).map(row).collect();
            prop_assert_eq!(check(&history(&ends), &stored).verdict(), Verdict::Pass);
            let again = *twice.get(&stored);
            stored.push(again);
            prop_assert_eq!(check(&history(&ends), &stored).duplicated, vec![again]);
            stored.pop();
            let gone = stored.remove(lost.index(stored.len()));
            prop_assert_eq!(check(&history(&ends), &stored).lost, vec![gone]);
        }
    }
}
