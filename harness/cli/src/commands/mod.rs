//! One file a subcommand.

mod chaos;
mod clean;
mod compare;
mod completions;
mod doctor;
mod list;
mod qualify;
mod report;
mod run;
mod schema;
mod selfcheck;
mod serve;

pub use chaos::chaos;
pub use clean::clean;
pub use compare::compare;
pub use completions::completions;
pub use doctor::doctor;
pub use list::{lint, list};
pub use qualify::qualify;
pub use report::report;
pub use run::{embedded_edits, run};
pub use schema::schema;
pub use selfcheck::selfcheck;
pub use serve::serve;

use std::io::Write as _;

use seatrial_record::ExitCode;

use crate::complaint::Complaint;

/// How a subcommand ends.
pub type Done = Result<ExitCode, Complaint>;

/// Prints text. That a reader left early, say `| head`, is no mistake.
fn show(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
