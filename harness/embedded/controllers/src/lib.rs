//! Controllers and kubelet of the embedded cluster.
