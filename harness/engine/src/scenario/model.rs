use std::collections::BTreeMap;

use schemars::JsonSchema;
use seatrial_taos::Version;
use serde::Deserialize;

use super::{
    Action, Bound, Count, Dnodes, Exec, Expectation, Located, Log, MembershipState, Mnodes, NamespaceState, Objects,
    Place, Pods, Pvcs, Release, Several, Sql, StatefulSetStatus, VersionRange, Vgroups, WorkloadState,
};

/// A scenario: a starting cluster, steps, and what must hold after each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Path of its file.
    pub file: String,
    /// Its name, unique in a suite.
    pub name: String,
    /// What it is about, in a sentence.
    pub summary: String,
    /// The claims that its checks find something about.
    pub claims: Vec<Located<String>>,
    /// The TDengine versions that it speaks of.
    pub tdengine: Option<VersionRange>,
    /// The manifest sets that it runs with; all if empty.
    pub manifests: Vec<Located<String>>,
    /// How long it may take as a whole.
    pub timeout: Bound,
    /// The cluster that it starts with.
    pub start: Start,
    /// Its steps.
    pub steps: Vec<Step>,
    /// What is done at the end in any case.
    pub finally: Vec<Action>,
}

/// The cluster that a scenario starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// How many pods.
    pub replicas: u32,
    /// How many nodes for pods the cluster needs, beside the control plane; any will do if 0.
    pub workers: u32,
    /// The version of TDengine that they begin with, if it is not the one under test.
    pub version: Option<Version>,
    /// How long it may take until all pods and dnodes are ready.
    pub within: Bound,
    /// What must hold besides.
    pub check: Vec<Check>,
}

/// One action and the checks that follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where it stands.
    pub place: Place,
    /// Its title, if it was given one.
    pub title: Option<String>,
    /// When it is done.
    pub filter: Filter,
    /// What it does; nothing if it only looks.
    pub action: Option<Action>,
    /// What must hold then.
    pub check: Vec<Check>,
    /// What is looked at besides if the step fails.
    pub catch: Vec<Look>,
}

/// What a step, a check or an outcome is limited to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Named outcomes, one of which must have happened; no condition if empty.
    pub when: Vec<Located<String>>,
    /// Versions of TDengine; all if not given.
    pub tdengine: Option<Located<VersionRange>>,
    /// Manifest sets; all if empty.
    pub manifests: Vec<Located<String>>,
}

/// One expectation, or several of which one must come true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Where it stands.
    pub place: Place,
    /// Its title, if it was given one.
    pub title: Option<String>,
    /// When it is made.
    pub filter: Filter,
    /// What must hold.
    pub subject: Subject,
    /// It becomes true within this time; at once if not given.
    pub within: Option<Bound>,
    /// It stays true for this time.
    pub hold: Option<Bound>,
    /// Claims that are confirmed if it passes and contradicted if it fails.
    pub confirms: Vec<Located<String>>,
    /// Claims that are contradicted if it passes.
    pub contradicts: Vec<Located<String>>,
}

/// What a check is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One expectation.
    One(Expectation),
    /// Outcomes of which one must happen; in order of their names.
    Outcomes(Vec<Outcome>),
}

/// One of several ways in which something may end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its name; later steps may depend on it.
    pub name: String,
    /// When it may happen.
    pub filter: Filter,
    /// What must hold, all at once, for it to have happened.
    pub all: Vec<Condition>,
    /// Claims that are confirmed if it happens.
    pub confirms: Vec<Located<String>>,
    /// Claims that are contradicted if it happens.
    pub contradicts: Vec<Located<String>>,
}

/// A part of an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What must hold.
    pub expectation: Expectation,
    /// For how long without a break.
    pub hold: Option<Bound>,
}

/// Something to look at when a step fails.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// What SQL answers.
    Sql(Sql),
    /// What a command prints.
    Exec(Exec),
}

/// A scenario file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Seatrial scenario")]
pub(super) struct ScenarioForm {
    /// Name of the scenario, unique in a suite: lower case letters, digits and dashes.
    pub scenario: Located<String>,
    /// What it is about, in a sentence.
    pub summary: Located<String>,
    /// Ids of the claims that its checks find something about.
    #[serde(default)]
    pub claims: Vec<Located<String>>,
    /// The TDengine versions that it speaks of; all if not given.
    pub tdengine: Option<VersionRange>,
    /// The manifest sets that it runs with; all if not given.
    #[serde(default)]
    pub manifests: Vec<Located<String>>,
    /// How long it may take as a whole; 1h if not given.
    pub timeout: Option<Bound>,
    /// The cluster that it starts with.
    pub start: StartForm,
    /// Its steps, in order.
    #[serde(default)]
    pub steps: Vec<Located<StepForm>>,
    /// What is done at the end in any case.
    #[serde(default)]
    pub finally: Vec<Action>,
}

/// The cluster that a scenario starts with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct StartForm {
    /// How many pods.
    pub replicas: Located<u32>,
    /// How many nodes for pods the cluster needs, beside the control plane; any will do if not given.
    #[serde(default)]
    pub workers: u32,
    /// The version of TDengine that they begin with; the one under test if not given.
    pub version: Option<Located<Release>>,
    /// How long it may take until all pods and dnodes are ready; 5m if not given.
    pub within: Option<Bound>,
    /// What must hold besides.
    #[serde(default)]
    pub check: Vec<Located<CheckForm>>,
}

