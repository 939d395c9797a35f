//! One file a subcommand.

mod clean;
mod completions;
mod doctor;
mod list;
mod report;
mod run;
mod schema;
mod selfcheck;
mod serve;

pub use clean::clean;
pub use completions::completions;
pub use doctor::doctor;
pub use list::{lint, list};
pub use report::report;
pub use run::run;
pub use schema::schema;
pub use selfcheck::selfcheck;
pub use serve::serve;

use seatrial_record::ExitCode;

use crate::complaint::Complaint;

/// How a subcommand ends.
pub type Done = Result<ExitCode, Complaint>;
