//! What real servers answered, answered again.

mod replay;
mod rest;
pub mod server;
mod tables;
mod tables_v3;
