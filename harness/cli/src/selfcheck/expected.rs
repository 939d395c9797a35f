//! Where a reader expects a planted defect to be caught; below, on TDengine 2.x.

use seatrial_embedded::Defect;
use seatrial_taos::Version;

use super::expected_3x;

/// Where a reader expects a defect to be caught: in one of these scenarios, by a check whose title has this in it.
pub struct Expected {
    /// The layer that the defect is in.
    pub area: &'static str,
    /// Scenario, and a part of the check's title.
    pub by: &'static [(&'static str, &'static str)],
}

/// The expectation for a defect on a TDengine version; `None` if its model does not have the defect.
pub fn expected_on(tdengine: Version, defect: Defect) -> Option<Expected> {
    match tdengine.first_three() {
        [..=2, ..] if defect == Defect::FollowerMissesRow => None,
        [..=2, ..] => Some(expected(defect)),
        _ => expected_3x::expected(defect),
    }
}

/// The layer that a defect is in; `None` if the model of the version does not have the defect.
pub fn area_on(tdengine: Version, defect: Defect) -> Option<&'static str> {
    use Defect as D;
    let absent = match tdengine.first_three() {
        [..=2, ..] => defect == D::FollowerMissesRow,
        _ => matches!(
            defect,
            D::JoinReportedLate
                | D::OneMnodeOnly
                | D::MnodeOnEveryDnode
                | D::BalancerAsleep
                | D::SettingsNotWritten
                | D::UnresolvedNameMisreported
        ),
    };
    (!absent).then(|| expected(defect).area)
}

