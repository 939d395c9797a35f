//! What is below Kubernetes, as faults need it: the network of the nodes, and the nodes themselves.

use std::{fmt, net::Ipv4Addr};

use futures::future::BoxFuture;
use seatrial_cluster::PodState;
use thiserror::Error;

use super::Fault;

/// Why something below Kubernetes could not be done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{tried}: {happened}")]
pub struct UnderlayError {
    /// What was tried.
    pub tried: String,
    /// What happened.
    pub happened: String,
}

/// The network namespace of a pod, and the node that it is on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// Address of the pod.
    pub ip: Ipv4Addr,
    /// Its node.
    pub node: String,
}

/// What happens to packets that a pod sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Effects {
    /// Percent that are lost.
    pub loss: u8,
    /// Kilobits that go out in a second; any number if 0.
    pub kilobits: u32,
    /// Milliseconds by which each is late.
    pub delay_ms: u32,
    /// Milliseconds more or less.
    pub jitter_ms: u32,
    /// Percent that arrive twice.
    pub duplicate: u8,
    /// Percent that arrive damaged.
    pub corrupt: u8,
}

impl Effects {
    /// True if the kernel has to hold packets back or change them, for which it needs its network emulator.
    pub fn emulates(&self) -> bool {
        self.delay_ms > 0 || self.duplicate > 0 || self.corrupt > 0
    }
}

/// A rule of a network, of a pod's or of a node's; or of something else that a pod has from its node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Drops what comes from an address.
    Drop {
        /// Who receives nothing.
        at: Spot,
        /// Who sends.
        from: Ipv4Addr,
    },
    /// Drops what the pod asks any name server.
    Names {
        /// Who asks.
        at: Spot,
    },
    /// Lets what the pod asks any name server wait.
    LateNames {
        /// Who asks.
        at: Spot,
        /// Milliseconds.
        delay_ms: u32,
    },
    /// Sets the clock of the pod wrong.
    Clock {
        /// Whose.
        at: Spot,
        /// Milliseconds by which it is fast; slow if negative.
        by_ms: i64,
    },
    /// Lets a pod write no more than so much to the disk below its volume.
    Disk {
        /// Its address and its node.
        at: Spot,
        /// Its UID.
        uid: String,
        /// Bytes in a second.
        bytes: u64,
    },
    /// Does something to the packets that a pod sends.
    Shape {
        /// Who sends.
        at: Spot,
        /// What.
        effects: Effects,
    },
    /// Drops everything that comes to a node, and all that leaves it.
    Node {
        /// The node.
        node: String,
    },
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drop { at, from } => write!(f, "{} drops packets from {from}", at.ip),
            Self::Names { at } => write!(f, "{} drops its questions to name servers", at.ip),
            Self::LateNames { at, delay_ms } => write!(f, "questions of {} to name servers wait {delay_ms} ms", at.ip),
            Self::Clock { at, by_ms } => write!(f, "the clock of {} is {by_ms} ms fast", at.ip),
            Self::Disk { at, bytes, .. } => write!(f, "{} writes {bytes} bytes a second", at.ip),
            Self::Shape { at, .. } => write!(f, "packets that {} sends are disturbed", at.ip),
            Self::Node { node } => write!(f, "{node} drops everything"),
        }
    }
}

/// What is below Kubernetes. Everything that is made there carries a mark of ours, so that it can be found and removed
/// after a kill.
pub trait Underlay: Send + Sync {
    /// Makes a rule.
    fn lay<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>>;

    /// Removes a rule; one that is gone, say with its pod, is no error.
    fn lift<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>>;

    /// Why a fault cannot be done here; `None` if it can. Asked before anything is made.
    fn refuses<'a>(&'a self, fault: &'a Fault) -> BoxFuture<'a, Result<Option<String>, UnderlayError>>;

    /// How many packets a rule has dropped or disturbed; `None` if there is no such rule.
    fn count<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<Option<u64>, UnderlayError>>;

    /// Stops a node at once, without telling anybody.
    fn stop<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>>;

    /// Starts a node again.
    fn start<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>>;

    /// True if a node runs.
    fn runs<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<bool, UnderlayError>>;

    /// Takes the memory of a container away until the kernel kills the server in it.
    fn exhaust<'a>(&'a self, pod: &'a PodState) -> BoxFuture<'a, Result<(), UnderlayError>>;
}
