use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use thiserror::Error;

use crate::{Body, Event, FORMAT};

/// Somebody who is told of every event as it happens.
pub trait Sink: Send {
    /// Takes one event.
    fn take(&mut self, event: &Event) -> Result<(), WriteError>;
}

/// Numbers events and hands them to sinks, in order.
#[derive(Default)]
pub struct EventLog {
    seq: u64,
    evidence: u64,
    sinks: Vec<Box<dyn Sink>>,
}

impl EventLog {
    /// A log that tells `sinks`.
    pub fn new(sinks: Vec<Box<dyn Sink>>) -> Self {
        Self { seq: 0, evidence: 0, sinks }
    }

    /// Adds an event that happened at `at`.
    pub fn append(&mut self, at: Timestamp, body: Body) -> Result<(), WriteError> {
        self.seq += 1;
        let event = Event { seq: self.seq, at, body };
        self.sinks.iter_mut().try_for_each(|sink| sink.take(&event))
    }

    /// Adds an event of another stream. Its evidence gets the next number of this one, and checks refer to that.
    pub fn adopt(&mut self, at: Timestamp, mut body: Body, numbers: &mut Renumbering) -> Result<(), WriteError> {
        match &mut body {
            Body::Evidence { evidence, .. } => {
                self.evidence += 1;
                numbers.0.insert(evidence.id, self.evidence);
                evidence.id = self.evidence;
            }
            Body::CheckFinished(check) => numbers.renumber(&mut check.evidence),
            Body::Fault(change) => numbers.renumber(&mut change.evidence),
            _ => {}
        }
        self.append(at, body)
    }
}

/// The numbers that evidence of one stream has in another.
#[derive(Clone, Debug, Default)]
pub struct Renumbering(BTreeMap<u64, u64>);

impl Renumbering {
    /// What was never recorded cannot be referred to.
    fn renumber(&self, evidence: &mut Vec<u64>) {
        *evidence = evidence.iter().filter_map(|id| self.0.get(id).copied()).collect();
    }
}

/// Writes events to a file, one JSON object a line, flushed after each, so that a killed run can be reported.
pub struct Recording {
    path: PathBuf,
    file: File,
}

/// Why events could not be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The file could not be written.
    #[error("cannot write {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An event could not be put into JSON.
    #[error("cannot encode an event: {0}")]
    Encode(#[from] serde_json::Error),
}

/// Why events could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The file could not be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not an event. The last line of a killed run may be cut short; that one is ignored.
    #[error("{path}, line {line}: not an event of format {FORMAT}: {source}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The file does not begin with the start of a run.
    #[error("{path} does not begin with the start of a run: it is empty or not an event file")]
    NoStart {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer release.
    #[error("{path} has event format {format}; this release reads formats up to {FORMAT}: use a newer seatrial")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
}

impl Recording {
    /// Creates `path`, or fails if it exists: a recording is never overwritten.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        let file = file.map_err(|source| WriteError::Io { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// All events of the recording at `path`.
    pub fn read(path: &Path) -> Result<Vec<Event>, ReadError> {
        let io = |source| ReadError::Io { path: path.to_owned(), source };
        let lines: Vec<Vec<u8>> =
            BufReader::new(File::open(path).map_err(io)?).split(b'\n').collect::<Result<_, _>>().map_err(io)?;
        if let Some(format) = lines.first().and_then(|line| format_of(line)).filter(|format| *format > FORMAT) {
            return Err(ReadError::Newer { path: path.to_owned(), format });
        }
        let mut events = Vec::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate() {
            match serde_json::from_slice::<Event>(line) {
                Ok(event) => events.push(event),
                Err(error) if error.is_eof() && index + 1 == lines.len() => {}
                Err(source) => return Err(ReadError::Line { path: path.to_owned(), line: index + 1, source }),
            }
        }
        match events.first() {
            Some(Event { body: Body::RunStarted(_), .. }) => Ok(events),
            _ => Err(ReadError::NoStart { path: path.to_owned() }),
        }
    }
}

fn format_of(line: &[u8]) -> Option<u32> {
    let value: serde_json::Value = serde_json::from_slice(line).ok()?;
    value.pointer("/body/run-started/format")?.as_u64()?.try_into().ok()
}

impl Sink for Recording {
    fn take(&mut self, event: &Event) -> Result<(), WriteError> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        // One write per event: the file has no buffer of its own, so a killed process leaves whole lines.
        self.file.write_all(&line).map_err(|source| WriteError::Io { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunStarted;

    fn start() -> Body {
        Body::RunStarted(Box::new(RunStarted {
            format: FORMAT,
            seatrial: "0.1.0".into(),
            environment: "embedded".into(),
            kubernetes: "v1.36".into(),
            tdengine: "2.1.1.0".into(),
            image: "tdengine/tdengine:2.1.1.0".into(),
            seed: 1,
            replay: "seatrial run --seed 1".into(),
            scenarios: Vec::new(),
            skipped: Vec::new(),
            claims: Vec::new(),
            details: Vec::new(),
            shard: None,
        }))
    }

    fn written() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut log = EventLog::new(vec![Box::new(Recording::create(&path).unwrap())]);
        log.append(Timestamp::UNIX_EPOCH, start()).unwrap();
        log.append(Timestamp::UNIX_EPOCH, Body::Notice { scenario: None, text: "hello".into() }).unwrap();
        (folder, path)
    }

    #[test]
    fn what_was_written_is_read() {
        let (_folder, path) = written();
        let events = Recording::read(&path).unwrap();
        assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2]);
        assert!(Recording::create(&path).is_err(), "a recording is never overwritten");
    }

    #[test]
    fn a_last_line_cut_short_is_ignored() {
        let (_folder, path) = written();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
        assert_eq!(Recording::read(&path).unwrap().len(), 1);
    }

    #[test]
    fn a_broken_line_is_named() {
        let (_folder, path) = written();
        let text = std::fs::read_to_string(&path).unwrap() + "{\"seq\":\"x\"}\n";
        std::fs::write(&path, text).unwrap();
        let error = Recording::read(&path).unwrap_err().to_string();
        assert!(error.contains("line 3"), "{error}");
    }

    #[test]
    fn a_newer_format_is_refused() {
        let (_folder, path) = written();
        let text = std::fs::read_to_string(&path).unwrap().replace(&format!("\"format\":{FORMAT}"), "\"format\":99");
        std::fs::write(&path, text).unwrap();
        assert!(matches!(Recording::read(&path), Err(ReadError::Newer { format: 99, .. })));
    }

    #[test]
    fn an_empty_file_is_no_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        std::fs::write(&path, "").unwrap();
        assert!(matches!(Recording::read(&path), Err(ReadError::NoStart { .. })));
    }
}
