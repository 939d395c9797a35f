//! Faults: what they are, how they are done, how it is seen that they took hold, and how they are taken back.

mod acts;
mod clocks;
mod disks;
mod dnodes;
mod error;
mod injector;
mod model;
mod parameters;
mod proofs;
mod site;
mod templates;
mod underlay;
mod volumes;
mod wal;

pub use error::FaultError;
pub use injector::{Change, Injector};
pub use model::{Fault, Need};
pub use parameters::{
    ChangeEnvironment, ChangeImage, CorruptWal, DeletePod, Nothing, OnPod, Packets, Partition, Role, Scale, SkewClock,
    SlowNames, SlowVolume, Target,
};
pub use site::Site;
pub use underlay::{Effects, Rule, Spot, Underlay, UnderlayError};
