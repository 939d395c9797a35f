use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use seatrial_record::{Body, Event, EventLog, ExitCode, Part, Recording, Sink, WriteError, merge};
use seatrial_report::{RunFacts, Verbosity, write_all};

use super::{Done, show};
use crate::{
    args::{Cli, ReportArgs},
    commands::run::{options, words},
    complaint::Complaint,
    facts,
    run_folder::RunFolder,
};

/// Makes the reports of a run again, or those of several shards together.
pub fn report(args: &ReportArgs, cli: &Cli) -> Done {
    let (events, facts, out) = match &args.run {
        Some(run) => again(run, args.out.as_deref())?,
        None => joined(&args.merge, args.out.as_deref())?,
    };
    let facts = RunFacts { lang: words(args.lang), ..facts };
    write_all(&out, &events, &facts).map_err(Complaint::environment)?;
    let options = seatrial_report::Options { verbosity: Verbosity::Quiet, ..options(cli, args.lang, &out) };
    show(&seatrial_report::terminal::render(&events, &options, Some(&facts)));
    Ok(exit(&events))
}

/// The events of a run, what they do not say, and where its reports go.
type Told = (Vec<Event>, RunFacts, PathBuf);

fn again(run: &Path, out: Option<&Path>) -> Result<Told, Complaint> {
    let folder = if run.is_dir() { run } else { run.parent().unwrap_or(Path::new(".")) };
    let events = Recording::read(&recording(run)).map_err(Complaint::usage)?;
    let facts = RunFacts { run_id: name(folder), ..facts::read(folder) };
    Ok((events, facts, out.unwrap_or(folder).to_owned()))
}

fn joined(shards: &[PathBuf], out: Option<&Path>) -> Result<Told, Complaint> {
    let read = |path: &PathBuf| {
        let events = Recording::read(&recording(path)).map_err(Complaint::usage)?;
        Ok::<_, Complaint>(Part { path: path.clone(), events })
    };
    let parts = shards.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let whole = Whole::default();
    merge(&parts, &mut EventLog::new(vec![Box::new(whole.clone())])).map_err(Complaint::usage)?;
    let events = std::mem::take(&mut *whole.0.lock().unwrap_or_else(PoisonError::into_inner));
    let Some(Body::RunStarted(start)) = events.first().map(|event| &event.body) else { return Ok(Told::default()) };
    let folder = RunFolder::create(out, &format!("{}-{}", start.environment, start.tdengine), start.seed)?;
    let mut file = Recording::create(&folder.file("events.jsonl")).map_err(Complaint::environment)?;
    events.iter().try_for_each(|event| file.take(event)).map_err(Complaint::environment)?;
    Ok((events, RunFacts { run_id: folder.id, ..RunFacts::default() }, folder.path))
}

/// Keeps events until they are known to belong together.
#[derive(Clone, Default)]
struct Whole(Arc<Mutex<Vec<Event>>>);

impl Sink for Whole {
    fn take(&mut self, event: &Event) -> Result<(), WriteError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        Ok(())
    }
}

/// The events' file of a run.
fn recording(run: &Path) -> PathBuf {
    if run.is_dir() { run.join("events.jsonl") } else { run.to_owned() }
}

/// The exit code that the run had; that of an unknown verdict for a run without an end.
fn exit(events: &[Event]) -> ExitCode {
    let last = events.iter().rev().find_map(|event| match &event.body {
        Body::RunFinished(end) => Some(end.exit),
        _ => None,
    });
    last.unwrap_or(ExitCode::Unknown)
}

fn name(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
