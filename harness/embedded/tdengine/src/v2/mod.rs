//! TDengine 2.1: dnodes that report to a master mnode, mnodes and vnodes in master/slave groups, a balancer that
//! moves vnodes one step at a time.

mod client;
mod dnode;
mod event;
mod mnode;
mod monitor;
mod orders;
mod ports;
mod state;
mod sync;
mod taosd;
mod types;
mod vnode;

pub(crate) use client::Client;
pub(crate) use taosd::Taosd;
