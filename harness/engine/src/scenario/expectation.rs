use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Count, Ids, Sql, Template, Where};

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// What `show dnodes` lists.
    Dnodes(Dnodes),
    /// What `show mnodes` lists.
    Mnodes(Mnodes),
    /// What `show DATABASE.vgroups` lists.
    Vgroups(Vgroups),
    /// The pods of the StatefulSet.
    Pods(Pods),
    /// Volume claims.
    Pvcs(Pvcs),
    /// What SQL answers.
    Sql(Sql),
    /// What a command in a pod prints.
    Exec(Exec),
    /// What a container wrote to its log.
    Log(Log),
    /// What the StatefulSet says of itself.
    StatefulSet(StatefulSetStatus),
    /// Objects that exist or do not.
    Objects(Objects),
    /// What is in the namespace.
    Namespace(NamespaceState),
    /// What a workload did, and what became of its rows.
    Workload(WorkloadState),
    /// Who is a member of the cluster.
    Membership(MembershipState),
    /// How often containers were restarted though no fault did it, in the life of the pods that are there.
    Crashes(Count),
    /// How many lines of the servers' logs say that one broke.
    Traces(Count),
    /// How many transactions of the mnode are not done (3.x).
    Transactions(Count),
}

/// What `show dnodes` must list. Every dnode that is listed must be named here, unless `others: any`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dnodes {
    /// Dnodes that are `ready` and have no offline reason.
    #[serde(default)]
    pub ready: Ids,
    /// Dnodes that are `offline`.
    #[serde(default)]
    pub offline: Ids,
    /// Dnodes that are `dropping`.
    #[serde(default)]
    pub dropping: Ids,
    /// Dnodes that are `dropping*`: being dropped, and offline (3.x).
    #[serde(default)]
    pub dropping_offline: Ids,
    /// Dnodes that are not listed.
    #[serde(default)]
    pub absent: Vec<u32>,
    /// Offline reasons, or notes, by id.
    #[serde(default)]
    pub reason: BTreeMap<u32, Template>,
    /// Numbers of vnodes, by id.
    #[serde(default)]
    pub vnodes: BTreeMap<u32, Count>,
    /// `any` to allow dnodes that are not named here.
    #[serde(default)]
    pub others: Others,
    /// The pods that are asked; `each` pod that is ready if not given.
    #[serde(default)]
    pub from: Where,
}

/// What is allowed besides what is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Others {
    /// Nothing.
    #[default]
    None,
    /// Anything.
    Any,
}

/// What `show mnodes` must list. Every mnode that is listed must be named here, unless `others: any`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mnodes {
    /// Mnodes that take part: exactly one leads (`master`, `leader`), the others follow.
    #[serde(default)]
    pub working: Ids,
    /// Mnodes that are `offline`.
    #[serde(default)]
    pub offline: Ids,
    /// `any` to allow mnodes that are not named here.
    #[serde(default)]
    pub others: Others,
    /// The pods that are asked; `each` pod that is ready if not given.
    #[serde(default)]
    pub from: Where,
}

/// What `show DATABASE.vgroups` must list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Vgroups {
    /// The database.
    pub database: String,
    /// How many vgroups there are.
    pub count: Option<Count>,
    /// Roles of the copies of every vgroup, in any order, such as `[master, slave]`.
    pub statuses: Option<Vec<String>>,
    /// True: in every vgroup one copy leads and all others follow. False: in some it is not so.
    pub working: Option<bool>,
    /// Dnodes that the copies of every vgroup are on, in any order.
    pub on: Option<Vec<u32>>,
    /// The pods that are asked; the first one if not given.
    #[serde(default = "Where::first")]
    pub from: Where,
}

