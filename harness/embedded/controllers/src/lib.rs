//! Controllers and kubelet of the embedded cluster.
//!
//! All controllers are level-triggered loops: something changed, they look at everything that they care for, and act
//! once. The kubelets run one task for each pod.

mod bootstrap;
mod changes;
mod collector;
mod config_restarts;
mod disks;
mod disruption;
mod events;
mod kinds;
mod kubelet;
mod meta;
mod namespaces;
mod network;
mod nodes;
mod quantity;
mod scheduler;
mod selector;
mod start;
mod statefulset;
mod volumes;

pub use kubelet::Kubelet;
pub use start::{Options, start};
