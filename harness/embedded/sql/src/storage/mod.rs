//! The data of one vnode, and what a vnode does with them: pure, cheap to clone, the same on every replica that
//! applied the same writes.

mod catalog;
mod settings;
mod vnode;

pub use catalog::Schema;
pub use settings::DatabaseSettings;
pub use vnode::{Row, VnodeData, Write};
