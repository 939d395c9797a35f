//! Qualification of a release: what is done around a run of the documented suite.

mod policy;
mod survey;

pub use policy::{read as read_policy, schema};
pub use survey::{Survey, survey};
