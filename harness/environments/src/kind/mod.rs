//! Clusters that kind makes: nodes are containers of the local Docker.

mod boot;
mod config;
mod create;
mod details;
mod limits;
mod load;
mod ready;
mod reuse;

pub use boot::{KindCluster, KindOptions};
pub use config::ClusterConfig;
pub use limits::KindLimits;

pub(crate) use create::{clusters, delete};
pub(crate) use ready::{default_account, is_default};
