//! The `seatrial` command: arguments in, exit code out.

mod args;
mod commands;
mod complaint;
mod facts;
mod ground;
mod home;
mod interrupt;
mod qualify;
mod replay;
mod run_folder;
mod runtime;
mod selfcheck;
mod trial;

use std::{io::IsTerminal, process::ExitCode};

use args::{Cli, Command};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(cli.verbose);
    let done = match &cli.command {
        Command::Run(args) => commands::run(args, &cli),
        Command::List(args) => commands::list(args),
        Command::Lint(args) => commands::lint(args),
        Command::Schema(args) => Ok(commands::schema(args)),
        Command::Report(args) => commands::report(args, &cli),
        Command::Doctor(args) => commands::doctor(args),
        Command::Clean(args) => commands::clean(args),
        Command::Compare(args) => commands::compare(args, &cli),
        Command::Qualify(args) => commands::qualify(args, &cli),
        Command::Serve(args) => commands::serve(args),
        Command::Selfcheck(args) => commands::selfcheck(args, &cli),
        Command::Chaos(command) => commands::chaos(command, &cli),
        Command::Completions { shell } => Ok(commands::completions(*shell)),
    };
    match done {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(complaint) => {
            eprintln!("{complaint}");
            ExitCode::from(complaint.exit.code())
        }
    }
}

/// `RUST_LOG` wins over `-v`.
fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        // An answer of 500, say of a container that does not run yet, is for the caller to judge.
        0 => "warn,kube_client::client::builder=off",
        1 => "seatrial=info,warn,kube_client::client::builder=off",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| level.into());
    let ansi = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi).init();
}
