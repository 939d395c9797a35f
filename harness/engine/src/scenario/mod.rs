//! Scenario files: the typed model and its strict reader.

mod action;
mod bound;
mod count;
mod expectation;
mod forms;
mod located;
mod lower;
mod mistake;
mod model;
mod parse;
mod range;
mod release;
mod schema;
mod sense;
mod sql;
mod template;
mod took;

pub use action::{Action, Apply, Delete, Kind, MostRate, ObjectRef, PerSecond, Rate, Restart, WorkloadAction};
pub use bound::{Bound, BoundError};
pub use count::Count;
pub use expectation::{
    AnyPod, CrashLoop, Dnodes, Exec, Expectation, Log, MembershipState, Mnodes, NamespaceState, Objects, Others, Pods,
    Pvcs, StatefulSetStatus, Vgroups, WorkloadState,
};
pub use forms::{Ids, Several, Where};
pub use located::{Located, Place};
pub use mistake::{Mistake, Mistakes, meant};
pub use model::{Check, Condition, Filter, Look, Outcome, Scenario, Start, Step, Subject};
pub use parse::{LARGEST, parse, strict};
pub use range::VersionRange;
pub use release::Release;
pub use schema::schema;
pub use sql::{Cell, ErrorExpect, Sql, SqlExpect, Way};
#[cfg(test)]
mod tests;

pub use template::{Names, Template, TemplateError};
pub use took::Took;
