//! The `taos` shell: what a person (or a probe, or the entrypoint) starts in a pod.

mod connector;

pub use connector::{Connector, Files, Login, NoFiles, Session};
