use std::sync::{Arc, PoisonError};

use tokio::time::{Duration, Instant};

use super::{Body, Command, Entry, Machine, Snapshot, member::Raft};
use crate::v3::{event::Event, taosd::Taosd, types::Role};

/// Milliseconds until an entry that could not be written is tried again.
const SYNC_TIMEOUT: (u64, u64) = (61_000, 90_000);
/// Entries in one message.
const BATCH: usize = 256;

impl<M: Machine> Raft<M> {
    /// A leader's sign of life.
    pub(super) fn beat(&mut self, node: &Taosd) {
        if self.role == Role::Restoring {
            self.set_role(node, Role::Leader);
        }
        self.deadline = Instant::now() + Duration::from_millis(self.timing.heartbeat);
        self.send_entries(node);
    }

    /// Writes the entries up to `index`, which take so many bytes, to the disk; true if they are there at once. Until they are
    /// there a leader does not send them, and a follower does not say that it has them; nor do they count
    /// (`syncNodeOnClientRequest`, `syncLogBufferAppend`).
    pub(super) fn write(&mut self, node: &Taosd, index: u64, bytes: u64) -> bool {
        if node.host.is_full() {
            // It is tried again when whoever proposed it has given up to wait (`failed to propose since timeout` of a real
            // 3.3.0.1 after 61 to 90 s, again and again until there is room; clients wait).
            node.post(
                node.chance(SYNC_TIMEOUT.0, SYNC_TIMEOUT.1),
                Event::RaftLog { group: self.id, index, unwritten: bytes },
            );
            return false;
        }
        let takes = if self.writes_through { node.host.write_through(|| bytes) } else { Duration::ZERO };
        if takes.is_zero() {
            self.written = self.written.max(index);
            return true;
        }
        node.post_when_written(takes, 0, Event::RaftLog { group: self.id, index, unwritten: 0 });
        false
    }

    /// The log is on the disk up to an entry; or so many bytes are to be written up to there.
    pub fn on_log(&mut self, node: &Taosd, index: u64, unwritten: u64) {
        if unwritten > 0 && !self.write(node, index, unwritten) {
            return;
        }
        self.written = self.written.max(index);
        if self.role.leads() {
            self.send_entries(node);
            self.advance(node);
        } else if let Some(leader) = self.leader {
            let result = Ok(index.min(self.durable().last().0));
            self.send(node, leader, Body::Appended { result });
        }
    }

    /// Sends every member what it lacks, or a sign of life.
    pub(super) fn send_entries(&mut self, node: &Taosd) {
        let others: Vec<i32> = self.others.keys().copied().collect();
        for to in others {
            self.send_entries_to(node, to);
        }
    }

    fn send_entries_to(&mut self, node: &Taosd, to: i32) {
        let learner = self.members.iter().any(|member| member.id == to && member.learner);
        let Some(other) = self.others.get_mut(&to) else { return };
        let prev = other.next.saturating_sub(1);
        let durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        // Not what the leader's own disk does not have yet.
        let ready = usize::try_from((self.written + 1).saturating_sub(other.next)).unwrap_or(BATCH);
        let body = match (durable.term_at(prev), durable.from(other.next, BATCH.min(ready))) {
            // A new learner gets a copy even if the log is short.
            (Some(term), Some(entries)) if !learner || other.matched > 0 => {
                // What is lost on the way is found out by the next answer.
                other.next += entries.len() as u64;
                Body::Append { prev: (prev, term), entries, commit: self.commit }
            }
            _ if other.copying.is_some_and(|ready| Instant::now() >= ready) => {
                let mut snapshot = durable.snapshot();
                snapshot.machine = snapshot.machine.copy(&node.host.world.defects);
                Body::Install(Arc::new(snapshot))
            }
            _ => {
                if other.copying.is_none() {
                    let copy = node.chance(self.timing.copy.0, self.timing.copy.1);
                    other.copying = Some(Instant::now() + Duration::from_millis(copy));
                }
                Body::Append { prev: durable.last(), entries: Vec::new(), commit: 0 }
            }
        };
        drop(durable);
        self.send(node, to, body);
    }

