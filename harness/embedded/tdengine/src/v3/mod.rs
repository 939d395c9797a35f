//! TDengine 3.x: dnodes that report to a leading mnode, Raft groups of mnodes and of vnodes, transactions of the mnode
//! that move vnodes one after the other.

mod client;
mod dnode;
mod event;
mod mnode;
mod orders;
mod ports;
mod raft;
mod release;
mod startup;
mod state;
mod taosd;
mod types;
mod vnode;
mod wire;

pub(crate) use client::Client;
pub(crate) use taosd::Taosd;
