//! The `taos` shell: what a person (or a probe, or the entrypoint) starts in a pod.
//!
//! [`run`] is the whole program, from its arguments to its exit code. What differs between generations is data in a
//! [`ShellDialect`].

mod arguments;
mod connector;
mod dialect;
mod display;
mod input;
mod output;
mod program;
mod render;
mod startup;
mod statements;
mod status;

pub use connector::{Connector, Files, Login, NoFiles, ServerStatus, Session};
pub use dialect::{ShellDialect, V2_1, V2_6, V3_0, V3_3};
pub use program::{Shell, run};
pub use render::{TableStyle, csv, horizontal, vertical};
