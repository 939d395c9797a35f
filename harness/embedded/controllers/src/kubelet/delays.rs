//! How long things take on a node, in milliseconds from - to.
//!
//! Calibrated on kind 0.33 (Kubernetes 1.36, local-path volumes) with the documents' manifests: the age of one
//! pod when the next one of its StatefulSet is made is 18 to 23 s, around 20; of these, 4 to 5 s pass until the new volume is
//! bound, about 1 s until the container runs, and the rest until the tick of the readiness probe that finds
//! it ready.

/// From the binding of a pod to its node until the kubelet has taken it.
pub(super) const ACCEPT: (u64, u64) = (10, 60);
/// Mounting the volumes.
pub(super) const MOUNT: (u64, u64) = (200, 500);
/// Making the pod's sandbox and its network.
pub(super) const SANDBOX: (u64, u64) = (150, 400);
/// Creating and starting a container whose image is present.
pub(super) const START: (u64, u64) = (300, 900);
/// Asking a registry whether the image is still the same, and fetching nothing.
pub(super) const PULL_CHECK: (u64, u64) = (600, 1_500);
/// Asking a registry for an image that it does not have.
pub(super) const PULL_FAILS: (u64, u64) = (900, 2_500);
/// From mounted volumes until the first tick of the probes; the others follow in steps of their periods.
pub(super) const PROBE_TICKER: (u64, u64) = (2_800, 4_800);
/// Starting the command of an exec probe.
pub(super) const PROBE_EXEC: (u64, u64) = (300, 900);
/// Starting a command for `kubectl exec`.
pub(super) const EXEC: (u64, u64) = (60, 200);
/// Until the kubelet notices that a container has ended: its list of containers is a second old at most.
pub(super) const NOTICE: (u64, u64) = (50, 1_000);
/// From the end of the back-off until the kubelet's worker acts.
pub(super) const BACKOFF_SLACK: (u64, u64) = (50, 600);
/// How long the end of a container is shown before `CrashLoopBackOff` is.
pub(super) const SHOW_END: (u64, u64) = (1_000, 4_000);
/// Retry of a container that cannot be configured.
pub(super) const CONFIG_RETRY: (u64, u64) = (10_000, 15_000);
/// From the deletion's mark until the containers get their signal.
pub(super) const NOTICE_DELETION: (u64, u64) = (20, 120);
/// From the end of the last container until the pod object goes.
pub(super) const TEARDOWN: (u64, u64) = (700, 1_400);
/// Until a changed ConfigMap shows in mounted files.
pub(super) const FILE_REFRESH: (u64, u64) = (30_000, 75_000);
