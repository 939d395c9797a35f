use tokio::time::{Duration, Instant};

use super::{
    Body, Command, Entry, Machine,
    member::{Progress, Raft},
};
use crate::v3::{taosd::Taosd, types::Role};

impl<M: Machine> Raft<M> {
    /// Waits one to two times the base for a leader.
    pub(super) fn wait_for_leader(&mut self, node: &Taosd) {
        if !self.role.leads() {
            let base = self.timing.election;
            self.deadline = Instant::now() + Duration::from_millis(node.chance(base, 2 * base));
        }
        self.arm(node);
    }

    /// Somebody has a higher term: what was known of leaders does not count any more.
    pub(super) fn see_term(&mut self, node: &Taosd, term: u64) {
        if term <= self.durable().term {
            return;
        }
        {
            let mut durable = self.durable();
            (durable.term, durable.voted) = (term, None);
        }
        self.leader = None;
        if self.role != Role::Learner {
            let led = self.role.leads();
            self.set_role(node, Role::Follower);
            if led {
                self.wait_for_leader(node);
            }
        }
    }

    /// Stands for election.
    pub(super) fn elect(&mut self, node: &Taosd) {
        let last = {
            let mut durable = self.durable();
            durable.term += 1;
            durable.voted = Some(self.me);
            durable.last()
        };
        self.leader = None;
        self.set_role(node, Role::Candidate);
        self.votes = [self.me].into();
        let voters: Vec<i32> = self.members.iter().filter(|member| !member.learner).map(|member| member.id).collect();
        for id in voters.into_iter().filter(|id| *id != self.me) {
            self.send(node, id, Body::Vote { last });
        }
        self.wait_for_leader(node);
        self.count_votes(node);
    }

    pub(super) fn on_vote(&mut self, node: &Taosd, from: i32, term: u64, last: (u64, u64)) {
        let granted = {
            let mut durable = self.durable();
            let own = durable.last();
            let newer = (last.1, last.0) >= (own.1, own.0);
            let granted = term == durable.term && newer && durable.voted.is_none_or(|voted| voted == from);
            if granted {
                durable.voted = Some(from);
            }
            granted
        };
        if granted {
            self.wait_for_leader(node);
        }
        self.send(node, from, Body::Voted { granted });
    }

    pub(super) fn on_voted(&mut self, node: &Taosd, from: i32, term: u64, granted: bool) {
        if granted && self.role == Role::Candidate && term == self.durable().term {
            self.votes.insert(from);
            self.count_votes(node);
        }
    }

    fn count_votes(&mut self, node: &Taosd) {
        let voters = self.members.iter().filter(|member| !member.learner);
        let count = voters.filter(|member| self.votes.contains(&member.id)).count();
        if count * 2 <= self.voters() {
            return;
        }
        self.begun = {
            let mut durable = self.durable();
            let term = durable.term;
            durable.push(Entry { term, command: Command::Begin })
        };
        self.written = self.begun;
        self.set_role(node, Role::NewLeader);
        self.others.clear();
        self.know_members();
        self.beat(node);
        self.arm(node);
        self.advance(node);
    }

    pub(super) fn know_members(&mut self) {
        let next = self.durable().last().0;
        for member in self.members.iter().filter(|member| member.id != self.me) {
            let new = Progress { next: next.max(1), matched: 0, heard: Instant::now(), copying: None };
            self.others.entry(member.id).or_insert(new);
        }
    }

    /// A leader of this term has sent something; false if it is not of this term.
    pub(super) fn follow(&mut self, node: &Taosd, from: i32, term: u64) -> bool {
        if term < self.durable().term {
            // The answer's term tells it that it leads no more.
            self.send(node, from, Body::Appended { result: Err(0) });
            return false;
        }
        if self.role == Role::Candidate {
            self.set_role(node, Role::Follower);
        }
        self.leader = Some(from);
        self.wait_for_leader(node);
        true
    }
}
