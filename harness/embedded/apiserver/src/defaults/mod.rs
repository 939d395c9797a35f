mod cluster;
mod pod;
mod service;
mod statefulset;
mod storage;

pub(crate) use storage::protect;

/// Fills in what an author may leave out, as the API server does before it validates.
pub(crate) trait Defaults {
    fn set_defaults(&mut self) {}
}
