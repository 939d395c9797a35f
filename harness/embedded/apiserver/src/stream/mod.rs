//! Requests that become streams: exec and port-forward, over websockets or SPDY.

mod exec;
mod exec_spdy;
mod exec_websocket;
mod forward;
mod forward_spdy;
mod forward_websocket;
mod handshake;
mod tunnel;

pub(crate) use handshake::upgrade;
