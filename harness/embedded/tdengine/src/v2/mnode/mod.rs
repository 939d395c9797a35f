//! The mnode: the cluster's tables, replicated to up to three dnodes; the master decides everything.

mod balance;
mod databases;
mod dnodes;
mod master;
mod places;
mod sdb;
mod show;
mod tables;
mod users;
mod vgroups;

pub(crate) use dnodes::shared_settings;
pub(crate) use master::Mnode;
pub(crate) use sdb::Sdb;
pub(crate) use show::Asker;
pub(crate) use tables::{NewTable, Place};
