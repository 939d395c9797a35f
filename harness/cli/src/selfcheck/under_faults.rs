//! What a search under faults sees of the planted defects that cost rows or spoil the membership.

use seatrial_embedded::Defect;
use seatrial_taos::Version;

use super::expected::{MEMBERSHIP, SQL, STORAGE, expected_on};

/// What `seatrial chaos explore` makes of a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnderFaults {
    /// With faults of these kinds it fails, and the failure says this.
    Found {
        /// Kinds of faults.
        faults: &'static [&'static str],
        /// A part of what failed.
        told: &'static str,
    },
    /// It finds nothing, because of this.
    Unseen(&'static str),
}

const ROWS: &str = "every acknowledged row is there once";
const MEMBERS: &str = "the membership is whole";
const VGROUPS: &str = "every vgroup is whole";
const START: &str = "dnodes: ready";

/// Why a drop that goes wrong is not among the failures.
const DROP: &str = "the drop never ends, so that nothing proves the scaling, and the run is unknown";
/// Faults that a healthy cluster of any version bears.
const MILD: &[&str] = &["kill-process", "partition"];

/// What is expected of a defect; none if it is about neither rows nor the membership, or if the model of that version does
/// not have it.
#[allow(clippy::match_same_arms, clippy::too_many_lines, reason = "one line a defect, in their order")]
pub fn under_faults(tdengine: Version, defect: Defect) -> Option<UnderFaults> {
    use Defect as D;
    let area = expected_on(tdengine, defect)?.area;
    if ![STORAGE, MEMBERSHIP, SQL].contains(&area) {
        return None;
    }
    let found = |faults, told| Some(UnderFaults::Found { faults, told });
    let unseen = |why| Some(UnderFaults::Unseen(why));
    match defect {
        D::VolumeDeletedWithPod => found(&["scale"], ""),
        D::VolumeForgotten => found(&["delete-pod"], ""),
        D::VolumeSurvivesDeletion => found(&["scale"], ""),
        D::ClaimNeverReleased => found(&["scale"], ""),
        D::VolumeNotReclaimed => unseen("a volume that is left over takes room, and nothing from anybody"),
        D::VolumesShared => found(MILD, START),
        D::DnodeIdReused => found(&["scale"], MEMBERS),
        D::DroppedDnodeListed => unseen(DROP),
        D::OfflineForEver => found(&["pause-process", "scale"], MEMBERS),
        D::JoinReportedLate => found(MILD, START),
        D::FourthDnodeRefused => {
            unseen("a schedule ends with three pods, and a fourth that was never let in leaves nothing")
        }
        D::WrongDnodeDropped => unseen(DROP),
        D::DropWithoutMoving => found(&["scale"], ""),
        D::DropBelowReplicaAccepted => found(&["scale"], ""),
        D::EndPointWrong => found(MILD, START),
        D::BalancerAsleep => unseen(DROP),
        D::DnodesDifferByServer => found(MILD, START),
        D::ReplicaIgnored => found(MILD, VGROUPS),
        D::SlaveShownAsMaster => found(MILD, VGROUPS),
        // The model of 3.x tells how many rows it has stored.
        D::InsertLost | D::RowDuplicated if tdengine.first_three()[0] >= 3 => {
            unseen("the answer has another number of rows, so that nobody takes it for an acknowledgement")
        }
        D::InsertLost => found(MILD, ROWS),
        D::RowDuplicated => found(MILD, ROWS),
        D::OnlyFirstRowStored => found(MILD, ROWS),
        D::RestartLosesRow => found(MILD, ROWS),
        D::QueryFromElsewhereEmpty => found(MILD, ROWS),
        D::MigrationLosesRow if tdengine.first_three()[0] >= 3 => {
            unseen("no schedule of 300 lost a row so; the scenario that moves data finds it")
        }
        D::MigrationLosesRow => found(&["scale"], ROWS),
        D::FollowerMissesRow => found(&["kill-process"], ROWS),
        D::OfflineNeverReported => unseen("nobody looks at the dnodes until the faults are over"),
        D::OfflineReportedLate => unseen("nobody looks at the dnodes until the faults are over"),
        D::OfflineReasonWrong => unseen("nobody looks at the dnodes until the faults are over"),
        D::DroppedDnodeKeepsRunning => unseen("its pod goes with it"),
        D::DroppedDnodeRejoins => unseen("its pod and its volume go with it"),
        D::DroppingShownReady => unseen("nobody looks at the dnodes until a drop is over"),
        D::OneMnodeOnly => unseen("one mnode serves as well once the faults are over"),
        D::MnodeOnEveryDnode => unseen("more mnodes than needed do no harm"),
        D::SettingsNotWritten => unseen("other settings keep rows and members, too"),
        D::RestartHealsDropping => unseen("a dnode that is neither dropped nor there fails either way"),
        D::NewestDatabaseNotListed => unseen("whoever writes knows the database"),
        D::UnresolvedNameMisreported => unseen("an error is an error, whatever it says"),
        _ => unseen(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defect_of_rows_and_membership_is_classified() {
        for version in ["2.1.1.0", "3.3.0.1"] {
            let all = Defect::ALL
                .iter()
                .filter_map(|defect| Some((defect, under_faults(version.parse().unwrap(), *defect)?)));
            let all: Vec<(&Defect, UnderFaults)> = all.collect();
            let unnamed: Vec<&Defect> =
                all.iter().filter(|(_, what)| *what == UnderFaults::Unseen("")).map(|(defect, _)| *defect).collect();
            assert!(unnamed.is_empty(), "neither found nor told why not: {unnamed:?}");
            let found = all.iter().filter(|(_, what)| matches!(what, UnderFaults::Found { .. })).count();
            assert!(found * 2 >= all.len(), "{found} of {}", all.len());
        }
    }
}
