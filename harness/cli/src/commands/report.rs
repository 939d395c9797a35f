use std::path::Path;

use seatrial_record::{Body, Event, ExitCode, Recording};
use seatrial_report::{RunFacts, Verbosity, write_all};

use super::Done;
use crate::{
    args::{Cli, ReportArgs},
    commands::run::{options, words},
    complaint::Complaint,
};

/// Makes the reports of a run again.
pub fn report(args: &ReportArgs, cli: &Cli) -> Done {
    let folder = if args.run.is_dir() { args.run.as_path() } else { args.run.parent().unwrap_or(Path::new(".")) };
    let file = if args.run.is_dir() { args.run.join("events.jsonl") } else { args.run.clone() };
    let events = Recording::read(&file).map_err(Complaint::usage)?;
    let out = args.out.as_deref().unwrap_or(folder);
    let facts = RunFacts { run_id: name(folder), lang: words(args.lang), ..RunFacts::default() };
    write_all(out, &events, &facts).map_err(Complaint::environment)?;
    let options = seatrial_report::Options { verbosity: Verbosity::Quiet, ..options(cli, args.lang, out) };
    print!("{}", seatrial_report::terminal::render(&events, &options, Some(&facts)));
    Ok(exit(&events))
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
