use std::{collections::BTreeSet, fmt, str::FromStr, sync::Arc};

macro_rules! defects {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// Something wrong that can be planted in the embedded cluster, to see whether a check notices.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Defect { $($(#[doc = $doc])+ $variant,)+ }

        impl Defect {
            /// All defects, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name used on the command line and in reports.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What is wrong, in one sentence.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

defects! {
    /// Scaling a StatefulSet down deletes the volume of the pod that goes.
    VolumeDeletedWithPod = "volume-deleted-with-pod",
    /// A pod starts with an empty volume although its claim existed before.
    VolumeForgotten = "volume-forgotten",
    /// Deleting a claim leaves the data for the next claim of that name.
    VolumeSurvivesDeletion = "volume-survives-deletion",
    /// A StatefulSet scales down from the lowest ordinal.
    ScaleDownFromFront = "scale-down-from-front",
    /// A StatefulSet ignores a change of its replicas.
    ScaleIgnored = "scale-ignored",
    /// The pods of a StatefulSet are started all at once, although it wants them one after the other.
    PodsStartTogether = "pods-start-together",
    /// A StatefulSet does not replace its pods when its template changes.
    RolloutIgnored = "rollout-ignored",
    /// A StatefulSet's status counts no pod as ready.
    ReadyReplicasNotCounted = "ready-replicas-not-counted",
    /// A claim that is deleted stays, although no pod uses it any more.
    ClaimNeverReleased = "claim-never-released",
    /// The volume of a deleted claim is kept.
    VolumeNotReclaimed = "volume-not-reclaimed",
    /// All claims get one and the same volume.
    VolumesShared = "volumes-shared",
    /// A ConfigMap that is deleted stays.
    ConfigDeletionIgnored = "config-deletion-ignored",
    /// Names of pods resolve although their addresses are not published.
    NamesAlwaysResolve = "names-always-resolve",
    /// Names are not published before pods are ready, although the Service asks for it.
    EarlyNamesIgnored = "early-names-ignored",
    /// The names of pods that are gone go on to resolve.
    NamesOutlivePods = "names-outlive-pods",
    /// A name keeps the first address that it had.
    NamesKeepAddress = "names-keep-address",
    /// A change of a ConfigMap restarts the pods that use it.
    ConfigChangeRestarts = "config-change-restarts",
    /// A pod that replaces another of its name gets the environment that the first one had.
    EnvironmentKept = "environment-kept",
    /// The last key of a ConfigMap does not reach the environment of pods.
    EnvironmentIncomplete = "environment-incomplete",
    /// Pods that are deleted go on running.
    PodsNeverEnd = "pods-never-end",
    /// A container counts as ready as soon as it runs, whatever its probe says.
    ReadyWithoutProbe = "ready-without-probe",
    /// Containers that exit again and again are restarted at once each time.
    NoBackOff = "no-back-off",
    /// The restarts of containers are not counted.
    RestartsNotCounted = "restarts-not-counted",
    /// `kubectl exec` runs in the first pod, whichever is named.
    ExecInFirstPod = "exec-in-first-pod",
    /// Containers that exit are never restarted.
    NoRestart = "no-restart",
    /// Deleting a StatefulSet leaves its pods behind.
    OrphanedPods = "orphaned-pods",
    /// The id of a dropped dnode is given to the next one.
    DnodeIdReused = "dnode-id-reused",
    /// A dropped dnode stays in `show dnodes`.
    DroppedDnodeListed = "dropped-dnode-listed",
    /// A dnode that is gone is shown as ready for ever.
    OfflineNeverReported = "offline-never-reported",
    /// A dnode that is gone is reported much later than after a few seconds.
    OfflineReportedLate = "offline-reported-late",
    /// The reason for being offline is wrong.
    OfflineReasonWrong = "offline-reason-wrong",
    /// A taosd whose dnode was dropped goes on running.
    DroppedDnodeKeepsRunning = "dropped-dnode-keeps-running",
    /// A server that has been dropped forgets who it was, and is taken in again.
    DroppedDnodeRejoins = "dropped-dnode-rejoins",
    /// A dnode that comes back stays offline.
    OfflineForEver = "offline-for-ever",
    /// A new dnode is shown as ready only minutes after it has reported.
    JoinReportedLate = "join-reported-late",
    /// No more than three dnodes are let in.
    FourthDnodeRefused = "fourth-dnode-refused",
    /// `drop dnode` drops another dnode than the one it names.
    WrongDnodeDropped = "wrong-dnode-dropped",
    /// A dnode is dropped at once, with the vnodes that are still on it.
    DropWithoutMoving = "drop-without-moving",
    /// Dnodes that are being dropped are shown as ready.
    DroppingShownReady = "dropping-shown-ready",
    /// All dnodes are shown with the end point of the first.
    EndPointWrong = "end-point-wrong",
    /// There is never more than one mnode.
    OneMnodeOnly = "one-mnode-only",
    /// Every dnode gets an mnode.
    MnodeOnEveryDnode = "mnode-on-every-dnode",
    /// The balancer moves nothing by itself.
    BalancerAsleep = "balancer-asleep",
    /// Copies that follow are shown as leading.
    SlaveShownAsMaster = "slave-shown-as-master",
    /// The environment of the container does not reach the server's configuration file, but for names and ports.
    SettingsNotWritten = "settings-not-written",
    /// An insert is acknowledged and not stored.
    InsertLost = "insert-lost",
    /// A row is stored twice under two timestamps.
    RowDuplicated = "row-duplicated",
    /// Of several rows in one insert only the first is stored.
    OnlyFirstRowStored = "only-first-row-stored",
    /// A server that starts again has lost the last row of each vnode.
    RestartLosesRow = "restart-loses-row",
    /// A copy that follows does not store every other row that it is sent (3.x).
    FollowerMissesRow = "follower-misses-row",
    /// A query from another pod than that of the vnode finds nothing.
    QueryFromElsewhereEmpty = "query-from-elsewhere-empty",
    /// Moving a vnode to another dnode loses its last row.
    MigrationLosesRow = "migration-loses-row",
    /// `drop dnode` is accepted although too few dnodes would be left.
    DropBelowReplicaAccepted = "drop-below-replica-accepted",
    /// `replica` of `create database` is ignored.
    ReplicaIgnored = "replica-ignored",
    /// `show databases` leaves out the newest database.
    NewestDatabaseNotListed = "newest-database-not-listed",
    /// A name that does not resolve is reported as a network that is not available.
    UnresolvedNameMisreported = "unresolved-name-misreported",
    /// A restart of the mnode turns `dropping` dnodes into ready ones.
    RestartHealsDropping = "restart-heals-dropping",
    /// Each server lists only itself in `show dnodes`.
    DnodesDifferByServer = "dnodes-differ-by-server",
    /// The shell ends with exit code 1 when a statement fails.
    ShellFailsOnSqlError = "shell-fails-on-sql-error",
    /// The shell leaves out the last row of every table.
    TableCutShort = "table-cut-short",
    /// The shell prints every row twice.
    RowsPrintedTwice = "rows-printed-twice",
    /// The shell shows the first two columns under each other's names.
    ColumnsSwapped = "columns-swapped",
    /// The shell says that a statement was done when it failed.
    ShellHidesErrors = "shell-hides-errors",
    /// The shell never ends when a statement fails.
    ShellHangsOnError = "shell-hangs-on-error",
    /// The REST service leaves out the last row of every table.
    RestTableCutShort = "rest-table-cut-short",
    /// The REST service answers a statement that failed as if it had been done.
    RestHidesErrors = "rest-hides-errors",
    /// The REST service refuses the right password.
    RestRefusesLogin = "rest-refuses-login",
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Defect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|defect| defect.name() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|defect| defect.name()).collect();
            format!("no such defect: {text} (known: {})", known.join(", "))
        })
    }
}

/// The defects planted in a world. Empty in a normal run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defects(Arc<BTreeSet<Defect>>);

impl Defects {
    /// True if `defect` is planted.
    pub fn has(&self, defect: Defect) -> bool {
        self.0.contains(&defect)
    }
}

impl FromIterator<Defect> for Defects {
    fn from_iter<I: IntoIterator<Item = Defect>>(defects: I) -> Self {
        Self(Arc::new(defects.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_back() {
        for defect in Defect::ALL {
            assert_eq!(defect.name().parse(), Ok(*defect));
            assert!(defect.summary().ends_with('.'), "{defect}: {}", defect.summary());
        }
        assert!("nonsense".parse::<Defect>().is_err());
    }
}
