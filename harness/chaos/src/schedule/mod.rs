//! Schedules: faults as data, in time; how they are made, made smaller, and written as scenario files.

mod file;
mod generate;
mod model;
mod shrink;
mod simpler;

pub use file::Frame;
pub use generate::{Ground, generate};
pub use model::{Happening, Heal, Moment, Schedule, Shift};
pub use shrink::shrink;
