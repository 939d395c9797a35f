use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Event, History};

/// What became of tables that were made and dropped while rows were written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tables {
    /// Changes that were acknowledged.
    pub acked: u64,
    /// Made, never asked to go, and not there.
    pub missing: Vec<String>,
    /// Dropped, and still there.
    pub left: Vec<String>,
}

/// What is known of a table: whether it was made and dropped for certain, and whether anybody asked for a drop.
#[derive(Default)]
struct Known {
    made: bool,
    dropped: bool,
    to_go: bool,
}

impl Tables {
    /// Compares what was acknowledged with the tables that are there at the end; says nothing if nobody asked for them.
    pub fn of(history: &History) -> Self {
        let mut known: BTreeMap<&str, Known> = BTreeMap::new();
        let mut tables = Self::default();
        for change in &history.changes {
            let known = known.entry(&change.changed).or_default();
            let acked = matches!(change.event, Event::Ok { .. });
            tables.acked += u64::from(acked);
            if change.make {
                known.made |= acked;
            } else {
                known.to_go = true;
                known.dropped |= acked;
            }
        }
        let Some(there) = &history.tables else { return tables };
        let there: BTreeSet<&str> = there.iter().map(String::as_str).collect();
        for (name, known) in known {
            match there.contains(name) {
                true if known.dropped => tables.left.push(name.to_owned()),
                false if known.made && !known.to_go => tables.missing.push(name.to_owned()),
                _ => {}
            }
        }
        tables
    }

    /// What is wrong, in words.
    pub fn wrong(&self) -> Vec<String> {
        let lists = [
            (&self.missing, "made and acknowledged, and missing"),
            (&self.left, "dropped and acknowledged, and still there"),
        ];
        let told = lists.into_iter().filter(|(names, _)| !names.is_empty());
        told.map(|(names, what)| format!("tables {what}: {}", names.join(", "))).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rstest::rstest;

    use super::*;
    use crate::TableChange;

    #[rstest]
    #[case::as_it_should_be(&["a"], "")]
    #[case::missing(&[], "tables made and acknowledged, and missing: a")]
    #[case::left(&["a", "b"], "tables dropped and acknowledged, and still there: b")]
    #[case::not_known_is_either(&["a", "c", "d"], "")]
    fn planted_tables_are_found(#[case] there: &[&str], #[case] wrong: &str) {
        let change = |name: &str, make, event| TableChange {
            at: Timestamp::UNIX_EPOCH,
            changed: name.to_owned(),
            make,
            pod: "p".into(),
            event,
        };
        let ok = || Event::Ok { took_ms: 1 };
        let info = || Event::Info { took_ms: 1, error: String::new() };
        let history = History {
            changes: vec![
                change("a", true, ok()),
                change("b", true, ok()),
                change("b", false, ok()),
                change("c", true, info()),
                change("d", true, ok()),
                change("d", false, info()),
            ],
            tables: Some(there.iter().map(|name| (*name).to_owned()).collect()),
            ..History::default()
        };
        let tables = Tables::of(&history);
        assert_eq!((tables.acked, tables.wrong().join("; ")), (4, wrong.to_owned()));
    }
}
