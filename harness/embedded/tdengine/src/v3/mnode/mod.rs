//! The mnode: the cluster's tables, replicated by Raft to up to three dnodes. The leader decides everything; what takes
//! longer than a moment is a transaction of steps, which the next leader goes on with.

mod databases;
mod dnodes;
mod drop_dnode;
mod leader;
mod mnodes;
mod places;
mod replicas;
mod rows;
mod sdb;
mod stables;
mod statuses;
mod trans;
mod users;

pub(crate) use databases::{DatabaseInfo, VgroupInfo};
pub(crate) use leader::{Mnode, Waiter};
pub(crate) use sdb::{DatabaseRow, FullName, Tables};
