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
    /// Names of pods resolve although their addresses are not published.
    NamesAlwaysResolve = "names-always-resolve",
    /// A change of a ConfigMap restarts the pods that use it.
    ConfigChangeRestarts = "config-change-restarts",
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
    /// An insert is acknowledged and not stored.
    InsertLost = "insert-lost",
    /// A row is stored twice under two timestamps.
    RowDuplicated = "row-duplicated",
    /// Moving a vnode to another dnode loses its last row.
    MigrationLosesRow = "migration-loses-row",
    /// `drop dnode` is accepted although too few dnodes would be left.
    DropBelowReplicaAccepted = "drop-below-replica-accepted",
    /// `replica` of `create database` is ignored.
    ReplicaIgnored = "replica-ignored",
    /// A restart of the mnode turns `dropping` dnodes into ready ones.
    RestartHealsDropping = "restart-heals-dropping",
    /// Each server lists only itself in `show dnodes`.
    DnodesDifferByServer = "dnodes-differ-by-server",
    /// The shell ends with exit code 1 when a statement fails.
    ShellFailsOnSqlError = "shell-fails-on-sql-error",
    /// The shell leaves out the last row of every table.
    TableCutShort = "table-cut-short",
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
