//! TDengine's SQL as the embedded servers speak it: statements, tables of rows, shell and REST rendering.
//!
//! [`parse`] turns a statement's text into a [`ast::Statement`]; [`storage`] keeps the rows of one vnode and
//! evaluates what a vnode evaluates; [`shell`], [`rest`] and [`adapter`] are the faces that a person or a
//! program sees. What lies
//! between them (dnodes, mnodes, vgroups) is somebody else's: both faces speak to it through
//! [`shell::Connector`] and [`shell::Session`].

pub mod adapter;
pub mod ast;
pub mod codes;
mod dialect;
mod error;
#[cfg(test)]
mod golden;
mod moment;
mod parse;
pub mod rest;

pub mod shell;
mod split;
pub mod storage;
pub mod system;
mod value;

pub use dialect::Dialect;
pub use error::SqlError;
pub use moment::{format_timestamp, parse_timestamp};

pub use parse::parse;
pub use split::split;
pub use value::{Answer, Column, ColumnKind, Precision, Rows, Value};
