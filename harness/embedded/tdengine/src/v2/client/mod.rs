//! The client library: how a statement finds its way from a pod to the servers that must answer it.

mod connect;
mod data;
mod ddl;
pub(crate) mod rpc;
mod session;

pub(crate) use connect::Client;
