//! The API server as `kube::Client` sees it, on a paused clock.

#[cfg(test)]
mod apply;
#[cfg(test)]
mod crud;
#[cfg(test)]
mod exec;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod forward;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod watches;
