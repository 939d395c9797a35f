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

pub use connector::{Connector, Files, Login, NoFiles, Session};
pub use dialect::{ShellDialect, V2_1, V2_6};
pub use program::{Shell, run};
pub use render::{TableStyle, csv, horizontal, vertical};
