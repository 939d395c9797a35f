use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use jiff::Timestamp;
use seatrial_sim::{Container, ContainerLog, Volume};

/// What a kubelet knows about one of its pods.
#[derive(Default)]
pub(crate) struct PodState {
    /// When the kubelet took the pod.
    pub(crate) accepted: Option<Timestamp>,
    pub(crate) ip: Option<Ipv4Addr>,
    pub(crate) init: Vec<ContainerState>,
    pub(crate) main: Vec<ContainerState>,
    /// By name of the pod's volume and path below it.
    pub(crate) mounts: BTreeMap<(String, String), Volume>,
    /// All its containers have ended for good, because the pod is deleted or done.
    pub(crate) over: bool,
}

/// Which container of a pod: an init container or a normal one, and its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) init: bool,
    pub(crate) index: usize,
}

impl PodState {
    pub(crate) fn container(&self, slot: Slot) -> Option<&ContainerState> {
        if slot.init { self.init.get(slot.index) } else { self.main.get(slot.index) }
    }

    pub(crate) fn container_mut(&mut self, slot: Slot) -> Option<&mut ContainerState> {
        if slot.init { self.init.get_mut(slot.index) } else { self.main.get_mut(slot.index) }
    }

    /// All containers, in the order in which they start.
    pub(crate) fn slots(&self) -> Vec<Slot> {
        let init = (0..self.init.len()).map(|index| Slot { init: true, index });
        init.chain((0..self.main.len()).map(|index| Slot { init: false, index })).collect()
    }

    pub(crate) fn find(&self, name: &str) -> Option<Slot> {
        self.slots().into_iter().find(|slot| self.container(*slot).is_some_and(|found| found.name == name))
    }
}

/// What a kubelet knows about one container.
#[derive(Default)]
pub(crate) struct ContainerState {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) phase: Phase,
    /// How it ended the time before.
    pub(crate) last: Option<End>,
    pub(crate) restarts: u32,
    /// Runs, and has passed its startup probe.
    pub(crate) started: bool,
    pub(crate) ready: bool,
    pub(crate) id: String,
    /// The kernel has killed it for want of memory.
    pub(crate) starved: bool,
    pub(crate) handle: Option<Arc<dyn Container>>,
    pub(crate) log: Option<ContainerLog>,
    pub(crate) previous_log: Option<ContainerLog>,
}

impl ContainerState {
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running { .. })
    }
}

/// What a container does just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Waiting { reason: &'static str, message: Option<String> },
    Running { since: Timestamp },
    Ended(End),
}

impl Default for Phase {
    fn default() -> Self {
        Self::Waiting { reason: "ContainerCreating", message: None }
    }
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) code: u8,
    pub(crate) started: Timestamp,
    pub(crate) finished: Timestamp,
    pub(crate) id: String,
    /// The kernel killed it for want of memory.
    pub(crate) starved: bool,
}

impl End {
    pub(crate) fn reason(&self) -> &'static str {
        match self.code {
            _ if self.starved => "OOMKilled",
            0 => "Completed",
            _ => "Error",
        }
    }
}
