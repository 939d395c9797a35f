use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use seatrial_sql::{SqlError, codes::v3 as codes};
use tokio::{
    sync::oneshot,
    time::{Duration, Instant},
};

use super::{Body, Command, Durable, Entry, Machine, Message};
use crate::{
    config::EndPoint,
    queue::Ticket,
    v3::{
        event::Event,
        taosd::Taosd,
        types::{Member, Role},
    },
};

/// How fast a group is, in milliseconds (hard-coded in the servers).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// An election comes after one to two times this without a leader.
    pub election: u64,
    /// Time between a leader's signs of life.
    pub heartbeat: u64,
    /// How long it takes to copy all data to a member that lacks them.
    pub copy: (u64, u64),
}

impl Timing {
    /// Mnodes.
    pub const MNODE: Self = Self { election: 3_000, heartbeat: 500, copy: (200, 900) };
    /// Vnodes.
    pub const VNODE: Self = Self { election: 4_000, heartbeat: 700, copy: (3_000, 9_000) };
}

/// Milliseconds without an answer from a majority after which a leader refuses what it cannot commit.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(20);

/// Who waits for an entry: its term, and where the result goes.
type Waiting = (u64, oneshot::Sender<Result<u64, SqlError>>);

/// What a leader knows of another member.
pub(super) struct Progress {
    /// The next entry to send.
    pub next: u64,
    /// The last entry known to be there.
    pub matched: u64,
    /// When it last answered.
    pub heard: Instant,
    /// A snapshot is on its way until then.
    pub copying: Option<Instant>,
}

/// This server's member of a Raft group.
pub(crate) struct Raft<M: Machine> {
    /// The group.
    pub id: i32,
    pub(super) me: i32,
    pub(super) timing: Timing,
    pub(super) durable: Arc<Mutex<Durable<M>>>,
    pub(super) role: Role,
    /// Since when it has this role, in milliseconds since 1970.
    pub role_since: i64,
    pub(super) leader: Option<i32>,
    pub(super) commit: u64,
    pub(super) begun: u64,
    pub(super) others: BTreeMap<i32, Progress>,
    pub(super) votes: BTreeSet<i32>,
    pub(super) deadline: Instant,
    timer: Option<(Instant, Ticket)>,
    waiting: BTreeMap<u64, Waiting>,
    pub(super) members: Arc<[Member]>,
    /// Each entry has to be on the disk before it counts.
    pub(super) writes_through: bool,
    /// The last entry that is on the disk.
    pub(super) written: u64,
    /// End points of all who were members: one that is removed still waits for the answer.
    known: BTreeMap<i32, EndPoint>,
}

impl<M: Machine> Raft<M> {
    /// Takes up a group where this member left it.
    pub fn open(
        node: &Taosd,
        (id, me): (i32, i32),
        timing: Timing,
        writes_through: bool,
        durable: Arc<Mutex<Durable<M>>>,
    ) -> Self {
        let (members, commit, written) = {
            let durable = durable.lock().unwrap_or_else(PoisonError::into_inner);
            (durable.members(), durable.applied, durable.last().0)
        };
        let mut raft = Self {
            id,
            me,
            timing,
            durable,
            role: Role::Follower,
            role_since: node.host.now_ms(),
            leader: None,
            commit,
            begun: 0,
            others: BTreeMap::new(),
            votes: BTreeSet::new(),
            deadline: Instant::now(),
            timer: None,
            waiting: BTreeMap::new(),
            known: BTreeMap::new(),
            members,
            writes_through,
            written,
        };
        raft.keep_known();
        if !raft.has_vote() {
            raft.role = Role::Learner;
        } else if raft.voters() == 1 {
            raft.elect(node);
        }
        raft.wait_for_leader(node);
        raft
    }

    pub(super) fn durable(&self) -> MutexGuard<'_, Durable<M>> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The members that it knows.
    pub fn members(&self) -> &Arc<[Member]> {
        &self.members
    }

    /// The dnode that leads, as far as it knows.
    pub fn leader(&self) -> Option<i32> {
        if self.role.leads() { Some(self.me) } else { self.leader }
    }

    /// Index of the last entry that is applied here.
    pub fn applied(&self) -> u64 {
        self.durable().applied
    }

    /// Looks at what is committed.
    pub fn look<T>(&self, question: impl FnOnce(&M) -> T) -> T {
        question(&self.durable().machine)
    }

    /// True if a member has everything that the leader, this one, has committed.
    pub fn has_caught_up(&self, dnode: i32) -> bool {
        self.others.get(&dnode).is_some_and(|other| other.copying.is_none() && other.matched >= self.commit)
    }

    pub(super) fn has_vote(&self) -> bool {
        self.members.iter().any(|member| member.id == self.me && !member.learner)
    }

    pub(super) fn voters(&self) -> usize {
        self.members.iter().filter(|member| !member.learner).count()
    }

    /// The error of a request that only a leader can answer; none if this is one.
    pub fn check_leader(&self) -> Result<(), SqlError> {
        match self.role {
            Role::Leader => Ok(()),
            Role::NewLeader | Role::Restoring => Err(codes::error(codes::SYN_RESTORING)),
            _ => Err(codes::error(codes::SYN_NOT_LEADER)),
        }
    }

    /// The error of a question that this member cannot answer; none if it can be read.
    pub fn check_readable(&self) -> Result<(), SqlError> {
        if self.role == Role::Restoring { Ok(()) } else { self.check_leader() }
    }

