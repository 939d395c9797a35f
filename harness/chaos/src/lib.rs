//! Workloads, histories and checkers.
//!
//! A workload writes rows while things happen to the cluster, and keeps a history of what was asked and answered. The
//! checker compares the history with what is stored afterwards.
//!
//! A [`Fault`] is data; an [`Injector`] does it, finds its witness, takes it back and proves that it is gone.

mod check;
mod client;
mod fault;
mod history;
mod inserts;
mod measure;
mod membership;
mod outcome;
mod read_back;
mod schedule;
mod summary;

pub use check::{Check, check};
pub use client::{Client, ClusterClient};
pub use fault::{
    Change, DeletePod, Fault, FaultError, Injector, Need, Nothing, OnPod, Partition, Role, Rule, Scale, Site, Spot,
    Target, Underlay, UnderlayError,
};
pub use history::{Event, History, HistoryError, Operation, RowId};
pub use inserts::{Inserts, Progress, Running};
pub use measure::measure;
pub use membership::Membership;
pub use outcome::{Outcome, outcome_of};
pub use read_back::{ReadBackError, read_back};
pub use schedule::{Frame, Happening, Heal, Moment, Schedule, generate, shrink};
pub use summary::{ErrorWindow, Stall, Summary, recovery_ms};
