//! What is below Kubernetes, for faults: of the embedded cluster and of kind.

mod embedded;
mod kind;

pub(crate) use embedded::EmbeddedUnderlay;
pub(crate) use kind::{KindUnderlay, OwnVolumes, sweep};
