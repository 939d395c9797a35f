use seatrial_record::ExitCode;
use seatrial_taos::Profile;

use super::Done;
use crate::{
    args::{PathArgs, SelectArgs},
    home::Home,
};

/// Lists what would run.
pub fn list(args: &SelectArgs) -> Done {
    let loaded = Home::find()?.load_for(args)?;
    let plan = loaded.plan(args, 1)?;
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
    if let Some(caution) = Profile::caution(&plan.version) {
        println!("note: {caution}");
    }
    println!("\nDocuments, by --tdengine:");
    for document in &loaded.documents {
        println!("  {:<8} {:<14} {}", document.name, document.tdengine.to_string(), document.title);
    }
    Ok(ExitCode::Passed)
}

/// Checks scenario files.
pub fn lint(args: &PathArgs) -> Done {
    let loaded = Home::find()?.load(args)?;
    let (scenarios, claims) = (loaded.suite.scenarios.len(), loaded.suite.ledger.claims().len());
    let documents: Vec<&str> = loaded.documents.iter().map(|document| document.name.as_str()).collect();
    println!("{scenarios} scenario files are valid, with {claims} claims of {}", documents.join(", "));
    Ok(ExitCode::Passed)
}
