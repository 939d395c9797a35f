//! Orders of the mnode to a dnode.

use std::sync::Arc;

use seatrial_sql::{SqlError, codes::v3 as codes, storage::Write};
use tokio::sync::oneshot;

use super::{
    event::{Event, Sender},
    mnode::Mnode,
    startup::nameless,
    state::{RunStatus, State},
    taosd::Taosd,
    types::{MNODE_GROUP, Member, VnodeConfig},
    vnode::Vnode,
};

/// Milliseconds that a dnode takes to make a vnode.
const CREATE: (u64, u64) = (90, 260);
/// Milliseconds that it takes to close and remove one.
const DROP: (u64, u64) = (1_000, 1_300);

/// What a dnode is told to do.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// Have this vnode.
    CreateVnode {
        /// What it is.
        config: VnodeConfig,
        /// Seconds that this order has waited for names.
        waited: u32,
    },
    /// Drop this vnode.
    DropVnode(i32),
    /// Let the group that you lead have these members.
    ChangeMembers {
        /// The vgroup, or the group of the mnodes.
        group: i32,
        /// The members.
        members: Arc<[Member]>,
    },
    /// Say whether you lead the group, and this member has all that the group has.
    Confirm {
        /// The vgroup, or the group of the mnodes.
        group: i32,
        /// The member.
        member: Option<i32>,
    },
    /// Write this to the vgroup that you lead.
    Write(i32, Arc<Write>),
    /// Run an mnode.
    CreateMnode(Arc<[Member]>),
    /// End the mnode and forget it.
    DropMnode,
}

impl Order {
    /// The name of its message, as `show transactions` prints it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateVnode { .. } => "create-vnode",
            Self::DropVnode(_) => "drop-vnode",
            Self::ChangeMembers { .. } => "sync-config-change",
            Self::Confirm { .. } => "alter-confirm",
            Self::Write(..) => "vnode-write",
            Self::CreateMnode(_) => "create-mnode",
            Self::DropMnode => "drop-mnode",
        }
    }
}

type Pending = oneshot::Receiver<Result<u64, SqlError>>;

impl State {
    /// Does what the mnode orders.
    pub fn on_order(&mut self, node: &Taosd, from: Sender, number: u64, order: Order) {
        if self.run != RunStatus::ServiceOk {
            return;
        }
        let (delay, result) = match order {
            Order::CreateVnode { config, waited } => {
                let Some(done) = self.create_vnode(node, &config, waited) else {
                    let order = Order::CreateVnode { config, waited: waited + 1 };
                    node.post(1_000, Event::Order { from, number, order });
                    return;
                };
                let takes = node.host.write_through(|| crate::wal::NEW_VNODE_V3);
                let (delay, result) = done;
                return node.post_when_written(takes, delay, Event::Report { to: from, number, result });
            }
            Order::DropVnode(id) => {
                self.vnodes.remove(&id);
                Vnode::remove(node, id);
                (node.chance(DROP.0, DROP.1), Ok(()))
            }
            Order::ChangeMembers { group, members } => {
                return report(node, from, number, self.change_members(node, group, members));
            }
            Order::Write(vg, write) => {
                let vnode = self.vnodes.get_mut(&vg).ok_or_else(|| codes::error(codes::VND_INVALID_VGROUP_ID));
                return report(node, from, number, vnode.and_then(|vnode| vnode.write(node, &write)));
            }
            Order::Confirm { group, member } => (1, self.confirm(group, member)),
            Order::CreateMnode(members) => {
                Mnode::create(node, members);
                self.open_mnode(node);
                (node.chance(100, 300), Ok(()))
            }
            Order::DropMnode => {
                self.mnode = None;
                Mnode::remove(node);
                (node.chance(1_000, 1_300), Ok(()))
            }
        };
        node.post(delay, Event::Report { to: from, number, result });
    }

    /// `None` if it has to wait for the name of a peer.
    fn create_vnode(&mut self, node: &Taosd, config: &VnodeConfig, waited: u32) -> Option<(u64, Result<(), i32>)> {
        if self.vnodes.contains_key(&config.vg) {
            return Some((1, Ok(())));
        }
        if nameless(node, &config.members).is_some() {
            let patient = waited < node.release().name_patience();
            return if patient { None } else { Some((1, Err(codes::TSC_INVALID_FQDN))) };
        }
        Vnode::create(node, config);
        if let Some(vnode) = Vnode::open(node, config.vg, self.dnode.id) {
            self.vnodes.insert(config.vg, vnode);
        }
        Some((node.chance(CREATE.0, CREATE.1), Ok(())))
    }

    fn change_members(&mut self, node: &Taosd, group: i32, members: Arc<[Member]>) -> Result<Pending, SqlError> {
        let nobody = || codes::error(codes::SYN_NOT_LEADER);
        if group == MNODE_GROUP {
            return self.mnode.as_mut().ok_or_else(nobody)?.raft.change_members(node, members);
        }
        let vnode = self.vnodes.get_mut(&group).ok_or_else(nobody)?;
        let pending = vnode.raft.change_members(node, members);
        vnode.keep_members(node);
        pending
    }

    fn confirm(&self, group: i32, member: Option<i32>) -> Result<(), i32> {
        let (leads, caught_up) = if group == MNODE_GROUP {
            let raft = &self.mnode.as_ref().ok_or(codes::SYN_NOT_LEADER)?.raft;
            (raft.check_leader(), member.is_none_or(|member| raft.has_caught_up(member)))
        } else {
            let raft = &self.vnodes.get(&group).ok_or(codes::SYN_NOT_LEADER)?.raft;
            let here = member == Some(self.dnode.id);
            (raft.check_leader(), here || member.is_none_or(|member| raft.has_caught_up(member)))
        };
        leads.map_err(|error| error.code)?;
        if caught_up { Ok(()) } else { Err(codes::ACTION_IN_PROGRESS) }
    }
}

/// Tells the mnode the result once it is known.
fn report(node: &Taosd, to: Sender, number: u64, pending: Result<Pending, SqlError>) {
    let pending = match pending {
        Ok(pending) => pending,
        Err(error) => return node.post(1, Event::Report { to, number, result: Err(error.code) }),
    };
    let me = node.weak();
    tokio::spawn(async move {
        let result = match pending.await {
            Ok(result) => result.map(drop).map_err(|error| error.code),
            Err(_) => Err(codes::SYN_NOT_LEADER),
        };
        if let Some(me) = me.upgrade() {
            me.post(1, Event::Report { to, number, result });
        }
    });
}
