use seatrial_chaos::{History, Summary, check as check_rows};
use seatrial_record::ExitCode;

use crate::{args::HistoryArgs, commands::Done, complaint::Complaint};

/// Checks a stored history, and prints it for Jepsen's tools if asked to.
pub fn check(args: &HistoryArgs) -> Done {
    let text = std::fs::read_to_string(&args.history)
        .map_err(|error| Complaint::usage(format!("{}: {error}", args.history.display())))?;
    let history = History::from_json_lines(&text)
        .map_err(|error| Complaint::usage(format!("{}: {error}", args.history.display())))?;
    if args.edn {
        print!("{}", history.to_edn());
        return Ok(ExitCode::Passed);
    }
    println!("{}", Summary::of(&history));
    let Some(stored) = &history.read else {
        println!("unknown: the rows were never read back, so nobody can say whether one was lost");
        return Ok(ExitCode::Unknown);
    };
    let found = check_rows(&history, stored);
    println!("{}: {found}", found.verdict());
    Ok(ExitCode::of(Some(found.verdict())))
}
