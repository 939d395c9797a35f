//! What is below Kubernetes, as faults need it: the network of the nodes, and the nodes themselves.

use std::{fmt, net::Ipv4Addr};

use futures::future::BoxFuture;
use thiserror::Error;

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

/// A rule of a pod's network.
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
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drop { at, from } => write!(f, "{} drops packets from {from}", at.ip),
            Self::Names { at } => write!(f, "{} drops its questions to name servers", at.ip),
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

    /// How many packets a rule has dropped; `None` if there is no such rule.
    fn dropped<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<Option<u64>, UnderlayError>>;

    /// Stops a node at once, without telling anybody.
    fn stop<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>>;

    /// Starts a node again.
    fn start<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>>;

    /// True if a node runs.
    fn runs<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<bool, UnderlayError>>;
}
