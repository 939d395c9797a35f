//! `seatrial chaos`: searches for schedules of faults that break something, and repeats them.

mod explore;
mod history;
mod planted;
mod replay;
mod search;
mod trial;

pub use planted::seek;

use super::Done;
use crate::args::{ChaosCommand, Cli};

/// Does what `seatrial chaos` is asked for.
pub fn chaos(command: &ChaosCommand, cli: &Cli) -> Done {
    match command {
        ChaosCommand::Explore(args) => explore::explore(args),
        ChaosCommand::Replay(args) => replay::replay(args, cli),
        ChaosCommand::Check(args) => history::check(args),
    }
}
