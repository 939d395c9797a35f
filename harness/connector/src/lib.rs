//! TDengine through its official Rust connector (`taos`), as an application sees it.
//!
//! The connector has traps, each of which is guarded here: awaits that never return, tasks that panic, handles that
//! fail for ever after a broken connection, and a native library that blocks or aborts. A [`Client`] therefore runs it
//! on a thread and a runtime of their own, bounds every call, takes a panic for a failed call, and gives the handle up
//! after anything but an answer of the server.
//!
//! It needs sockets and the time of the machine: it must not be used on a runtime whose clock is paused.

mod client;
mod error;
mod native;
mod quiet;
mod rows;
mod worker;

pub use client::Client;
pub use error::ConnectorError;
pub use native::find_library;
pub use worker::Target;
