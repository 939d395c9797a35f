//! Faults: what they are, how they are done, how it is seen that they took hold, and how they are taken back.

mod acts;
mod dnodes;
mod error;
mod injector;
mod model;
mod parameters;
mod proofs;
mod site;
mod underlay;

pub use error::FaultError;
pub use injector::{Change, Injector};
pub use model::{Fault, Need};
pub use parameters::{ChangeEnvironment, DeletePod, Nothing, OnPod, Packets, Partition, Role, Scale, Target};
pub use site::Site;
pub use underlay::{Effects, Rule, Spot, Underlay, UnderlayError};
