//! The world that the embedded cluster lives in: its clock, its chance, its network, its volumes, and the
//! processes that images start.
//!
//! Nothing here knows Kubernetes or TDengine. Nothing here touches sockets, threads, the system clock or
//! hash order: all waiting goes through [`tokio::time`], all chance through [`Chance`], so that on a paused
//! clock a seed reproduces a run to the byte.

mod chance;
mod clock;
mod clocks;
mod defect;
mod network;
mod process;
mod shape;
mod throttles;
mod volume;
mod world;

pub use chance::{Chance, Dice};
pub use clock::Clock;
pub use clocks::Clocks;
pub use defect::{Defect, Defects};
pub use network::{ConnectError, ListenGuard, Listener, Network, ResolveError};
pub use process::{
    Captured, Container, ContainerContext, ContainerLog, ExecIo, ExitStatus, Image, LogEntry, LogStream, PodIdentity,
    Signal, run_captured,
};
pub use shape::Shape;
pub use throttles::Throttles;
pub use volume::Volume;
pub use world::World;
