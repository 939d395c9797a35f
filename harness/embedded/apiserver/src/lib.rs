//! The Kubernetes API server of the embedded cluster: objects, validation, watch, tables, streams.

mod agent;
mod apply;
mod defaults;
mod error;
mod http;
mod kind;
mod object;
mod patch;
mod pipe;
mod quantity;
mod schema;
mod select;
mod spdy;
mod store;
mod stream;
mod table;
mod validate;

pub use agent::{ContainerLogView, NodeAgent};
pub use error::{ApiError, Cause, Subject};
pub use http::{ApiOptions, ApiServer, ResponseBody, refuse};
pub use object::Stored;
pub use pipe::{ClientService, serve_connection};
pub use store::{Deletion, Followed, Interest, Propagation, Store};