    pub(super) fn on_append(
        &mut self,
        node: &Taosd,
        from: i32,
        prev: (u64, u64),
        entries: Vec<Entry<M::Change>>,
        commit: u64,
    ) {
        // What cannot be written is as if it had not come.
        let mut entries = if node.host.is_full() { Vec::new() } else { entries };
        for entry in &mut entries {
            if let Command::Change(change) = &mut entry.command
                && let Some(other) = M::followed(change, &node.host.world.defects)
            {
                *change = other;
            }
        }
        let bytes: u64 = entries.iter().map(Entry::bytes::<M>).sum();
        let result = self.durable().take(prev, entries);
        if let Ok(last) = result {
            self.members_may_have_changed();
            self.commit = self.commit.max(commit.min(last));
            self.apply(node);
            if bytes > 0 && !self.write(node, last, bytes) {
                return;
            }
        }
        // What is not on the disk yet is told when it is.
        let written = self.written;
        self.send(node, from, Body::Appended { result: result.map(|last| last.min(written)) });
    }

    pub(super) fn on_install(&mut self, node: &Taosd, from: i32, snapshot: &Arc<Snapshot<M>>) {
        self.durable().install(Snapshot::clone(snapshot));
        self.written = self.written.max(snapshot.at.0);
        self.members_may_have_changed();
        let applied = self.applied();
        self.commit = self.commit.max(applied);
        self.apply(node);
        self.send(node, from, Body::Appended { result: Ok(snapshot.at.0) });
    }

    pub(super) fn on_appended(&mut self, node: &Taosd, from: i32, term: u64, result: Result<u64, u64>) {
        if !self.role.leads() || term != self.durable().term {
            return;
        }
        let last = self.durable().last().0;
        let Some(other) = self.others.get_mut(&from) else { return };
        other.heard = Instant::now();
        match result {
            Ok(matched) => {
                other.matched = other.matched.max(matched);
                other.next = other.next.max(other.matched + 1);
                if other.matched > 0 {
                    other.copying = None;
                }
                self.advance(node);
            }
            Err(hint) => {
                other.next = hint.saturating_add(1).min(last + 1);
                if hint > 0 || other.copying.is_none() {
                    self.send_entries_to(node, from);
                }
            }
        }
    }

    /// Commits what a majority has.
    pub(super) fn advance(&mut self, node: &Taosd) {
        let (last, term) = {
            let durable = self.durable();
            (durable.last().0, durable.term)
        };
        let written = last.min(self.written);
        let have =
            |id: i32| if id == self.me { written } else { self.others.get(&id).map_or(0, |other| other.matched) };
        let mut indexes: Vec<u64> =
            self.members.iter().filter(|member| !member.learner).map(|member| have(member.id)).collect();
        indexes.sort_unstable();
        let Some(index) = indexes.get((indexes.len().max(1) - 1) / 2).copied() else { return };
        // Only entries of its own term tell a leader that those before them are safe.
        if index > self.commit && self.durable().term_at(index) == Some(term) {
            self.commit = index;
            self.apply(node);
            self.leave_if_removed(node);
        }
    }

    /// A leader that is no member any more lets another one lead.
    fn leave_if_removed(&mut self, node: &Taosd) {
        if self.has_vote() || !self.role.leads() {
            return;
        }
        let best = self.members.iter().filter(|member| !member.learner).max_by_key(|member| {
            (self.others.get(&member.id).map_or(0, |other| other.matched), std::cmp::Reverse(member.id))
        });
        if let Some(id) = best.map(|member| member.id) {
            self.send_entries_to(node, id);
            self.send(node, id, Body::Elect);
        }
        self.set_role(node, Role::Follower);
    }
}
