//! Workloads, histories and checkers.