/// The expectation for each defect.
#[allow(clippy::match_same_arms, clippy::too_many_lines, reason = "one line a defect, in their order")]
fn expected(defect: Defect) -> Expected {
    use Defect as D;
    let of = |area, by| Expected { area, by };
    match defect {
        D::VolumeDeletedWithPod => of(STORAGE, &[("safe-scale-down", "volume claims"), ("pvc-kept", "volume claims")]),
        D::VolumeForgotten => of(STORAGE, &[("pvc-kept", "CrashLoopBackOff"), ("config-update", "dnodes")]),
        D::VolumeSurvivesDeletion => {
            of(STORAGE, &[("safe-scale-down", "4 (tdengine-2)"), ("pvc-kept", "4 (tdengine-2)")])
        }
        D::ClaimNeverReleased => of(STORAGE, &[("safe-scale-down", "Delete pvc"), ("cleanup", "volume claims")]),
        D::VolumeNotReclaimed => of(STORAGE, &[("cleanup", "no volume is left")]),
        D::VolumesShared => of(STORAGE, &[("start", "dnodes")]),
        D::ScaleDownFromFront => of(KUBERNETES, &[("safe-scale-down", "pods"), ("pvc-kept", "pods")]),
        D::ScaleIgnored => of(KUBERNETES, &[("scale-up", "pods"), ("safe-scale-down", "pods")]),
        D::PodsStartTogether => of(KUBERNETES, &[("failure-1", "dnodes: ready"), ("scale-up", "dnodes: ready")]),
        D::RolloutIgnored => of(KUBERNETES, &[("rolling-restart", "completes")]),
        D::ReadyReplicasNotCounted => of(KUBERNETES, &[("start", "StatefulSet")]),
        D::ConfigDeletionIgnored => of(KUBERNETES, &[("cleanup", "configmap/taoscfg")]),
        D::OrphanedPods => of(KUBERNETES, &[("cleanup", "namespace is empty"), ("failure-1", "pods: absent")]),
        D::NamesAlwaysResolve => of(DNS, &[("start", "half-moved"), ("failure-1", "ends, waits")]),
        D::EarlyNamesIgnored => of(DNS, &[("start", "whole")]),
        D::NamesOutlivePods => of(DNS, &[("failure-2", "lost-the-master"), ("failure-1", "ends, waits")]),
        D::NamesKeepAddress => {
            of(DNS, &[("rolling-restart", "recovers"), ("failure-2", "dnodes"), ("failure-2", "SQL")])
        }
        D::ConfigChangeRestarts => of(KUBELET, &[("config-update", "pods")]),
        D::EnvironmentKept => of(KUBELET, &[("config-update", "env")]),
        D::EnvironmentIncomplete => of(KUBELET, &[("start", "env")]),
        D::PodsNeverEnd => {
            of(KUBELET, &[("config-update", "pods"), ("failure-2", "pods"), ("safe-scale-down", "pods")])
        }
        D::ReadyWithoutProbe => of(KUBELET, &[("start", "half-moved"), ("failure-1", "ends, waits")]),
        D::NoBackOff => of(KUBELET, &[("pvc-kept", "CrashLoopBackOff"), ("safe-scale-down", "CrashLoopBackOff")]),
        D::RestartsNotCounted => of(KUBELET, &[("pvc-kept", "restarts"), ("safe-scale-down", "restarts")]),
        D::ExecInFirstPod => of(KUBELET, &[("config-update", "env in pod 1")]),
        D::NoRestart => of(KUBELET, &[("safe-scale-down", "CrashLoopBackOff"), ("pvc-kept", "CrashLoopBackOff")]),
        D::DnodeIdReused => of(MEMBERSHIP, &[("safe-scale-down", "4 (tdengine-2)"), ("pvc-kept", "4 (tdengine-2)")]),
        D::DroppedDnodeListed => of(MEMBERSHIP, &[("safe-scale-down", "removed"), ("pvc-kept", "removed")]),
        D::OfflineNeverReported => of(MEMBERSHIP, &[("failure-1", "offline 3"), ("failure-2", "offline 2")]),
        D::OfflineReportedLate => of(MEMBERSHIP, &[("failure-1", "offline 3"), ("failure-2", "offline 2")]),
        D::OfflineReasonWrong => of(MEMBERSHIP, &[("failure-1", "reason"), ("failure-2", "reason")]),
        D::DroppedDnodeKeepsRunning => {
            of(MEMBERSHIP, &[("safe-scale-down", "CrashLoopBackOff"), ("pvc-kept", "CrashLoopBackOff")])
        }
        D::DroppedDnodeRejoins => {
            of(MEMBERSHIP, &[("safe-scale-down", "CrashLoopBackOff"), ("pvc-kept", "CrashLoopBackOff")])
        }
        D::OfflineForEver => of(MEMBERSHIP, &[("config-update", "dnodes: ready"), ("failure-2", "dnodes: ready")]),
        D::JoinReportedLate => of(MEMBERSHIP, &[("start", "dnodes: ready"), ("scale-up", "dnodes: ready")]),
        D::FourthDnodeRefused => of(MEMBERSHIP, &[("scale-up", "dnodes: ready")]),
        D::WrongDnodeDropped => of(MEMBERSHIP, &[("safe-scale-down", "removed"), ("pvc-kept", "removed")]),
        D::DropWithoutMoving => {
            of(MEMBERSHIP, &[("safe-scale-down-with-data", "vgroups"), ("safe-scale-down-with-data", "SQL")])
        }
        D::DropBelowReplicaAccepted => of(MEMBERSHIP, &[("failure-2", "Out of DNodes")]),
        D::DroppingShownReady => of(MEMBERSHIP, &[("failure-1", "stuck"), ("pvc-kept", "stuck")]),
        D::EndPointWrong => of(MEMBERSHIP, &[("start", "dnodes: ready")]),
        D::OneMnodeOnly => of(MEMBERSHIP, &[("start", "mnodes")]),
        D::MnodeOnEveryDnode => of(MEMBERSHIP, &[("scale-up", "mnodes")]),
        D::BalancerAsleep => {
            of(MEMBERSHIP, &[("start", "half-moved"), ("start", "mnodes"), ("safe-scale-down", "removed")])
        }
        D::SlaveShownAsMaster => of(MEMBERSHIP, &[("failure-2", "created")]),
        D::SettingsNotWritten => of(MEMBERSHIP, &[("start", "cat /etc/taos/taos.cfg")]),
        D::RestartHealsDropping => of(MEMBERSHIP, &[("failure-1", "drops-end"), ("failure-1", "stuck")]),
        D::DnodesDifferByServer => of(MEMBERSHIP, &[("start", "dnodes: ready")]),
        D::ReplicaIgnored => of(MEMBERSHIP, &[("failure-2", "created")]),
        D::MigrationLosesRow => of(SQL, &[("safe-scale-down-with-data", "SQL")]),
        D::InsertLost => of(SQL, &[("start", "SQL"), ("scale-up", "SQL"), ("rolling-restart", "lost")]),
        D::RowDuplicated => of(SQL, &[("start", "SQL"), ("scale-up", "SQL"), ("rolling-restart", "duplicated")]),
        D::OnlyFirstRowStored => of(SQL, &[("start", "SQL"), ("scale-up", "SQL")]),
        D::RestartLosesRow => of(SQL, &[("rolling-restart", "lost"), ("failure-1", "SQL"), ("failure-2", "SQL")]),
        // In 3.x alone.
        D::FollowerMissesRow => of(SQL, &[("mnode-leader-lost", "lost")]),
        D::QueryFromElsewhereEmpty => of(SQL, &[("start", "SQL in each pod"), ("scale-up", "SQL in each pod")]),
        D::NewestDatabaseNotListed => of(SQL, &[("failure-2", "show databases")]),
        D::UnresolvedNameMisreported => of(SQL, &[("failure-2", "lost-the-master")]),
        D::ShellFailsOnSqlError => of(SHELL, &[("failure-2", "Out of DNodes"), ("failure-2", "lost-the-master")]),
        D::TableCutShort => of(SHELL, &[("start", "dnodes: ready")]),
        D::RowsPrintedTwice => of(SHELL, &[("start", "dnodes: ready")]),
        D::ColumnsSwapped => of(SHELL, &[("start", "dnodes: ready")]),
        D::ShellHidesErrors => of(SHELL, &[("failure-2", "Out of DNodes"), ("failure-2", "lost-the-master")]),
        D::ShellHangsOnError => of(SHELL, &[("failure-2", "Out of DNodes"), ("failure-2", "lost-the-master")]),
        D::RestTableCutShort => of(REST, &[("start", "by REST")]),
        D::RestHidesErrors => of(REST, &[("start", "by REST")]),
        D::RestRefusesLogin => of(REST, &[("start", "by REST")]),
    }
}

