use super::{release::Release, state::State};
use crate::process::Process;

/// A running server process.
pub(crate) type Taosd = Process<State>;

impl Taosd {
    /// What its version does.
    pub fn release(&self) -> Release {
        Release::of(self.host.version)
    }
}
