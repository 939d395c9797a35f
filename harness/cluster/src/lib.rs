//! Kubernetes as the harness uses it: apply, scale, exec, forward, wait, diagnose.
