//! The Kubernetes API server of the embedded cluster: objects, validation, watch, tables, streams.

mod agent;
mod defaults;
mod error;
mod kind;
mod object;
mod store;
mod validate;

pub use agent::{ContainerLogView, NodeAgent};
pub use error::{ApiError, Cause, Subject};
pub use object::Stored;
pub use store::{Deletion, Propagation, Store};
