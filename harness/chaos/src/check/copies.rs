use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{CopyRead, Fate, History, RowId};

/// What the copies of the vgroups say, each read while it led: only who leads answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copies {
    /// How many copies of each vgroup were read, of the one with the fewest.
    pub read: u64,
    /// Rows that some copy has and one that was read afterwards has not, or that were acknowledged and some copy lacks.
    pub disagreeing: Vec<RowId>,
}

impl Copies {
    /// Compares all that was read at the end. What may have been written or not may come later, but not go again.
    pub fn of(history: &History) -> Self {
        let mut leaders: BTreeMap<i32, BTreeSet<i32>> = BTreeMap::new();
        for (vgroup, dnode) in history.copies.iter().flat_map(|copy| &copy.led) {
            leaders.entry(*vgroup).or_default().insert(*dnode);
        }
        let sent = history.rows();
        let acked = sent.iter().filter(|(_, fate)| matches!(fate, Fate::Acked(_))).map(|(row, _)| *row);
        let mut due: BTreeSet<RowId> = if history.copies.len() > 1 { acked.collect() } else { BTreeSet::new() };
        let mut disagreeing = BTreeSet::new();
        for CopyRead { rows, .. } in &history.copies {
            let there: BTreeSet<RowId> = rows.iter().copied().collect();
            disagreeing.extend(due.difference(&there));
            due.extend(there);
        }
        // What no copy has is lost, and no matter of theirs.
        let somewhere: BTreeSet<RowId> = history.copies.iter().flat_map(|copy| &copy.rows).copied().collect();
        Self {
            read: leaders.values().map(|dnodes| dnodes.len() as u64).min().unwrap_or(0),
            disagreeing: disagreeing.intersection(&somewhere).copied().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rstest::rstest;

    use super::*;
    use crate::{Event, Operation};

    fn row(sequence: u64) -> RowId {
        RowId { writer: 0, sequence }
    }

    fn rows(text: &str) -> Vec<RowId> {
        text.split_whitespace().map(|sequence| row(sequence.parse().unwrap())).collect()
    }

    /// Rows 0 to 2 were acknowledged, and what became of row 3 is not known. A copy is its rows and the dnode that has it.
    fn history(copies: &[(&str, i32)]) -> History {
        let event = |sequence| match sequence {
            3 => Event::Info { took_ms: 1, error: String::new() },
            _ => Event::Ok { took_ms: 1 },
        };
        let operation = |sequence| Operation {
            at: Timestamp::UNIX_EPOCH,
            row: row(sequence),
            pod: "p".into(),
            event: event(sequence),
        };
        let mut history = History { operations: (0..4).map(operation).collect(), ..History::default() };
        for (text, dnode) in copies {
            history.keep(CopyRead { rows: rows(text), led: [(2, *dnode)].into() });
        }
        history
    }

    #[rstest]
    #[case::one_copy(&[("0 1 2", 1)], 1, "")]
    #[case::two_copies(&[("0 1 2", 1), ("0 1 2", 3)], 2, "")]
    #[case::the_second_lacks_a_row(&[("0 1 2", 1), ("0 2", 3)], 2, "1")]
    #[case::the_first_lacks_a_row(&[("0 2", 1), ("0 1 2", 3)], 2, "1")]
    #[case::none_has_it(&[("0 2", 1), ("0 2", 3)], 2, "")]
    #[case::it_may_come_later(&[("0 1 2", 1), ("0 1 2 3", 3)], 2, "")]
    #[case::it_may_not_go(&[("0 1 2 3", 1), ("0 1 2", 3)], 2, "3")]
    #[case::the_same_leader_again(&[("0 1 2", 1), ("0 1", 1)], 1, "2")]
    fn copies_are_compared(#[case] copies: &[(&str, i32)], #[case] read: u64, #[case] disagreeing: &str) {
        let found = Copies::of(&history(copies));
        assert_eq!((found.read, found.disagreeing), (read, rows(disagreeing)));
    }
}
