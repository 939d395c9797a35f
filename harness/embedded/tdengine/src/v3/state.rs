use std::{collections::BTreeMap, sync::Arc};

use seatrial_sim::ListenGuard;

use super::{
    dnode::Dnode,
    event::{Event, Letter},
    mnode::Mnode,
    ports,
    startup::Startup,
    taosd::Taosd,
    types::MNODE_GROUP,
    vnode::Vnode,
    wire::Wire,
};
use crate::process::Server;

/// How far a server is, as `taos --check` is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RunStatus {
    /// It is starting: it answers, and does nothing else yet.
    #[default]
    NetworkOk,
    /// It works.
    ServiceOk,
    /// It is about to end.
    Exiting,
}

/// Everything that a server process knows.
#[derive(Default)]
pub(crate) struct State {
    /// How far it is.
    pub run: RunStatus,
    /// What remains of the start.
    pub startup: Startup,
    /// The dnode's own identity.
    pub dnode: Dnode,
    /// The mnode, if one runs here.
    pub mnode: Option<Mnode>,
    /// Open vnodes.
    pub vnodes: BTreeMap<i32, Vnode>,
}

impl Server for State {
    type Event = Event;
    type Shared = Wire;

    fn listen(process: &Arc<Taosd>) -> Vec<ListenGuard> {
        ports::open(process)
    }

    fn boot(&mut self, node: &Taosd) {
        self.begin(node);
    }

    fn handle(&mut self, node: &Taosd, event: Event) {
        match event {
            Event::Start => self.go_on(node),
            Event::Exit(code) => node.exit(code),
            _ if self.run == RunStatus::NetworkOk => {}
            Event::SendStatus { turn } => self.send_status(node, turn),
            Event::Status { from, message } => self.on_status(node, &from, &message),
            Event::StatusReply(reply) => self.on_status_reply(node, *reply),
            Event::Raft { group, from, letter } => self.on_letter(node, group, from, letter),
            Event::RaftTimer { group } => self.on_raft_timer(node, group),
            Event::RaftLog { group, index, unwritten } => self.on_raft_log(node, group, index, unwritten),
            Event::PullUp => self.pull_up(node),
            Event::Order { from, number, order } => self.on_order(node, from, number, order),
            Event::Report { to, number, result } => node.answer(&to, Event::Done { number, result }),
            Event::Done { number, result } => self.on_done(node, number, result),
        }
    }

    fn close(&mut self, _: &Taosd) {
        self.vnodes.clear();
        self.mnode = None;
    }
}

impl State {
    fn on_letter(&mut self, node: &Taosd, group: i32, from: i32, letter: Letter) {
        match letter {
            Letter::Mnode(message) => {
                if let Some(mnode) = &mut self.mnode {
                    mnode.raft.on_message(node, from, message);
                    self.after_raft(node);
                }
            }
            Letter::Vnode(message) => {
                if let Some(vnode) = self.vnodes.get_mut(&group) {
                    vnode.raft.on_message(node, from, message);
                    vnode.keep_members(node);
                }
            }
        }
    }

    fn on_raft_log(&mut self, node: &Taosd, group: i32, index: u64, unwritten: u64) {
        if group == MNODE_GROUP {
            if let Some(mnode) = &mut self.mnode {
                mnode.raft.on_log(node, index, unwritten);
                self.after_raft(node);
            }
        } else if let Some(vnode) = self.vnodes.get_mut(&group) {
            vnode.raft.on_log(node, index, unwritten);
        }
    }

    fn on_raft_timer(&mut self, node: &Taosd, group: i32) {
        if group == MNODE_GROUP {
            if let Some(mnode) = &mut self.mnode {
                mnode.raft.on_timer(node);
                self.after_raft(node);
            }
        } else if let Some(vnode) = self.vnodes.get_mut(&group) {
            vnode.raft.on_timer(node);
        }
    }
}
