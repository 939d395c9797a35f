use clap::CommandFactory;
use seatrial_record::ExitCode;

use super::Done;
use crate::args::Cli;

/// Prints a completion script.
pub fn completions(shell: clap_complete::Shell) -> Done {
    clap_complete::generate(shell, &mut Cli::command(), "seatrial", &mut std::io::stdout());
    Ok(ExitCode::Passed)
}
