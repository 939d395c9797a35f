use seatrial_record::ExitCode;

use super::Done;
use crate::{
    args::{PathArgs, SelectArgs},
    home::Home,
};

/// Lists what would run.
pub fn list(args: &SelectArgs) -> Done {
    let plan = Home::find()?.load(&args.paths)?.plan(args, 1)?;
    for run in &plan.runs {
        let planned = &run.planned;
        println!("{:<36} {:>3} checks  {}", planned.key, planned.checks, planned.summary);
        for claim in &planned.claims {
            println!("{:36}     claim  {claim}", "");
        }
    }
    for skipped in &plan.skipped {
        println!("{:<36}    skipped  {}", skipped.name, skipped.reason);
    }
    Ok(ExitCode::Passed)
}

/// Checks scenario files.
pub fn lint(args: &PathArgs) -> Done {
    let loaded = Home::find()?.load(args)?;
    println!("{} scenario files are valid", loaded.suite.scenarios.len());
    Ok(ExitCode::Passed)
}
