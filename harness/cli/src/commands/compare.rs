use std::path::{Path, PathBuf};

use seatrial_record::{ExitCode, Recording};
use seatrial_report::{
    Model,
    compare::{Judgement, Limit, Rules, compare as compared, print, write_comparison},
};

use super::{Done, show};
use crate::{
    args::{Cli, CompareArgs, Lang},
    commands::run::options,
    complaint::Complaint,
};

/// Compares two runs.
pub fn compare(args: &CompareArgs, cli: &Cli) -> Done {
    let ((name_a, a), (name_b, b)) = (read(&args.a)?, read(&args.b)?);
    let times = Limit { ratio: args.threshold, at_least_ms: args.at_least.saturating_mul(1000) };
    let comparison = compared((&name_a, &a), (&name_b, &b), &Rules::of(times)).map_err(Complaint::usage)?;
    show(&print(&comparison, &options(cli, Lang::En, Path::new(""))));
    if let Some(out) = &args.out {
        let page = write_comparison(out, &comparison).map_err(Complaint::environment)?;
        show(&format!("  {}\n", page.display()));
    }
    Ok(exit(comparison.judgement, args.strict))
}

/// The model of a run, and its name.
pub(super) fn read(run: &Path) -> Result<(String, Model), Complaint> {
    let file = if run.is_dir() { run.join("events.jsonl") } else { run.to_owned() };
    let events = Recording::read(&file).map_err(Complaint::usage)?;
    let model = Model::of(&events).ok_or_else(|| Complaint::usage(seatrial_report::ReportError::NoStart))?;
    Ok((name(&file), model))
}

/// The folder of a run: what `latest` points at, and not `latest`.
fn name(file: &Path) -> String {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let folder: PathBuf = file.parent().map(Path::to_owned).unwrap_or_default();
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn exit(judgement: Judgement, strict: bool) -> ExitCode {
    match judgement {
        Judgement::Worse => ExitCode::Failed,
        Judgement::Unclear => ExitCode::Unknown,
        Judgement::Different if strict => ExitCode::Failed,
        Judgement::Different | Judgement::Same => ExitCode::Passed,
    }
}
