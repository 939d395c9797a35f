use std::fs;
use std::path::{Path, PathBuf};

use seatrial_record::Event;
use thiserror::Error;

use crate::evidence::{Places, file_text};
use crate::facts::RunFacts;
use crate::model::Model;
use crate::text::safe::line;
use crate::{html, json, junit, markdown};

/// Why a report could not be made.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The events do not begin with the start of a run.
    #[error("the events do not begin with the start of a run: there is nothing to report")]
    NoStart,
    /// A file or folder could not be written.
    #[error("cannot write {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The report could not be put into JSON.
    #[error("cannot encode report.json: {0}")]
    Json(#[from] serde_json::Error),
    /// The report could not be put into XML.
    #[error("cannot encode junit.xml: {0}")]
    JUnit(#[from] quick_junit::SerializeError),
}

/// The files that were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// `report.html`.
    pub html: PathBuf,
    /// `report.json`.
    pub json: PathBuf,
    /// `junit.xml`.
    pub junit: PathBuf,
    /// `summary.md`.
    pub summary: PathBuf,
    /// `replay.txt`.
    pub replay: PathBuf,
    /// Files below `evidence/`.
    pub evidence: Vec<PathBuf>,
}

/// Writes all reports of a run into `folder`, which is created if need be. Reports of the same names are replaced.
pub fn write_all(folder: &Path, events: &[Event], facts: &RunFacts) -> Result<Written, ReportError> {
    let model = Model::of(events).ok_or(ReportError::NoStart)?;
    let facts = &cleaned(facts);
    let places = Places::of(&model);
    let mut evidence = Vec::new();
    for (file, seen) in places.files(&model) {
        evidence.push(put(folder, file, file_text(seen).as_bytes())?);
    }
    let mut encoded = serde_json::to_vec_pretty(&json::report(&model, facts))?;
    encoded.push(b'\n');
    Ok(Written {
        html: put(folder, "report.html", html::page(&model, facts, &places).as_bytes())?,
        json: put(folder, "report.json", &encoded)?,
        junit: put(folder, "junit.xml", junit::xml(&model, facts)?.as_bytes())?,
        summary: put(folder, "summary.md", markdown::summary(&model, facts).as_bytes())?,
        replay: put(folder, "replay.txt", replay(&model).as_bytes())?,
        evidence,
    })
}

/// A shell can run it: what is not the command is a comment.
fn replay(model: &Model) -> String {
    let run = &model.run;
    format!("# TDengine {} on {}, seed {}\n{}\n", run.tdengine, run.environment, run.seed, run.replay)
}

fn cleaned(facts: &RunFacts) -> RunFacts {
    RunFacts {
        run_id: line(&facts.run_id),
        host: facts.host.as_deref().map(line),
        incomplete: facts.incomplete.as_deref().map(line),
        more: facts.more.iter().map(|(name, value)| (line(name), line(value))).collect(),
        ..facts.clone()
    }
}

/// Writes beside the target and renames, so that nobody ever reads half a report.
pub(crate) fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, ReportError> {
    let path = folder.join(name);
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| ReportError::Io { path, source }
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(io(parent))?;
    }
    let mut unfinished = path.clone().into_os_string();
    unfinished.push(".part");
    let unfinished = PathBuf::from(unfinished);
    fs::write(&unfinished, bytes).map_err(io(&unfinished))?;
    fs::rename(&unfinished, &path).map_err(io(&path))?;
    Ok(path)
}
