use std::collections::BTreeMap;

use schemars::JsonSchema;
use seatrial_record::{Latency, Recovery};
use serde::{Deserialize, Serialize};

use crate::model::{Attempt, Fault};

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct FaultReport {
    /// Its number in the scenario.
    pub number: u32,
    /// What kind of fault.
    pub name: String,
    /// What it was done to.
    pub target: String,
    /// Milliseconds from the start of the scenario.
    pub from_ms: u64,
    /// Milliseconds from the start of the scenario; the end of the scenario if nothing healed it.
    pub to_ms: u64,
    /// Whether it took hold; `null` if nobody has looked.
    pub witnessed: Option<bool>,
    /// The witness in words.
    pub witness: String,
    /// Whether it is gone; `null` if nobody has looked.
    pub healed: Option<bool>,
    /// The proof in words.
    pub heal: String,
    /// Numbers of the evidence.
    pub evidence: Vec<u64>,
}

/// What a workload did in all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct WorkloadReport {
    /// The workload.
    pub name: String,
    /// Operations that were acknowledged.
    pub ok: u64,
    /// Operations that failed for certain.
    pub failed: u64,
    /// Operations of which it is not known.
    pub unknown: u64,
    /// The worst of each quantile over all its spans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_latency: Option<Latency>,
}

/// Something worked again after a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RecoveryReport {
    /// What.
    pub what: String,
    /// Number of the fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<u32>,
    /// Milliseconds that it took.
    pub took_ms: u64,
}

pub(super) fn faults(attempt: &Attempt) -> Vec<FaultReport> {
    let one = |fault: &Fault| {
        let (from_ms, to_ms) = fault.span(attempt);
        let (witness, heal) = (fault.witness(), fault.heal());
        FaultReport {
            number: fault.number,
            name: fault.name.clone(),
            target: fault.target.clone(),
            from_ms,
            to_ms,
            witnessed: witness.map(|(is, _)| is),
            witness: witness.map(|(_, text)| text.to_owned()).unwrap_or_default(),
            healed: heal.map(|(is, _)| is),
            heal: heal.map(|(_, text)| text.to_owned()).unwrap_or_default(),
            evidence: fault.evidence.clone(),
        }
    };
    attempt.faults.iter().map(one).collect()
}

pub(super) fn workloads(attempt: &Attempt) -> Vec<WorkloadReport> {
    let mut all: BTreeMap<&str, WorkloadReport> = BTreeMap::new();
    for measured in attempt.measurements.iter().map(|measurement| &measurement.measured) {
        let name = || WorkloadReport { name: measured.workload.clone(), ..WorkloadReport::default() };
        let workload = all.entry(&measured.workload).or_insert_with(name);
        workload.ok += measured.ok;
        workload.failed += measured.failed;
        workload.unknown += measured.unknown;
        workload.worst_latency = match (workload.worst_latency, measured.latency) {
            (Some(a), Some(b)) => Some(Latency {
                p50_us: a.p50_us.max(b.p50_us),
                p95_us: a.p95_us.max(b.p95_us),
                p99_us: a.p99_us.max(b.p99_us),
                max_us: a.max_us.max(b.max_us),
            }),
            (known, new) => known.or(new),
        };
    }
    all.into_values().collect()
}

pub(super) fn recoveries(attempt: &Attempt) -> Vec<RecoveryReport> {
    let one = |Recovery { what, fault, took_ms, .. }: &Recovery| RecoveryReport {
        what: what.clone(),
        fault: *fault,
        took_ms: *took_ms,
    };
    attempt.recoveries.iter().map(one).collect()
}
