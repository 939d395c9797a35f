use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fault took hold, or went: what the bands on a time line are drawn from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FaultChange {
    /// Key of the scenario.
    pub scenario: String,
    /// Number of the fault in its scenario, from 1; all changes of one fault have the same.
    pub fault: u32,
    /// What kind of fault, say `partition`.
    pub name: String,
    /// What it is done to, say `tdengine-1` or `tdengine-0 | tdengine-1, tdengine-2`.
    pub target: String,
    /// What happened to it.
    pub phase: FaultPhase,
    /// The witness or the proof in words, or why there is none.
    pub text: String,
    /// Numbers of the evidence that it rests on.
    pub evidence: Vec<u64>,
}

/// The life of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FaultPhase {
    /// It was done. Whether it took hold is not known yet.
    Injected,
    /// A witness proved that it took hold.
    Witnessed,
    /// No witness could be found: what follows proves nothing.
    NotWitnessed,
    /// It was taken back. Whether it is gone is not known yet.
    Healing,
    /// A proof showed that it is gone.
    Healed,
    /// It is still there, or nothing proved that it is gone.
    NotHealed,
}

/// What a workload did in a span of time. It may be told after the fact, when the history is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Measured {
    /// Key of the scenario.
    pub scenario: String,
    /// The workload.
    pub workload: String,
    /// When the span began.
    #[schemars(with = "String")]
    pub from: Timestamp,
    /// Milliseconds of the span.
    pub span_ms: u64,
    /// Operations that were acknowledged.
    pub ok: u64,
    /// Operations that failed for certain.
    pub failed: u64,
    /// Operations of which it is not known.
    pub unknown: u64,
    /// How long the acknowledged ones took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
}

/// Quantiles of how long operations took, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Latency {
    /// The median.
    pub p50_us: u64,
    /// 95 of 100 were faster.
    pub p95_us: u64,
    /// 99 of 100 were faster.
    pub p99_us: u64,
    /// The slowest.
    pub max_us: u64,
}

/// Something worked again after a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recovery {
    /// Key of the scenario.
    pub scenario: String,
    /// What works again, say `inserts` or `dnode 2 ready`. Recoveries of the same thing are compared over repeats.
    pub what: String,
    /// Number of the fault, see [`FaultChange::fault`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<u32>,
    /// Milliseconds from the heal, or from the fault if it needs none, to the first proof that it works.
    pub took_ms: u64,
}
