use seatrial_environments::{CleanOptions, State, Tools, clean as remove};
use seatrial_record::ExitCode;

use super::Done;
use crate::{args::CleanArgs, complaint::Complaint, runtime};

/// Removes what runs left.
pub fn clean(args: &CleanArgs) -> Done {
    let options = CleanOptions {
        dry_run: args.dry_run,
        all: args.all,
        context: args.context.clone(),
        kubeconfig: args.kubeconfig.clone(),
        ..CleanOptions::default()
    };
    let report =
        runtime::real_time(remove(&Tools::from_env(), &State::from_env(), &options)).map_err(Complaint::environment)?;
    print!("{report}");
    Ok(if report.ok() { ExitCode::Passed } else { ExitCode::Environment })
}