pub(super) const KUBERNETES: &str = "Kubernetes";
pub(super) const KUBELET: &str = "kubelet";
const DNS: &str = "DNS";
pub(super) const STORAGE: &str = "storage";
pub(super) const MEMBERSHIP: &str = "TDengine membership";
pub(super) const SQL: &str = "SQL";
pub(super) const SHELL: &str = "shell output";
const REST: &str = "REST output";

impl Expected {
    /// True if a reader expects the defect to be caught by this check of this scenario.
    pub fn is(&self, scenario: &str, title: &str) -> bool {
        self.by.iter().any(|(name, part)| *name == scenario && title.contains(part))
    }

    /// The scenarios, in order.
    pub fn scenarios(&self) -> impl Iterator<Item = &'static str> {
        self.by.iter().map(|(scenario, _)| *scenario)
    }

    /// In words.
    pub fn words(&self) -> String {
        let by = self.by.iter().map(|(scenario, part)| format!("{scenario} ({part})"));
        by.collect::<Vec<_>>().join(" or ")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_layer_has_defects_and_every_defect_somewhere_to_be_caught() {
        let areas: BTreeSet<&str> = Defect::ALL.iter().map(|defect| expected(*defect).area).collect();
        assert_eq!(areas, BTreeSet::from([KUBERNETES, KUBELET, DNS, STORAGE, MEMBERSHIP, SQL, SHELL, REST]));
        assert!(Defect::ALL.iter().all(|defect| !expected(*defect).by.is_empty()));
        assert!(Defect::ALL.len() >= 40, "{}", Defect::ALL.len());
    }
}
