use clap::CommandFactory;
use seatrial_record::ExitCode;

use crate::args::Cli;

/// Prints a completion script.
pub fn completions(shell: clap_complete::Shell) -> ExitCode {
    clap_complete::generate(shell, &mut Cli::command(), "seatrial", &mut std::io::stdout());
    ExitCode::Passed
}
