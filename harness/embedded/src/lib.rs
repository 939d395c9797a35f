//! An embedded Kubernetes cluster whose pods run a model of TDengine.
//!
//! [`EmbeddedCluster::boot`] starts one on the current runtime; with that runtime's clock paused, an hour of waiting
//! costs what its events cost.

mod cluster;
mod kubeconfig;
mod runtime;
mod serve;
mod speed;
mod tls;
mod transport;

pub use cluster::{BootError, EmbeddedCluster, Options};
pub use runtime::paused_runtime;
pub use seatrial_sim::{Clock, Defect, Defects, Shape};
pub use serve::{ServeError, ServeOptions, Serving, serving_runtime};
pub use transport::client;
