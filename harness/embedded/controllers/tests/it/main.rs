//! The controllers and kubelets together, on whole clusters with a paused clock.

#[cfg(test)]
mod cluster;
#[cfg(test)]
mod common;
#[cfg(test)]
mod kubelet;
#[cfg(test)]
mod statefulset;
