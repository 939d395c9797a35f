//! Workloads, histories and checkers.
//!
//! A workload writes rows while things happen to the cluster, and keeps a history of what was asked and answered. The
//! checker compares the history with what is stored afterwards.
//!
//! A [`Fault`] is data; an [`Injector`] does it, finds its witness, takes it back and proves that it is gone.

mod check;
mod fault;
mod history;
mod schedule;
mod workload;

pub use check::{Check, Copies, Membership, Tables, Trace, check, traces};
pub use fault::{
    Change, ChangeEnvironment, ChangeImage, CorruptWal, DeletePod, Effects, Fault, FaultError, Injector, Need, Nothing,
    OnPod, Packets, Partition, Role, Rule, Scale, Site, SkewClock, SlowNames, SlowVolume, Spot, Target, Underlay,
    UnderlayError,
};
pub use history::{
    Begun, CopyRead, ErrorWindow, Event, Fate, History, HistoryError, Journal, JournalError, Operation, Reading, RowId,
    Stall, Summary, TableChange, measure, recovery_ms,
};
pub use schedule::{Frame, Ground, Happening, Heal, Moment, Schedule, Shift, generate, shrink};
pub use workload::{
    Client, ClusterClient, Inserts, MOST_ROWS, Outcome, Progress, ReadBack, ReadBackError, Running, outcome_of,
    read_back,
};
