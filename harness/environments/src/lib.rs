//! Where a run happens: the embedded cluster, kind, or a cluster that somebody already has.
//!
//! What is made is written down first ([`State`]), so that it can be removed ([`clean`]) also after the process was
//! killed. Every external command is bounded ([`Tools`]), and every error says what was tried, what happened and what
//! to do ([`EnvironmentError`]).

mod clean;
mod client;
mod command;
mod docker;
mod doctor;
mod embedded;
mod error;
mod kind;
mod kind_environment;
mod kubeconfig;
mod leftovers;
mod names;
mod namespace;
mod place;
mod probe;
mod real_access;
mod state;
mod underlay;
mod watching;

use std::sync::Arc;

pub use clean::{CleanOptions, CleanReport, Fate, Item, clean};
pub use command::{Output, Tools};
pub use docker::{DockerImage, DockerInfo, ImageConfig, image, info, load_archive, need_image};
pub use doctor::{Diagnosis, Finding, Level, Needs, doctor, preflight};
pub use embedded::Embedded;
pub use error::{Cause, EnvironmentError, Result};
pub use kind::{ClusterConfig, KindCluster, KindLimits, KindOptions};
pub use kind_environment::KindEnvironment;
pub use kubeconfig::{KubeconfigEnvironment, KubeconfigOptions, NEEDED, Permission, contexts};
pub use leftovers::{Leftover, LeftoverKind};
pub use names::{MANAGED_BY, OWNER, PREFIX, RUN, cluster_name, fresh_id, namespace_name};
pub use namespace::PullSecret;
pub use probe::{Contract, Conventions, Depth, Edition, ImageReport, ProbeLimits, RestDialect, WaitsBy, probe};
pub use state::{ClusterRecord, Owner, State};

/// Hears, in sentences, what is going on.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// Hears nothing.
pub fn silence() -> Tell {
    Arc::new(|_| {})
}
