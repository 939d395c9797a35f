//! What a search under faults sees of the planted defects that cost rows or spoil the membership.

use seatrial_embedded::Defect;
use seatrial_taos::Version;

use super::expected::{MEMBERSHIP, SQL, STORAGE, area_on};
use crate::args::PODS;

/// What `seatrial chaos explore` makes of a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnderFaults {
    /// With faults of these kinds it fails, and the failure says this.
    Found {
        /// Kinds of faults.
        faults: &'static [&'static str],
        /// A part of what failed.
        told: &'static str,
        /// How many pods there are.
        pods: u32,
    },
    /// It finds nothing, because of this.
    Unseen(&'static str),
}

const ROWS: &str = "every acknowledged row is there once";
const FRESH: &str = "rows are acknowledged";
const MEMBERS: &str = "the membership is whole";
const VGROUPS: &str = "every vgroup is whole";
const START: &str = "dnodes: ready";
const NOTICED: &str = "nobody who is away is listed as ready";

/// Faults that a healthy cluster of any version bears.
const MILD: &[&str] = &["kill-process", "partition"];
/// Faults that change who is there.
const SCALE: &[&str] = &["scale"];

/// What is expected of a defect; none if it is about neither rows nor the membership, or if the model of that version does
/// not have it.
#[allow(clippy::match_same_arms, clippy::too_many_lines, reason = "one line a defect, in their order")]
pub fn under_faults(tdengine: Version, defect: Defect) -> Option<UnderFaults> {
    use Defect as D;
    if ![STORAGE, MEMBERSHIP, SQL].contains(&area_on(tdengine, defect)?) {
        return None;
    }
    let new = tdengine.first_three()[0] >= 3;
    let found = |faults, told| Some(UnderFaults::Found { faults, told, pods: PODS });
    let unseen = |why| Some(UnderFaults::Unseen(why));
    match defect {
        D::VolumeDeletedWithPod if new => found(SCALE, VGROUPS),
        // Of 2.x, the only copy of a vnode is listed as it was when its files are gone, and takes no rows.
        D::VolumeDeletedWithPod => found(SCALE, FRESH),
        D::VolumeForgotten => found(&["delete-pod"], MEMBERS),
        D::VolumeSurvivesDeletion => found(SCALE, MEMBERS),
        D::ClaimNeverReleased => found(SCALE, "claims that were to go are still there"),
        D::VolumeNotReclaimed => unseen("a volume that is left over takes room, and nothing from anybody"),
        D::VolumesShared => found(MILD, START),
        D::DnodeIdReused => found(SCALE, MEMBERS),
        D::DroppedDnodeListed => found(SCALE, "s after its drop"),
        D::OfflineForEver => found(&["pause-process", "scale"], MEMBERS),
        D::JoinReportedLate => found(MILD, START),
        D::FourthDnodeRefused => found(SCALE, "is no dnode after"),
        D::WrongDnodeDropped => found(SCALE, "is ready N s after its drop"),
        D::DropWithoutMoving => found(SCALE, VGROUPS),
        D::DropBelowReplicaAccepted => found(SCALE, VGROUPS),
        D::EndPointWrong => found(MILD, START),
        D::BalancerAsleep => found(SCALE, "is dropping N s after its drop"),
        D::DnodesDifferByServer => found(MILD, START),
        D::ReplicaIgnored => found(MILD, VGROUPS),
        D::SlaveShownAsMaster => found(MILD, VGROUPS),
        D::InsertLost => found(MILD, ROWS),
        D::RowDuplicated => found(MILD, ROWS),
        D::OnlyFirstRowStored => found(MILD, ROWS),
        D::RestartLosesRow => found(MILD, ROWS),
        D::QueryFromElsewhereEmpty => found(MILD, ROWS),
        // A database of 3.x has two vgroups, so that each of two dnodes has data to give away.
        D::MigrationLosesRow if new => Some(UnderFaults::Found { faults: SCALE, told: ROWS, pods: 2 }),
        D::MigrationLosesRow => found(SCALE, ROWS),
        D::FollowerMissesRow => found(&["kill-process"], ROWS),
        D::OfflineNeverReported => found(&["pause-process"], NOTICED),
        D::OfflineReportedLate => found(&["pause-process"], NOTICED),
        D::OfflineReasonWrong => unseen("an offline dnode is offline, and a new leader gives another reason anyway"),
        D::DroppedDnodeKeepsRunning => unseen("its pod goes with it"),
        D::DroppedDnodeRejoins => unseen("its pod and its volume go with it"),
        D::DroppingShownReady if new => unseen("who drops a dnode waits for the answer until it is gone"),
        D::DroppingShownReady => found(SCALE, "is ready N s after its drop"),
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
            assert!(found * 3 >= all.len() * 2, "{found} of {}", all.len());
            let any = |what: &UnderFaults| matches!(what, UnderFaults::Found { told, .. } if told.is_empty());
            assert!(!all.iter().any(|(_, what)| any(what)), "a failure that any text tells");
        }
    }
}
