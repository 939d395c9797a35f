//! SPDY/3.1, the server's side: what `kubectl` speaks for port-forwarding, and older ones for exec.
//!
//! No flow control: `kubectl`'s implementation has none either.

mod dictionary;
mod frame;
mod headers;
mod session;

pub(crate) use session::{Incoming, Received, Session};
