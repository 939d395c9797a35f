//! Planted defects, and the checks that caught them: whether a passing check means anything.

mod shape;
mod words;

use std::path::{Path, PathBuf};

pub use shape::{Catch, Planted, SelfCheck, Trial, Unproved};

use crate::tables::{html, markdown, terminal};
use crate::terminal::Options;
use crate::write::{ReportError, put};

/// The self-check for a terminal.
pub fn print(selfcheck: &SelfCheck, options: &Options) -> String {
    terminal(&words::page(selfcheck, false), options)
}

/// Writes `selfcheck.html`, `selfcheck.md` and `selfcheck.json` into `folder`, which is created if need be.
pub fn write_selfcheck(folder: &Path, selfcheck: &SelfCheck) -> Result<PathBuf, ReportError> {
    let page = words::page(selfcheck, true);
    let mut json = serde_json::to_vec_pretty(selfcheck)?;
    json.push(b'\n');
    put(folder, "selfcheck.json", &json)?;
    put(folder, "selfcheck.md", markdown(&page).as_bytes())?;
    put(folder, "selfcheck.html", html(&page).as_bytes())
}
