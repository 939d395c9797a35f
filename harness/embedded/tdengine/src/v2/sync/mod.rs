//! Replication of a group (the mnodes, or the vnodes of a vgroup): connections, roles, election, copying of data.
//!
//! What makes 2.1.1.0 special is kept: a peer's address is looked up once, when the peer is configured; only the
//! server with the smaller name connects; a group whose reconfiguration met a name that does not resolve stays
//! locked for the life of the process.

mod group;
mod link;
mod roles;
mod transfer;

pub(crate) use group::{Group, Reconfigured, StartError};
pub(crate) use link::{Conn, SyncMessage};
