//! One file per kind of expectation: what it looks at, and what it calls fulfilled.

mod dnodes;
mod inside;
mod kubernetes;
mod membership;
mod mnodes;
mod pods;
mod sql;
mod traces;
mod transactions;
mod vgroups;
mod workload;

pub(crate) use kubernetes::kind;
