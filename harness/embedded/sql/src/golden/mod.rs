//! What real servers answered, answered again.

mod replay;
mod rest;
mod server;
mod tables;
