//! The client library: it keeps what it was told of databases and tables, goes on asking for ten seconds, and knows a
//! server that is silent only by its own time-outs.

mod catalog;
mod connect;
mod data;
mod ddl;
mod net;
mod session;
mod show;

pub(crate) use connect::Client;