/// One action and the checks that follow it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct StepForm {
    /// What it is, in words; made from the action if not given.
    pub title: Option<String>,
    /// Named outcomes, one of which must have happened for the step to be done.
    pub when: Option<Located<Several<String>>>,
    /// Versions of TDengine for which the step is done.
    pub tdengine: Option<Located<VersionRange>>,
    /// Manifest sets with which the step is done.
    #[serde(default)]
    pub manifests: Vec<Located<String>>,
    /// What the step does; nothing if it only looks.
    #[serde(rename = "do")]
    pub action: Option<Action>,
    /// What must hold then.
    #[serde(default)]
    pub check: Vec<Located<CheckForm>>,
    /// What is looked at, besides the usual, if the step fails.
    #[serde(default)]
    pub catch: Vec<Look>,
}

macro_rules! forms {
    ($($(#[$doc:meta])* $field:ident: $type:ty => $variant:ident,)*) => {
        /// A check: exactly one expectation, or `outcomes`.
        #[derive(Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        #[schemars(extend("oneOf" = [$({"required": [stringify!($field)]},)* {"required": ["outcomes"]}]))]
        pub(super) struct CheckForm {
            $($(#[$doc])* pub $field: Option<$type>,)*
            /// Outcomes by name, of which one must happen.
            pub outcomes: Option<BTreeMap<String, Located<OutcomeForm>>>,
            /// What it is, in words; made from the expectation if not given.
            pub title: Option<String>,
            /// It becomes true within this time; it must be true at once if not given.
            pub within: Option<Bound>,
            /// It stays true for this time.
            #[serde(rename = "for")]
            pub hold: Option<Bound>,
            /// Claims that are confirmed if the check passes and contradicted if it fails.
            #[serde(default)]
            pub confirms: Vec<Located<String>>,
            /// Claims that are contradicted if the check passes.
            #[serde(default)]
            pub contradicts: Vec<Located<String>>,
            /// Named outcomes, one of which must have happened for the check to be made.
            pub when: Option<Located<Several<String>>>,
            /// Versions of TDengine for which the check is made.
            pub tdengine: Option<Located<VersionRange>>,
            /// Manifest sets with which the check is made.
            #[serde(default)]
            pub manifests: Vec<Located<String>>,
        }

        /// A part of an outcome: exactly one expectation.
        #[derive(Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        #[schemars(extend("oneOf" = [$({"required": [stringify!($field)]},)*]))]
        pub(super) struct ConditionForm {
            $($(#[$doc])* pub $field: Option<$type>,)*
            /// It stays true for this time.
            #[serde(rename = "for")]
            pub hold: Option<Bound>,
        }

        impl CheckForm {
            /// The expectations that were given.
            pub fn take_expectations(&mut self) -> Vec<Expectation> {
                [$(self.$field.take().map(Expectation::$variant),)*].into_iter().flatten().collect()
            }
        }

        impl ConditionForm {
            /// The expectations that were given.
            pub fn take_expectations(&mut self) -> Vec<Expectation> {
                [$(self.$field.take().map(Expectation::$variant),)*].into_iter().flatten().collect()
            }
        }

        /// Names of all expectations, as they are written.
        pub(super) const EXPECTATIONS: &[&str] = &[$(stringify!($field)),*];
    };
}

forms! {
    /// What `show dnodes` lists.
    dnodes: Dnodes => Dnodes,
    /// What `show mnodes` lists.
    mnodes: Mnodes => Mnodes,
    /// What `show DATABASE.vgroups` lists.
    vgroups: Vgroups => Vgroups,
    /// The pods of the StatefulSet.
    pods: Pods => Pods,
    /// Volume claims.
    pvcs: Pvcs => Pvcs,
    /// What SQL answers.
    sql: Sql => Sql,
    /// What a command in a pod prints.
    exec: Exec => Exec,
    /// What a container wrote to its log.
    log: Log => Log,
    /// What the StatefulSet says of itself.
    statefulset: StatefulSetStatus => StatefulSet,
    /// Objects that exist or do not.
    objects: Objects => Objects,
    /// What is in the namespace.
    namespace: NamespaceState => Namespace,
    /// What a workload did, and what became of its rows.
    workload: WorkloadState => Workload,
    /// Who is a member of the cluster.
    membership: MembershipState => Membership,
    /// How often containers were restarted though no fault did it.
    crashes: Count => Crashes,
    /// How many lines of the servers' logs say that one broke: an assertion that failed, a crash, a corrupted file.
    traces: Count => Traces,
    /// How many transactions of the mnode are not done; 3.x only.
    transactions: Count => Transactions,
}

/// One of several ways in which something may end.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct OutcomeForm {
    /// What must hold, all at once, for it to have happened.
    pub check: Vec<Located<ConditionForm>>,
    /// Claims that are confirmed if it happens.
    #[serde(default)]
    pub confirms: Vec<Located<String>>,
    /// Claims that are contradicted if it happens.
    #[serde(default)]
    pub contradicts: Vec<Located<String>>,
    /// Versions of TDengine for which it may happen.
    pub tdengine: Option<Located<VersionRange>>,
    /// Manifest sets with which it may happen.
    #[serde(default)]
    pub manifests: Vec<Located<String>>,
}
