//! The API server as `kube::Client` sees it, on a paused clock.

mod apply;
mod crud;
mod exec;
mod fake;
mod forward;
mod logs;
mod refusals;
mod tables;
mod watches;
