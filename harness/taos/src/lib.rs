//! TDengine as a client sees it: what its shell prints, what its REST service answers, what its tables mean.
//!
//! Nothing here knows Kubernetes: the shell's output comes as bytes, REST runs over any byte stream. Every
//! parser takes arbitrary bytes without panicking; what it cannot read for certain is a typed error.

mod codes;
mod columns;
mod outcome;
mod profile;
pub mod rest;
pub mod shell;
mod statement;
mod version;
mod views;

pub use codes::{code_of, name_code, text_of};
pub use columns::View;
pub use outcome::{Reply, SqlError, SqlOutcome};
pub use profile::{Generation, Profile};
pub use statement::{Kind, kind, split, used_database};
pub use version::{Version, VersionError};
pub use views::{Dnode, EndPoint, Mnode, Replica, Vgroup, ViewError, dnodes, mnodes, vgroups};
