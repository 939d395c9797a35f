use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A pod as `kubectl get pods` shows it, and a little more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodState {
    /// Its name.
    pub name: String,
    /// Its UID: another pod of the same name has another.
    pub uid: String,
    /// What kubectl prints under STATUS: `Running`, `Pending`, `CrashLoopBackOff`, `Terminating` ...
    pub status: String,
    /// `status.phase`.
    pub phase: String,
    /// The condition `Ready`.
    pub ready: bool,
    /// Ready containers and all containers: kubectl's READY.
    pub containers: (u32, u32),
    /// Restarts of all containers together.
    pub restarts: u32,
    /// Why a container waits or ended, or why the pod as a whole is as it is: `CrashLoopBackOff`, `ErrImagePull`,
    /// `Unschedulable` ...
    pub reason: Option<String>,
    /// The message that goes with `reason`.
    pub message: Option<String>,
    /// Its address.
    pub ip: Option<String>,
    /// The node that it runs on.
    pub node: Option<String>,
    /// True from the moment that its deletion was asked for until it is gone.
    pub deleting: bool,
    /// The number behind the last dash of its name: the ordinal in its `StatefulSet`.
    pub ordinal: Option<u32>,
    /// True if a container runs, so that a command can be run in it.
    pub running: bool,
    /// Why the life of a container before the present one ended: `Error`, `OOMKilled`, `Completed`; none in its first.
    #[serde(default)]
    pub ended: Option<String>,
    /// The id of the image that its first container runs, as the node names it; none before there is one.
    #[serde(default)]
    pub image_id: Option<String>,
}

/// A `PersistentVolumeClaim`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimState {
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// `Pending`, `Bound` or `Lost`.
    pub phase: String,
    /// The volume that it is bound to.
    pub volume: Option<String>,
    /// True from the moment that its deletion was asked for until it is gone.
    pub deleting: bool,
}

/// A `StatefulSet`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatefulSetState {
    /// Its name.
    pub name: String,
    /// Replicas asked for.
    pub replicas: u32,
    /// Pods that exist.
    pub current: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods of the newest revision.
    pub updated: u32,
    /// True if the controller has seen the newest spec.
    pub observed: bool,
    /// True if all pods are ready, of the newest revision, and no more exist than asked for.
    pub settled: bool,
}

/// What there is in a namespace at one moment, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Pods.
    pub pods: BTreeMap<String, PodState>,
    /// `PersistentVolumeClaims`.
    pub claims: BTreeMap<String, ClaimState>,
    /// `StatefulSets`.
    pub stateful_sets: BTreeMap<String, StatefulSetState>,
}
