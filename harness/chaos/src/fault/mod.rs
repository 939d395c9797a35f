//! Faults: what they are, how they are done, how it is seen that they took hold, and how they are taken back.

mod acts;
mod error;
mod injector;
mod model;
mod proofs;
mod site;
mod underlay;

pub use error::FaultError;
pub use injector::{Change, Injector};
pub use model::{DeletePod, Fault, Need, Nothing, OnPod, Partition, Role, Scale, Target};
pub use site::Site;
pub use underlay::{Rule, Spot, Underlay, UnderlayError};
