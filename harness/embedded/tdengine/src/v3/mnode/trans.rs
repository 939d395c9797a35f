//! Transactions: steps that are done one after the other, over again until they work. They are part of the replicated
//! tables, so that the next leader goes on with them.

use std::{
    collections::BTreeSet,
    sync::{Arc, Weak},
};

use seatrial_sql::{SqlError, codes::v3 as codes};
use tokio::{
    sync::oneshot,
    time::{Duration, Instant},
};

use super::{
    leader::{Mnode, Waiter},
    sdb::{DatabaseRow, FullName, Sdb, StableRow, VgroupRow},
};
use crate::v3::{
    event::Event,
    orders::Order,
    taosd::Taosd,
    types::MNODE_GROUP,
    wire::{CONNECT_TIMEOUT, Unsent},
};

/// A connection without a sign of life is given up after this time.
const SILENCE: Duration = Duration::from_secs(30);
/// A client waits this long for a transaction that cannot reach a dnode; then it goes on without the client.
const BACKGROUND: Duration = Duration::from_secs(100);
/// `Unable to establish connection While execute transaction and will continue in the background`
const TRANS_NETWORK_UNAVAIL: i32 = codes_full(0x03d6);

const fn codes_full(low: u16) -> i32 {
    seatrial_sql::codes::full(low)
}

/// What a transaction keeps others from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything.
    Cluster,
    /// Its database.
    Database,
}

/// A transaction.
#[derive(Clone, Debug)]
pub(crate) struct Trans {
    /// When it was begun, in milliseconds since 1970.
    pub created: i64,
    /// What it is for: `drop-dnode`.
    pub oper: &'static str,
    /// Its database.
    pub db: String,
    /// Its super table.
    pub stable: String,
    /// What it keeps others from.
    pub scope: Scope,
    /// Its steps.
    pub steps: Arc<[Step]>,
    /// The step that it is at.
    pub at: usize,
}

/// A step of a transaction.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Dnodes do something, all at once.
    Do(Vec<Task>),
    /// The tables change.
    Set(Update),
}

/// Something that a dnode does.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    /// Which dnode.
    pub to: Target,
    /// What.
    pub order: Order,
}

/// Which dnode is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// This one.
    Dnode(i32),
    /// Whoever leads this vgroup, or the mnodes.
    Leader(i32),
}

/// A change of the tables.
#[derive(Clone, Debug)]
pub(crate) enum Update {
    /// A database and its vgroups are there.
    Database(String, Box<DatabaseRow>, Vec<(i32, VgroupRow)>),
    /// A database is gone.
    ForgetDatabase(String),
    /// A vgroup has these replicas.
    Replicas(i32, Vec<i32>),
    /// A dnode is gone.
    ForgetDnode(i32),
    /// An mnode works.
    Mnode(i32),
    /// An mnode is gone.
    ForgetMnode(i32),
    /// A super table is this, or gone.
    Stable(FullName, Option<StableRow>),
}

/// What a transaction is doing now.
#[derive(Default)]
pub(super) struct Attempt {
    /// Orders whose result is not known.
    out: usize,
    /// Tasks of the step that are done.
    done: BTreeSet<usize>,
    tries: usize,
    /// Why the last attempt failed.
    problem: Option<i32>,
    /// How often it has failed.
    pub failed: u32,
    /// When it was last tried.
    pub last: i64,
    /// What is to be shown of the last attempt.
    pub info: String,
    unreachable: Option<Instant>,
}

/// An order that is out.
pub(super) struct Sent {
    trans: i32,
    task: usize,
    process: Weak<Taosd>,
    ip: std::net::Ipv4Addr,
    silent: Option<Instant>,
}

impl Mnode {
    /// An error if a transaction of this scope has to wait for another one.
    pub(super) fn check_conflict(&self, scope: &Scope, db: &str) -> Result<(), SqlError> {
        let cluster = *scope == Scope::Cluster;
        let conflicts = |other: &Trans| cluster || other.scope == Scope::Cluster || other.db == db;
        let conflict = self.sdb.trans.values().any(conflicts);
        if conflict { Err(codes::error(codes::MND_TRANS_CONFLICT)) } else { Ok(()) }
    }

    /// Begins a transaction. The receiver hears of its end.
    pub(super) fn begin(
        &mut self,
        node: &Taosd,
        trans: Trans,
        prepare: impl FnOnce(&mut Sdb),
    ) -> Result<Waiter, SqlError> {
        self.check_conflict(&trans.scope, &trans.db)?;
        let id = self.sdb.last_trans + 1;
        self.commit(node, |sdb| {
            prepare(sdb);
            sdb.last_trans = id;
            sdb.trans.insert(id, trans);
        })?;
        let (sender, receiver) = oneshot::channel();
        self.waiting.insert(id, sender);
        self.go_on(node, id);
        Ok(receiver)
    }

