use std::{collections::VecDeque, sync::Arc};

use super::Machine;
use crate::v3::types::Member;

/// Applied entries that are kept for members that lag; those that lag more get a snapshot.
const KEPT: u64 = 2_048;

/// What an entry of the log does.
#[derive(Clone, Debug)]
pub(crate) enum Command<C> {
    /// A leader begins its term.
    Begin,
    /// The group has these members from here on.
    Members(Arc<[Member]>),
    /// A change of the machine.
    Change(C),
}

/// An entry of the log.
#[derive(Clone, Debug)]
pub(crate) struct Entry<C> {
    /// The term of the leader that made it.
    pub term: u64,
    /// What it does.
    pub command: Command<C>,
}

impl<C> Entry<C> {
    /// About how many bytes it takes.
    pub fn bytes<M: Machine<Change = C>>(&self) -> u64 {
        if let Command::Change(change) = &self.command { M::bytes(change) } else { crate::wal::RECORD }
    }
}

/// What a member keeps on its volume: its vote, its log, and the machine with all that is committed.
pub(crate) struct Durable<M: Machine> {
    /// The latest term that it has seen.
    pub term: u64,
    /// Whom it voted for in that term.
    pub voted: Option<i32>,
    /// The machine.
    pub machine: M,
    /// Index of the last entry that the machine has applied.
    pub applied: u64,
    base: (u64, u64),
    base_members: Arc<[Member]>,
    entries: VecDeque<Entry<M::Change>>,
}

impl<M: Machine> Default for Durable<M> {
    fn default() -> Self {
        Self {
            term: 0,
            voted: None,
            machine: M::default(),
            applied: 0,
            base: (0, 0),
            base_members: Arc::new([]),
            entries: VecDeque::new(),
        }
    }
}

/// A machine as it was after an entry, for a member that lacks too much of the log.
#[derive(Clone)]
pub(crate) struct Snapshot<M> {
    /// Index and term of the entry.
    pub at: (u64, u64),
    /// The members by then.
    pub members: Arc<[Member]>,
    /// The machine.
    pub machine: M,
}

impl<M: Machine> Durable<M> {
    /// Says who the members of a new group are.
    pub fn begin(&mut self, members: Arc<[Member]>, machine: M) {
        self.base_members = members;
        self.machine = machine;
    }

    /// Index and term of the last entry.
    pub fn last(&self) -> (u64, u64) {
        let index = self.base.0 + self.entries.len() as u64;
        (index, self.entries.back().map_or(self.base.1, |entry| entry.term))
    }

    /// The term of an entry; `None` if it is not here.
    pub fn term_at(&self, index: u64) -> Option<u64> {
        if index == self.base.0 { Some(self.base.1) } else { self.get(index).map(|entry| entry.term) }
    }

    fn get(&self, index: u64) -> Option<&Entry<M::Change>> {
        let at = index.checked_sub(self.base.0 + 1)?;
        self.entries.get(usize::try_from(at).ok()?)
    }

    /// The first entries from an index on; `None` if they are not here any more.
    pub fn from(&self, index: u64, most: usize) -> Option<Vec<Entry<M::Change>>> {
        let at = usize::try_from(index.checked_sub(self.base.0 + 1)?).ok()?;
        Some(self.entries.iter().skip(at).take(most).cloned().collect())
    }

    /// The last entries with their indexes.
    pub fn last_entries(&self, most: usize) -> impl Iterator<Item = (u64, &Entry<M::Change>)> {
        let skipped = self.entries.len().saturating_sub(most);
        (self.base.0 + 1..).zip(&self.entries).skip(skipped)
    }

    /// Forgets the last entry, as if it had never come; `undo` takes it out of the machine if it was applied.
    pub fn lose_last(&mut self, undo: impl FnOnce(&mut M, &M::Change)) {
        let (index, _) = self.last();
        let Some(entry) = self.entries.pop_back() else { return };
        if let Command::Change(change) = &entry.command
            && index <= self.applied
        {
            undo(&mut self.machine, change);
        }
        self.applied = self.applied.min(index.saturating_sub(1));
    }

    /// Adds an entry; its index.
    pub fn push(&mut self, entry: Entry<M::Change>) -> u64 {
        self.entries.push_back(entry);
        self.last().0
    }

    /// Takes what a leader sends after the entry `prev`, in place of what differs. The index of the last of them, or
    /// an index that the leader may try instead.
    pub fn take(&mut self, prev: (u64, u64), entries: Vec<Entry<M::Change>>) -> Result<u64, u64> {
        match self.term_at(prev.0) {
            Some(term) if term == prev.1 => {}
            // What has been applied is committed, so the leader has it.
            _ if prev.0 <= self.base.0 => return Err(self.applied),
            _ => return Err(self.last().0.min(prev.0 - 1).max(self.applied)),
        }
        let mut index = prev.0;
        for entry in entries {
            index += 1;
            match self.term_at(index) {
                Some(term) if term == entry.term => continue,
                Some(_) => {
                    let keep = usize::try_from(index - self.base.0 - 1).unwrap_or_default();
                    self.entries.truncate(keep);
                }
                None => {}
            }
            self.entries.push_back(entry);
        }
        Ok(index)
    }

    /// The members that the last entry about them names.
    pub fn members(&self) -> Arc<[Member]> {
        let named = self.entries.iter().rev().find_map(|entry| match &entry.command {
            Command::Members(members) => Some(Arc::clone(members)),
            _ => None,
        });
        named.unwrap_or_else(|| Arc::clone(&self.base_members))
    }

    /// Applies the next entry, if it is committed; its index and what came of it.
    pub fn apply_next(&mut self, commit: u64) -> Option<(u64, Result<u64, seatrial_sql::SqlError>)> {
        let index = self.applied + 1;
        if index > commit {
            return None;
        }
        let command = self.get(index)?.command.clone();
        let result = match &command {
            Command::Change(change) => self.machine.apply(change),
            Command::Begin | Command::Members(_) => Ok(0),
        };
        self.applied = index;
        self.forget();
        Some((index, result))
    }

    fn forget(&mut self) {
        while self.applied.saturating_sub(self.base.0) > KEPT {
            let Some(entry) = self.entries.pop_front() else { return };
            self.base = (self.base.0 + 1, entry.term);
            if let Command::Members(members) = entry.command {
                self.base_members = members;
            }
        }
    }

    /// The machine as it is.
    pub fn snapshot(&self) -> Snapshot<M> {
        let term = self.term_at(self.applied).unwrap_or_default();
        Snapshot { at: (self.applied, term), members: self.members(), machine: self.machine.clone() }
    }

    /// Replaces everything by a snapshot, unless it is older than what is here.
    pub fn install(&mut self, snapshot: Snapshot<M>) {
        if snapshot.at.0 > self.applied {
            self.entries.clear();
            self.base = snapshot.at;
            self.base_members = snapshot.members;
            self.machine = snapshot.machine;
            self.applied = snapshot.at.0;
        }
    }
}
