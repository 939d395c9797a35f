use seatrial_chaos::{Frame, Schedule};
use seatrial_engine::scenario::{Mistakes, strict};

use crate::{
    args::{Cli, ReplayArgs},
    commands::{self, Done},
    complaint::Complaint,
};

/// Runs a schedule, or a scenario that has one. A file with a schedule alone becomes a scenario beside it.
pub fn replay(args: &ReplayArgs, cli: &Cli) -> Done {
    let text = std::fs::read_to_string(&args.file)
        .map_err(|error| Complaint::usage(format!("{}: {error}", args.file.display())))?;
    let mut run = args.run.clone();
    let file = if text.lines().any(|line| line.starts_with("scenario:")) {
        args.file.clone()
    } else {
        let schedule: Schedule = strict(&args.file.display().to_string(), &text)
            .map_err(|mistake| Complaint::usage(Mistakes(vec![mistake])))?;
        if let Some(complaint) = schedule.complaint() {
            return Err(Complaint::usage(format!("{}: {complaint}", args.file.display())));
        }
        let stem = args.file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("schedule");
        let name: String = stem
            .chars()
            .map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' })
            .collect();
        let frame = Frame {
            name,
            summary: format!("The schedule of {}.", args.file.display()),
            tdengine: ">=2.0".to_owned(),
            pods: args.pods,
            replica: args.replica,
            comments: Vec::new(),
        };
        let file = args.file.with_extension("scenario.yaml");
        let scenario = frame.scenario(&schedule).map_err(Complaint::environment)?;
        std::fs::write(&file, scenario).map_err(Complaint::environment)?;
        file
    };
    run.select.paths.paths = vec![file];
    commands::run(&run, cli)
}
