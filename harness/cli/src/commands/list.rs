use seatrial_record::ExitCode;
use seatrial_taos::Profile;

use super::{Done, show};
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
        show(&format!("{:<36} {:>3} checks  {}\n", planned.key, planned.checks, planned.summary));
        for claim in &planned.claims {
            show(&format!("{:36}     claim  {claim}\n", ""));
        }
    }
    for skipped in &plan.skipped {
        show(&format!("{:<36}    skipped  {}\n", skipped.name, skipped.reason));
    }
    if let Some(caution) = Profile::caution(&plan.version) {
        show(&format!("note: {caution}\n"));
    }
    show("\nDocuments, by --tdengine:\n");
    for document in &loaded.documents {
        show(&format!("  {:<8} {:<14} {}\n", document.name, document.tdengine.to_string(), document.title));
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
