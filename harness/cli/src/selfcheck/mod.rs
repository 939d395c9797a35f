//! Plants defects in the embedded cluster and looks which check catches each.

mod expected;
mod expected_3x;
mod search;
mod side_by_side;
mod trial;

pub use search::{Search, search};
