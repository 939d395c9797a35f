//! Scenario files, the plan made of them, and the runner.
//!
//! [`scenario`] reads files strictly, [`Suite`] and [`Plan`] select what runs, [`run`] runs it in an [`Environment`] and
//! tells everything that happens as events.

mod access;
mod document;
mod environment;
mod ledger;
mod manifest_set;
mod plan;
mod run;
pub mod scenario;
mod shard;
mod title;

pub use access::{Access, Quick};
pub use document::Document;
pub use environment::{BootRequest, BootedCluster, ClientCluster, Environment, EnvironmentError, Lanes};
pub use ledger::Ledger;
pub use manifest_set::{Edits, ManifestFile, ManifestSet, SetError};
pub use plan::{Plan, PlannedRun, Selection, Suite};
pub use run::{Keep, Options, RunError, run};
