//! Where a reader expects a planted defect to be caught on TDengine 3.x.

use seatrial_embedded::Defect;

use super::expected::{Expected, KUBELET, KUBERNETES, MEMBERSHIP, SHELL, SQL, STORAGE};

/// The expectation for a defect; `None` of one that the model of 3.x does not have.
#[allow(clippy::match_same_arms, clippy::too_many_lines, reason = "one line a defect, in their order")]
pub fn expected(defect: Defect) -> Option<Expected> {
    use Defect as D;
    let of = |area, by| Some(Expected { area, by });
    match defect {
        D::VolumeDeletedWithPod => of(STORAGE, &[("safe-scale-down", "volume claims"), ("pvc-kept", "volume claims")]),
        D::VolumeForgotten => of(STORAGE, &[("pvc-kept", "CrashLoopBackOff")]),
        D::VolumeSurvivesDeletion => of(STORAGE, &[("safe-scale-down", "5 (tdengine-3)")]),
        D::ClaimNeverReleased => of(STORAGE, &[("safe-scale-down", "Delete pvc"), ("cleanup", "volume claims")]),
        D::VolumeNotReclaimed => of(STORAGE, &[("cleanup", "no volume is left")]),
        D::VolumesShared => of(STORAGE, &[("start", "dnodes")]),
        D::ScaleDownFromFront => of(KUBERNETES, &[("safe-scale-down", "pods"), ("failure-1", "pods")]),
        D::ScaleIgnored => of(KUBERNETES, &[("scale-up", "pods")]),
        D::RolloutIgnored => of(KUBERNETES, &[("rolling-restart", "replaced")]),
        D::ReadyReplicasNotCounted => of(KUBERNETES, &[("start", "StatefulSet")]),
        D::OrphanedPods => of(KUBERNETES, &[("cleanup", "Delete every pvc"), ("cleanup", "namespace is empty")]),
        D::PodsNeverEnd => of(KUBELET, &[("failure-1", "pods"), ("safe-scale-down", "pods")]),
        D::NoBackOff => of(KUBELET, &[("safe-scale-down", "CrashLoopBackOff"), ("pvc-kept", "CrashLoopBackOff")]),
        D::RestartsNotCounted => of(KUBELET, &[("safe-scale-down", "restarts"), ("pvc-kept", "restarts")]),
        D::NoRestart => of(KUBELET, &[("safe-scale-down", "restarts"), ("pvc-kept", "CrashLoopBackOff")]),
        D::DnodeIdReused => of(MEMBERSHIP, &[("safe-scale-down", "5 (tdengine-3)"), ("pvc-kept", "5 (tdengine-3)")]),
        D::DroppedDnodeListed => of(MEMBERSHIP, &[("safe-scale-down", "dnodes: ready"), ("pvc-kept", "dnodes: ready")]),
        D::OfflineNeverReported => of(MEMBERSHIP, &[("failure-1", "offline 3")]),
        D::OfflineReportedLate => of(MEMBERSHIP, &[("failure-1", "offline 3")]),
        D::OfflineReasonWrong => of(MEMBERSHIP, &[("failure-1", "reason")]),
        D::DroppedDnodeKeepsRunning => {
            of(MEMBERSHIP, &[("safe-scale-down", "not ready 3"), ("pvc-kept", "not ready 3")])
        }
        D::DropBelowReplicaAccepted => of(MEMBERSHIP, &[("drop-below-replica", "drop dnode 3")]),
        D::DnodesDifferByServer => of(MEMBERSHIP, &[("start", "dnodes: ready")]),
        D::ReplicaIgnored => of(SQL, &[("drop-below-replica", "replica 3"), ("failure-2", "replica 3")]),
        D::MigrationLosesRow => of(SQL, &[("safe-scale-down-with-data", "SQL")]),
        D::FollowerMissesRow => of(SQL, &[("rolling-restart", "lost"), ("mnode-leader-lost", "lost")]),
        D::InsertLost => of(SQL, &[("start", "SQL"), ("scale-up", "SQL")]),
        D::RowDuplicated => of(SQL, &[("start", "SQL"), ("scale-up", "SQL")]),
        D::ShellFailsOnSqlError => of(SHELL, &[("start", "replica 2"), ("drop-below-replica", "SQL")]),
        D::TableCutShort => of(SHELL, &[("start", "dnodes: ready")]),
        D::RowsPrintedTwice => of(SHELL, &[("start", "dnodes: ready")]),
        D::ColumnsSwapped => of(SHELL, &[("start", "dnodes: ready")]),
        D::ShellHidesErrors => of(SHELL, &[("start", "replica 2"), ("drop-below-replica", "SQL")]),
        D::ShellHangsOnError => of(SHELL, &[("start", "replica 2"), ("drop-below-replica", "SQL")]),
        _ => None,
    }
}
