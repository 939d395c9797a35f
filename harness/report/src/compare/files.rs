use std::path::{Path, PathBuf};

use super::shape::Comparison;
use super::words::page;
use crate::tables::{html, markdown};
use crate::write::{ReportError, put};

/// Writes `compare.html`, `compare.md` and `compare.json` into `folder`, which is created if need be.
pub fn write_comparison(folder: &Path, comparison: &Comparison) -> Result<PathBuf, ReportError> {
    let page = page(comparison);
    let mut json = serde_json::to_vec_pretty(comparison)?;
    json.push(b'\n');
    put(folder, "compare.json", &json)?;
    put(folder, "compare.md", markdown(&page).as_bytes())?;
    put(folder, "compare.html", html(&page).as_bytes())
}
