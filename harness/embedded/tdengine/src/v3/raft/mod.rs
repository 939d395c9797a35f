//! Raft, as the mnodes and the vnodes of a vgroup replicate: votes, a log, a commit index, learners.
//!
//! What makes 3.x special is kept: elections wait one to two times a fixed base, there is no vote before the vote, and
//! a leader that hears nobody stays leader until somebody with a higher term tells it otherwise.

mod elect;
mod log;
mod member;
mod replicate;

use std::sync::Arc;

pub(crate) use log::{Command, Durable, Entry, Snapshot};
pub(crate) use member::{Raft, Timing};
use seatrial_sql::SqlError;

use super::event::Letter;

/// What a group replicates.
pub(crate) trait Machine: Clone + Default + Send + 'static {
    /// A change of it.
    type Change: Clone + Send + 'static;

    /// Applies a committed change.
    fn apply(&mut self, change: &Self::Change) -> Result<u64, SqlError>;

    /// Puts a message into the envelope of this kind of group.
    fn letter(message: Message<Self>) -> Letter;

    /// About how many bytes a change takes in the log.
    fn bytes(_: &Self::Change) -> u64 {
        crate::wal::RECORD
    }

    /// What a member that follows writes down instead of a change; none for the change itself. For planted defects only.
    fn followed(_: &Self::Change, _: &seatrial_sim::Defects) -> Option<Self::Change> {
        None
    }

    /// A copy for a member that lacks too much of the log.
    fn copy(&self, _: &seatrial_sim::Defects) -> Self {
        self.clone()
    }
}

/// What members say to each other.
pub(crate) struct Message<M: Machine> {
    /// The sender's term.
    pub term: u64,
    /// What it says.
    pub body: Body<M>,
}

/// The content of a message.
pub(crate) enum Body<M: Machine> {
    /// Vote for me; my last entry is this.
    Vote {
        /// Index and term.
        last: (u64, u64),
    },
    /// My vote.
    Voted {
        /// Whether you have it.
        granted: bool,
    },
    /// Entries, or none as a sign of life.
    Append {
        /// Index and term of the entry before them.
        prev: (u64, u64),
        /// The entries.
        entries: Vec<Entry<M::Change>>,
        /// All up to here is committed.
        commit: u64,
    },
    /// What came of entries.
    Appended {
        /// The last entry that is now the same as the leader's, or one that the leader may try instead.
        result: Result<u64, u64>,
    },
    /// All data.
    Install(Arc<Snapshot<M>>),
    /// Stand for election at once.
    Elect,
}
