//! A model of TDengine servers made of mechanisms: dnodes, mnodes, vgroups, the balancer, the image they run in.
//!
//! [`images`] gives images that a kubelet can start. A container of such an image runs the image's entrypoint, which
//! starts a server; servers find and call each other through the world's network alone, and keep what must survive
//! on their volumes.

mod config;
mod host;
mod image;
mod log;
mod planted_rows;
mod process;
mod queue;
mod v2;
mod v3;
mod version;
mod wal;

pub use image::{image, images};
