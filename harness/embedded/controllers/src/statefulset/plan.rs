//! What a StatefulSet's controller does next, as a function of what it sees. Follows `updateStatefulSet` of
//! Kubernetes' `stateful_set_control.go` step by step.

use std::collections::BTreeSet;

/// What a pod of the set looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the independent observations that Kubernetes makes of a pod"
)]
pub(crate) struct PodView {
    pub(crate) ordinal: u32,
    /// Revision that the pod was made from.
    pub(crate) revision: String,
    /// Phase Pending (or not set yet).
    pub(crate) pending: bool,
    /// Phase Running and condition Ready.
    pub(crate) ready: bool,
    /// Ready for at least `minReadySeconds`.
    pub(crate) available: bool,
    /// Phase Failed or Succeeded.
    pub(crate) ended: bool,
    /// Has a deletion timestamp.
    pub(crate) terminating: bool,
    /// A claim of it does not exist.
    pub(crate) lacks_claims: bool,
}

impl PodView {
    fn healthy(&self) -> bool {
        self.ready && !self.terminating
    }
}

/// How pods are replaced when the template changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rollout {
    /// Only when somebody deletes them.
    OnDelete,
    /// From the highest ordinal down to `partition`, at most `max_unavailable` at a time.
    Rolling { partition: u32, max_unavailable: u32 },
}

/// What the set wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// First ordinal.
    pub(crate) start: u32,
    pub(crate) replicas: u32,
    /// `OrderedReady`: one pod at a time.
    pub(crate) ordered: bool,
    pub(crate) strategy: Rollout,
    pub(crate) current_revision: String,
    pub(crate) update_revision: String,
    /// Ordinals whose claims are just being deleted: no pod is made for them until the claims are gone.
    pub(crate) blocked: BTreeSet<u32>,
    /// The set itself is being deleted.
    pub(crate) deleting: bool,
}

impl Wanted {
    fn end(&self) -> u32 {
        self.start.saturating_add(self.replicas)
    }

    fn holds(&self, ordinal: u32) -> bool {
        (self.start..self.end()).contains(&ordinal)
    }

    fn revision_for(&self, ordinal: u32) -> &str {
        match self.strategy {
            Rollout::Rolling { partition, .. } if ordinal < self.start.saturating_add(partition) => {
                &self.current_revision
            }
            _ => &self.update_revision,
        }
    }
}

/// Why a pod is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its ordinal is no longer wanted.
    ScaleDown,
    /// It has ended and is made anew.
    Ended,
    /// It was made from another template.
    Update,
}

/// One thing to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Make the pod (and its claims).
    Create { ordinal: u32, revision: String },
    /// Make claims that a pending pod lacks.
    RepairClaims { ordinal: u32 },
    /// Delete the pod.
    Delete { ordinal: u32, why: Why },
}

/// The actions that are due, in order. `pods` has at most one view for an ordinal.
pub(crate) fn plan(pods: &[PodView], wanted: &Wanted) -> Vec<Action> {
    let mut actions = Vec::new();
    if wanted.deleting {
        return actions;
    }
    let find = |ordinal| pods.iter().find(|pod| pod.ordinal == ordinal);
    let mut blocked = false;
    for ordinal in wanted.start..wanted.end() {
        blocked |= replica_blocks(find(ordinal), ordinal, wanted, &mut actions);
        if blocked && wanted.ordered {
            return actions;
        }
    }
    if blocked {
        return actions;
    }
    if condemned_block(pods, wanted, &mut actions) {
        return actions;
    }
    if let Rollout::Rolling { partition, max_unavailable } = wanted.strategy {
        roll(pods, wanted, partition, max_unavailable, &mut actions);
    }
    actions
}

// True if nothing beyond the replicas (and, if ordered, beyond this one) may be touched now.
fn replica_blocks(pod: Option<&PodView>, ordinal: u32, wanted: &Wanted, actions: &mut Vec<Action>) -> bool {
    let Some(pod) = pod else {
        if !wanted.blocked.contains(&ordinal) {
            actions.push(Action::Create { ordinal, revision: wanted.revision_for(ordinal).to_owned() });
        }
        return wanted.ordered;
    };
    if pod.ended {
        if !pod.terminating {
            actions.push(Action::Delete { ordinal, why: Why::Ended });
        }
        return true;
    }
    if pod.pending && !pod.terminating && pod.lacks_claims {
        actions.push(Action::RepairClaims { ordinal });
    }
    wanted.ordered && (pod.terminating || !pod.ready || !pod.available)
}

fn condemned_block(pods: &[PodView], wanted: &Wanted, actions: &mut Vec<Action>) -> bool {
    let mut condemned: Vec<_> = pods.iter().filter(|pod| !wanted.holds(pod.ordinal)).collect();
    condemned.sort_by_key(|pod| std::cmp::Reverse(pod.ordinal));
    let unhealthy_replica = (wanted.start..wanted.end())
        .any(|ordinal| pods.iter().find(|pod| pod.ordinal == ordinal).is_none_or(|pod| !pod.healthy()));
    // The lowest unhealthy one of those that go may go although it is not ready.
    let excused =
        if unhealthy_replica { None } else { condemned.iter().rev().find(|pod| !pod.healthy()).map(|pod| pod.ordinal) };
    for pod in condemned {
        if pod.terminating {
            if wanted.ordered {
                return true;
            }
            continue;
        }
        let fit = pod.ready && pod.available;
        if wanted.ordered && !fit && excused != Some(pod.ordinal) {
            return true;
        }
        actions.push(Action::Delete { ordinal: pod.ordinal, why: Why::ScaleDown });
        if wanted.ordered {
            return true;
        }
    }
    false
}

fn roll(pods: &[PodView], wanted: &Wanted, partition: u32, max_unavailable: u32, actions: &mut Vec<Action>) {
    let lowest = wanted.start.saturating_add(partition);
    let mut unavailable = 0;
    for ordinal in (lowest..wanted.end()).rev() {
        let Some(pod) = pods.iter().find(|pod| pod.ordinal == ordinal) else { return };
        if pod.revision != wanted.update_revision && !pod.terminating {
            actions.push(Action::Delete { ordinal, why: Why::Update });
            unavailable += 1;
        } else if !pod.healthy() || !pod.available {
            unavailable += 1;
        }
        if unavailable >= max_unavailable.max(1) {
            return;
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
