//! Whether a release is qualified: a run, and its comparison with a baseline, judged by a policy.

mod claims;
mod judge;
mod policy;
mod scenarios;
mod shape;
mod words;

use std::path::{Path, PathBuf};

pub use judge::{Case, judge};
pub use policy::{Policy, Requirement, Treat};
pub use shape::{Point, Qualification, Qualified, Severity};

use crate::tables::{html, markdown, terminal};
use crate::terminal::Options;
use crate::write::{ReportError, put};

/// The qualification for a terminal.
pub fn print(qualification: &Qualification, options: &Options) -> String {
    terminal(&words::page(qualification), options)
}

/// Writes `qualification.html`, `qualification.md` and `qualification.json` into `folder`.
pub fn write_qualification(folder: &Path, qualification: &Qualification) -> Result<PathBuf, ReportError> {
    let page = words::page(qualification);
    let mut json = serde_json::to_vec_pretty(qualification)?;
    json.push(b'\n');
    put(folder, "qualification.json", &json)?;
    put(folder, "qualification.md", markdown(&page).as_bytes())?;
    put(folder, "qualification.html", html(&page).as_bytes())
}