    /// Goes on with all transactions that wait for another attempt.
    pub(super) fn go_on_with_all(&mut self, node: &Taosd) {
        self.give_up_lost(node);
        for id in self.sdb.trans.keys().copied().collect::<Vec<_>>() {
            if self.attempts.get(&id).is_none_or(|attempt| attempt.out == 0) {
                self.go_on(node, id);
            }
        }
    }

    fn go_on(&mut self, node: &Taosd, id: i32) {
        while let Some(trans) = self.sdb.trans.get(&id) {
            let step = trans.steps.get(trans.at).cloned();
            match step {
                None => {
                    if self.commit(node, |sdb| drop(sdb.trans.remove(&id))).is_err() {
                        return;
                    }
                    self.attempts.remove(&id);
                    self.tell(id, Ok(0));
                }
                Some(Step::Set(update)) => {
                    let reuse = node.host.world.defects.has(seatrial_sim::Defect::DroppedDnodeListed);
                    let done = self.commit(node, |sdb| {
                        sdb.update(update, reuse);
                        sdb.next_step(id);
                    });
                    if done.is_err() {
                        return;
                    }
                }
                Some(Step::Do(tasks)) => return self.attempt(node, id, &tasks),
            }
        }
    }

    fn attempt(&mut self, node: &Taosd, id: i32, tasks: &[Task]) {
        let attempt = self.attempts.entry(id).or_default();
        attempt.last = node.host.now_ms();
        attempt.tries += 1;
        attempt.problem = None;
        let tries = attempt.tries;
        let open: Vec<(usize, &Task)> = tasks.iter().enumerate().filter(|(at, _)| !attempt.done.contains(at)).collect();
        attempt.out = open.len();
        for (at, task) in open {
            self.last_order += 1;
            let number = self.last_order;
            let dnode = self.dnode_of(node, task, tries);
            let ep = self.sdb.dnodes.get(&dnode).map(|row| row.ep.clone());
            let mut sent = Sent { trans: id, task: at, process: Weak::new(), ip: node.host.ip, silent: None };
            let event = Event::Order { from: node.sender(), number, order: task.order.clone() };
            let problem = match ep.map_or(Err(Unsent::Refused), |ep| node.send(&ep, event)) {
                Ok(remote) => {
                    sent.ip = remote.host.ip;
                    sent.process = Arc::downgrade(&remote);
                    None
                }
                Err(Unsent::Lost) => Some(CONNECT_TIMEOUT),
                Err(Unsent::Refused | Unsent::Unresolved) => Some(Duration::from_millis(1)),
            };
            self.sent.insert(number, sent);
            if let Some(delay) = problem {
                let delay = u64::try_from(delay.as_millis()).unwrap_or(1);
                node.post(delay, Event::Done { number, result: Err(codes::RPC_NETWORK_UNAVAIL) });
            }
        }
        if self.attempts.get(&id).is_some_and(|attempt| attempt.out == 0) {
            self.step_done(node, id);
        }
    }

    /// The dnode that a task is for: of a group the leader, or one after the other while nobody knows it.
    fn dnode_of(&self, node: &Taosd, task: &Task, tries: usize) -> i32 {
        match task.to {
            Target::Dnode(dnode) => dnode,
            Target::Leader(MNODE_GROUP) => self.raft.leader().unwrap_or_default(),
            Target::Leader(vg) => {
                let mut dnodes = self.sdb.vgroups.get(&vg).map(|row| row.dnodes.clone()).unwrap_or_default();
                // A new member may lead already when an order is sent again.
                dnodes.extend(match &task.order {
                    Order::Confirm { member: Some(member), .. } => vec![*member],
                    Order::ChangeMembers { members, .. } => members.iter().map(|member| member.id).collect(),
                    _ => Vec::new(),
                });
                let leads = dnodes.iter().find(|dnode| self.role_of(node, vg, **dnode).leads());
                leads.or_else(|| dnodes.get(tries % dnodes.len().max(1))).copied().unwrap_or_default()
            }
        }
    }

    /// The result of an order has arrived.
    pub(super) fn take_result(&mut self, node: &Taosd, number: u64, result: Result<(), i32>) {
        let Some(Sent { trans: id, task, .. }) = self.sent.remove(&number) else { return };
        let Some(attempt) = self.attempts.get_mut(&id) else { return };
        attempt.out = attempt.out.saturating_sub(1);
        match result {
            Ok(()) => {
                attempt.done.insert(task);
            }
            Err(code) => {
                let order = self.sdb.trans.get(&id).and_then(|trans| match trans.steps.get(trans.at) {
                    Some(Step::Do(tasks)) => tasks.get(task).map(|task| task.order.name()),
                    _ => None,
                });
                let low = u32::from_ne_bytes(code.to_ne_bytes()) & 0xffff;
                attempt.info =
                    format!("action:{task} code:{low:#x}({}) msgType:{}", codes::text(code), order.unwrap_or_default());
                attempt.problem = Some(code);
            }
        }
        if attempt.out == 0 {
            self.step_done(node, id);
        }
    }

