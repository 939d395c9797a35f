//! Plants defects in the embedded cluster and looks which check catches each.

mod expected;
mod expected_3x;
mod search;
mod side_by_side;
mod trial;
mod under_faults;

pub use search::{Search, search};
pub use side_by_side::side_by_side;
pub use under_faults::{UnderFaults, under_faults};
