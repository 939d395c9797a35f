//! What everything in Seatrial meets in: verdicts, claims, evidence, and the event stream with its versioned
//! file format.
//!
//! A run is a stream of [`Event`]s, appended to `events.jsonl` as they happen. Reports are made from that file
//! and from nothing else, so that a report can be made again from a finished, or killed, run.

mod chaos;
mod claim;
mod detail;
mod event;
mod evidence;
mod log;
mod merge;
mod summary;
mod text;
mod verdict;

pub use chaos::{FaultChange, FaultPhase, Latency, Measured, Recovery};
pub use claim::{ClaimDefinition, ClaimFinding, Finding, RealServer};
pub use detail::{Detail, DetailKind};
pub use event::{
    Body, CheckFinished, Event, FORMAT, Observation, ObservedKind, PlannedScenario, RunFinished, RunStarted,
    ScenarioFinished, SeenBy, Shard, Skipped, StepFinished,
};
pub use evidence::{Evidence, EvidenceKind, Table};
pub use log::{EventLog, ReadError, Recording, Renumbering, Sink, WriteError};
pub use merge::{MergeError, Part, merge};
pub use text::{bounded, clean};
pub use verdict::{Blame, ExitCode, Verdict};
