//! The data of one vnode, and what a vnode does with them: pure, cheap to clone, the same on every replica that
//! applied the same writes.
//!
//! An insert goes `ast::InsertPart` -> [`bind_insert`] (with the table's [`Schema`]) -> [`Write::Insert`] ->
//! [`VnodeData::apply`] on every replica. A select goes `ast::Select` -> [`Query::bind`] -> [`VnodeData::scan`] on one
//! replica of each vgroup concerned -> [`Query::finish`] over all their [`Partial`] results.

mod accumulator;
mod bind;
mod catalog;
mod catalog_v3;
mod constants;
mod filter;
mod query;
mod scan;
mod settings;
mod settings_v3;
#[cfg(test)]
mod tests;
mod vnode;

pub use bind::{bind_insert, bind_tag_change, bind_tags};
pub use catalog::{Schema, TableInfo, describe, like, show_create_table, stable_rows, table_rows};
pub use catalog_v3::{describe_v3, show_create_table_v3};
pub use constants::{Constants, constants};
pub use query::{Query, Target};
pub use scan::Partial;
pub use settings::{DatabaseSettings, TimeRange};
pub use settings_v3::DatabaseSettingsV3;
pub use vnode::{Row, StoredTable, VnodeData, Write};
