//! What happened to every operation of a workload: kept, written down as it happens, read again, and put into numbers.

mod edn;
mod journal;
mod measure;
mod model;
mod summary;

pub(crate) use journal::Line;
pub use journal::{HistoryError, Journal, JournalError};
pub use measure::measure;
pub use model::{Begun, CopyRead, Event, Fate, History, Operation, Reading, RowId, TableChange};
pub use summary::{ErrorWindow, Stall, Summary, recovery_ms};
