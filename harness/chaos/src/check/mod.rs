//! What is wrong with what was seen: of a history, of who is a member, of what servers wrote to their logs. Whoever
//! checks has not run anything, so that a stored history can be checked again.

mod copies;
mod membership;
mod rows;
mod sightings;
mod tables;
mod traces;

pub use copies::Copies;
pub use membership::Membership;
pub use rows::{Check, check};
pub use tables::Tables;
pub use traces::{Trace, traces};
