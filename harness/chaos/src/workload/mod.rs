//! Workloads: writers whose rows can be told apart, readers, and somebody who makes and drops tables meanwhile.

mod changer;
mod client;
mod inserts;
mod outcome;
mod read_back;
mod reader;
mod record;
mod running;
mod writer;

pub use client::{Client, ClusterClient};
pub use inserts::Inserts;
pub use outcome::{Outcome, outcome_of};
pub use read_back::{ReadBack, ReadBackError, read_back};
pub use record::{MOST_ROWS, Progress};
pub use running::Running;
