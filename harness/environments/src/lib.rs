//! Where a run happens: the embedded cluster, kind, or a cluster that somebody already has.