    /// Proposes a change. The receiver gets the result once it is committed and applied.
    pub fn propose(
        &mut self,
        node: &Taosd,
        change: M::Change,
    ) -> Result<oneshot::Receiver<Result<u64, SqlError>>, SqlError> {
        self.check_leader()?;
        if !self.hears_majority() {
            return Err(codes::error(codes::SYN_PROPOSE_NOT_READY));
        }
        Ok(self.submit(node, Command::Change(change)))
    }

    /// Proposes another set of members, which differs from the present one in one member.
    pub fn change_members(
        &mut self,
        node: &Taosd,
        members: Arc<[Member]>,
    ) -> Result<oneshot::Receiver<Result<u64, SqlError>>, SqlError> {
        self.check_leader()?;
        Ok(self.submit(node, Command::Members(members)))
    }

    fn submit(&mut self, node: &Taosd, command: Command<M::Change>) -> oneshot::Receiver<Result<u64, SqlError>> {
        let (sender, receiver) = oneshot::channel();
        let (index, term, bytes) = {
            let mut durable = self.durable();
            let entry = Entry { term: durable.term, command };
            let bytes = entry.bytes::<M>();
            (durable.push(entry), durable.term, bytes)
        };
        self.waiting.insert(index, (term, sender));
        self.members_may_have_changed();
        if self.write(node, index, bytes) {
            self.send_entries(node);
            self.advance(node);
        }
        receiver
    }

    fn hears_majority(&self) -> bool {
        let now = Instant::now();
        let heard = |member: &&Member| {
            let other = self.others.get(&member.id);
            member.id == self.me || other.is_some_and(|other| now - other.heard <= HEARTBEAT_TIMEOUT)
        };
        let voters = self.members.iter().filter(|member| !member.learner);
        voters.filter(heard).count() * 2 > self.voters()
    }

    pub(super) fn members_may_have_changed(&mut self) {
        let members = self.durable().members();
        if members == self.members {
            return;
        }
        self.members = members;
        self.keep_known();
        let listed: BTreeSet<i32> = self.members.iter().map(|member| member.id).collect();
        self.others.retain(|id, _| listed.contains(id));
        if self.role.leads() {
            self.know_members();
        } else if self.role == Role::Learner && self.has_vote() {
            self.role = Role::Follower;
        }
    }

    fn keep_known(&mut self) {
        self.known.extend(self.members.iter().map(|member| (member.id, member.ep.clone())));
    }

    /// Applies what is committed, and tells those who wait for it.
    pub(super) fn apply(&mut self, node: &Taosd) {
        let mut left = 0;
        loop {
            let next = {
                let mut durable = self.durable();
                durable.apply_next(self.commit).map(|(index, result)| (index, durable.term_at(index), result))
            };
            let Some((index, term, result)) = next else { break };
            left += u64::from(index < self.begun);
            if let Some((wanted, waiting)) = self.waiting.remove(&index) {
                let result = if term == Some(wanted) { result } else { Err(codes::error(codes::SYN_NOT_LEADER)) };
                // Whoever waited may have gone.
                let _ = waiting.send(result);
            }
        }
        if self.role == Role::NewLeader && self.commit >= self.begun {
            // What earlier leaders left takes until the next sign of life.
            self.set_role(node, if left > 0 { Role::Restoring } else { Role::Leader });
        }
    }

    pub(super) fn set_role(&mut self, node: &Taosd, role: Role) {
        if self.role == role {
            return;
        }
        if self.role.leads() && !role.leads() {
            // Dropping the senders tells those who wait; whether their entries get committed is open.
            self.waiting.clear();
        }
        self.role = role;
        self.role_since = node.host.now_ms();
    }

    pub(super) fn send(&self, node: &Taosd, to: i32, body: Body<M>) {
        let Some(ep) = self.known.get(&to) else { return };
        let term = self.durable().term;
        let letter = M::letter(Message { term, body });
        // What is lost is sent again with the next sign of life, or the next election.
        let _ = node.send(ep, Event::Raft { group: self.id, from: self.me, letter });
    }

    pub(super) fn arm(&mut self, node: &Taosd) {
        if let Some((at, _)) = &self.timer
            && *at <= self.deadline
        {
            return;
        }
        let old = self.timer.take().map(|(_, ticket)| ticket);
        let delay = u64::try_from((self.deadline - Instant::now()).as_millis()).unwrap_or_default();
        let ticket = node.post_instead(old, delay, Event::RaftTimer { group: self.id });
        self.timer = ticket.map(|ticket| (self.deadline, ticket));
    }

    /// The group's timer has run out.
    pub fn on_timer(&mut self, node: &Taosd) {
        self.timer = None;
        if Instant::now() >= self.deadline {
            match self.role {
                role if role.leads() => self.beat(node),
                Role::Follower | Role::Candidate if self.has_vote() => self.elect(node),
                _ => self.deadline += Duration::from_millis(self.timing.election),
            }
        }
        self.arm(node);
    }

    /// Another member has said something.
    pub fn on_message(&mut self, node: &Taosd, from: i32, message: Message<M>) {
        self.see_term(node, message.term);
        match message.body {
            Body::Vote { last } => self.on_vote(node, from, message.term, last),
            Body::Voted { granted } => self.on_voted(node, from, message.term, granted),
            Body::Append { prev, entries, commit } => {
                if self.follow(node, from, message.term) {
                    self.on_append(node, from, prev, entries, commit);
                }
            }
            Body::Install(snapshot) => {
                if self.follow(node, from, message.term) {
                    self.on_install(node, from, &snapshot);
                }
            }
            Body::Appended { result } => self.on_appended(node, from, message.term, result),
            Body::Elect if self.has_vote() => self.elect(node),
            Body::Elect => {}
        }
    }
}