    fn step_done(&mut self, node: &Taosd, id: i32) {
        let Some(attempt) = self.attempts.get_mut(&id) else { return };
        let Some(code) = attempt.problem else {
            (attempt.unreachable, attempt.tries) = (None, 0);
            attempt.done.clear();
            if self.commit(node, |sdb| sdb.next_step(id)).is_ok() {
                self.go_on(node, id);
            }
            return;
        };
        attempt.failed += 1;
        if is_final(code) {
            self.attempts.remove(&id);
            if self.commit(node, |sdb| drop(sdb.trans.remove(&id))).is_ok() {
                self.tell(id, Err(codes::error(code)));
            }
            return;
        }
        if matches!(code, codes::RPC_NETWORK_UNAVAIL | codes::RPC_BROKEN_LINK) {
            let since = *attempt.unreachable.get_or_insert_with(Instant::now);
            if since.elapsed() >= BACKGROUND {
                let text =
                    "Unable to establish connection While execute transaction and will continue in the background";
                self.tell(id, Err(SqlError::new(TRANS_NETWORK_UNAVAIL, text)));
            }
        }
    }

    /// Tells whoever waits for a transaction.
    fn tell(&mut self, id: i32, result: Result<u64, SqlError>) {
        if let Some(waiting) = self.waiting.remove(&id) {
            // Whoever waited may have gone.
            let _ = waiting.send(result);
        }
    }

    /// Orders to processes that have ended, or cannot be reached for long, will not be answered.
    fn give_up_lost(&mut self, node: &Taosd) {
        for (number, sent) in &mut self.sent {
            let alive = sent.process.upgrade().is_some_and(|process| !process.has_exited());
            let since = if node.reaches(sent.ip) {
                sent.silent = None;
                None
            } else {
                Some(*sent.silent.get_or_insert_with(Instant::now))
            };
            let lost = since.is_some_and(|since| since.elapsed() >= SILENCE);
            if !alive || lost {
                node.post(1, Event::Done { number: *number, result: Err(codes::RPC_BROKEN_LINK) });
            }
        }
    }
}

/// Errors that another attempt does not change.
fn is_final(code: i32) -> bool {
    !matches!(
        code,
        codes::RPC_NETWORK_UNAVAIL
            | codes::RPC_BROKEN_LINK
            | codes::ACTION_IN_PROGRESS
            | codes::SYN_NOT_LEADER
            | codes::SYN_RESTORING
            | codes::SYN_PROPOSE_NOT_READY
            | codes::SYN_TIMEOUT
            | codes::TSC_INVALID_FQDN
            | codes::VND_INVALID_VGROUP_ID
    )
}

impl Sdb {
    fn next_step(&mut self, trans: i32) {
        if let Some(trans) = self.trans.get_mut(&trans) {
            trans.at += 1;
        }
    }

    fn update(&mut self, update: Update, keep_ghost: bool) {
        match update {
            Update::Database(name, row, vgroups) => {
                self.databases.insert(name, *row);
                self.vgroups.extend(vgroups);
            }
            Update::ForgetDatabase(name) => {
                self.databases.remove(&name);
                self.vgroups.retain(|_, row| row.db != name);
                self.stables.retain(|(db, _), _| *db != name);
            }
            Update::Replicas(vg, dnodes) => {
                if let Some(row) = self.vgroups.get_mut(&vg) {
                    row.dnodes = dnodes;
                }
            }
            Update::ForgetDnode(id) => {
                let row = self.dnodes.remove(&id);
                self.mnodes.remove(&id);
                self.freed.push(id);
                self.dnode_version += 1;
                if keep_ghost {
                    self.ghosts.extend(row.map(|row| (id, row)));
                }
            }
            Update::Mnode(id) => {
                if let Some(row) = self.mnodes.get_mut(&id) {
                    row.creating = false;
                }
                self.dnode_version += 1;
            }
            Update::ForgetMnode(id) => {
                self.mnodes.remove(&id);
                self.dnode_version += 1;
            }
            Update::Stable(name, Some(row)) => {
                self.stables.insert(name, row);
            }
            Update::Stable(name, None) => {
                self.stables.remove(&name);
            }
        }
    }
}
