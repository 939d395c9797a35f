//! The runner: plan in, events out.

mod act;
mod check;
mod chronicle;
mod faults;
mod glance;
mod grid;
mod lanes;
mod lens;
mod load;
mod look;
mod notice;
mod place;
mod scenario;
mod stage;
mod suite;
mod workload;

pub use suite::{Keep, Options, RunError, run};

pub(crate) use glance::{Glance, Holds, client_name};
pub(crate) use lens::{Lens, SQL_LIMIT};
pub(crate) use look::kind as look_kind;
pub(crate) use place::Setting;
pub(crate) use scenario::{ScenarioEnd, implied};
pub(crate) use stage::{Stage, Stop};
