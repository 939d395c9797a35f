//! Kubernetes as the harness uses it: apply, scale, delete, run commands, forward ports, wait, diagnose.
//!
//! Everything goes through a [`kube::Client`], so that it is the same on the embedded cluster and on real ones.
//! Every call is bounded, and every bound has a name ([`Limits`]).

mod cluster;
mod connector;
mod convert;
mod diagnostics;
mod error;
mod exec;
mod light;
mod limits;
pub mod manifests;
mod objects;
mod rest;
mod seen;
mod session;
mod sql;
mod state;
mod target;
mod template;
mod tunnel;
mod views;
mod watch;

pub use cluster::{Clock, Cluster};
pub use connector::ConnectorSession;
pub use error::{ClusterError, Problem, Result};
pub use exec::{ExecOutput, Forwarded};
pub use limits::Limits;
pub use objects::{Applied, Change};
pub use rest::RestSession;
pub use seen::Seen;
pub use sql::{SqlRun, Via};
pub use state::{ClaimState, PodState, Snapshot, StatefulSetState};
pub use target::{Kind, Target};
pub use template::Template;
pub use tunnel::Tunnel;
pub use views::{Full, Viewed};
pub use watch::Watch;