/// Pods of the StatefulSet, by ordinal. Every pod that exists must be named here, unless `others: any`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pods {
    /// Pods that are ready and not being deleted.
    #[serde(default)]
    pub ready: Vec<u32>,
    /// Pods that exist and are not ready.
    #[serde(default)]
    pub not_ready: Vec<u32>,
    /// Pods in `CrashLoopBackOff`, or `any` for at least one.
    pub crash_loop: Option<CrashLoop>,
    /// Pods that do not exist.
    #[serde(default)]
    pub absent: Vec<u32>,
    /// How often the container of a pod was started again.
    #[serde(default)]
    pub restarts: BTreeMap<u32, Count>,
    /// Pods that are still the same as before the action of this step, and whose container was not started again.
    #[serde(default)]
    pub same: Vec<u32>,
    /// Pods that are not the same as before the action of this step.
    #[serde(default)]
    pub replaced: Vec<u32>,
    /// `any` to allow pods that are not named here.
    #[serde(default)]
    pub others: Others,
}

/// Pods in `CrashLoopBackOff`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a list of ordinals, or `any`")]
pub enum CrashLoop {
    /// These.
    Pods(Vec<u32>),
    /// At least one, whichever.
    Some(AnyPod),
}

/// Whichever pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AnyPod {
    /// At least one.
    Any,
}

/// Volume claims by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pvcs {
    /// Claims that exist and are bound to a volume.
    #[serde(default)]
    pub bound: Vec<Template>,
    /// Claims that exist and are not being deleted.
    #[serde(default)]
    pub present: Vec<Template>,
    /// Claims that do not exist.
    #[serde(default)]
    pub absent: Vec<Template>,
}

/// A command in a pod and what it must print.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exec {
    /// The pods it runs in; the first one if not given.
    #[serde(rename = "in", default = "Where::first")]
    pub place: Where,
    /// The program and its arguments.
    pub run: Vec<Template>,
    /// Lines that it prints, among others; runs of blanks count as one.
    #[serde(default)]
    pub lines: Vec<Template>,
    /// Lines that it does not print.
    #[serde(default)]
    pub no_lines: Vec<Template>,
    /// Its exit code.
    #[serde(default)]
    pub exit: i32,
}

/// The log of a container.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Log {
    /// Ordinal of the pod.
    pub pod: u32,
    /// True for the log of the container before this one.
    #[serde(default)]
    pub previous: bool,
    /// A text in it.
    pub contains: Option<Template>,
    /// A text that is not in it.
    pub lacks: Option<Template>,
}

/// What the StatefulSet says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StatefulSetStatus {
    /// How many pods it has.
    pub replicas: Option<Count>,
    /// How many of them are ready.
    pub ready: Option<Count>,
    /// How many of them have its newest template.
    pub updated: Option<Count>,
}

/// Objects by `kind/name`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Objects {
    /// Objects that exist.
    #[serde(default)]
    pub present: Vec<super::ObjectRef>,
    /// Objects that do not exist.
    #[serde(default)]
    pub absent: Vec<super::ObjectRef>,
}

/// What is in the namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NamespaceState {
    /// Nothing but what Kubernetes puts in every namespace; and no volume is left of its claims.
    Empty,
}

/// Who is a member of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MembershipState {
    /// Each pod is listed once, as a ready dnode, and nobody else; and no id was ever given to two dnodes.
    Whole,
    /// No pod is ending, and no dnode is listed as ready whose server is gone or cannot be heard; so if nobody answers.
    Noticed,
}

/// What a workload did, and what became of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WorkloadState {
    /// Name of the workload.
    pub name: String,
    /// How many rows were acknowledged.
    pub acknowledged: Option<Count>,
    /// How many of them since the step began.
    pub fresh: Option<Count>,
    /// How many operations failed for certain.
    pub failed: Option<Count>,
    /// How many acknowledged rows cannot be read back. The workload must have been stopped.
    pub lost: Option<Count>,
    /// How many rows are there more than once. The workload must have been stopped.
    pub duplicated: Option<Count>,
    /// How many rows a reader did not see although they were acknowledged before it asked. The workload must have
    /// `readers`, and must have been stopped.
    pub stale: Option<Count>,
    /// How many rows one copy has and another has not, of those that were read. Who leads a vgroup is read, so another copy
    /// has to lead when it is asked again; if only one was read, this is unknown. The workload must have been stopped.
    pub disagreeing: Option<Count>,
}
