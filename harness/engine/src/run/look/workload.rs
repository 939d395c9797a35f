use std::collections::BTreeMap;

use seatrial_chaos::{ClusterClient, MOST_ROWS, check, read_back};
use seatrial_cluster::{Cluster, Via};
use seatrial_record::{Blame, EvidenceKind, ObservedKind};
use seatrial_taos::Vgroup;

use crate::{
    run::{Glance, Holds, Lens, grid::Grid, lens::SQL_LIMIT},
    scenario::{Count, Where, WorkloadState},
};

impl Lens {
    pub(crate) async fn workload(&mut self, expected: &WorkloadState) -> Glance {
        let (mut left, mut right) = (Grid::new(["what", "number"]), Grid::new(["what", "number"]));
        let mut against = Vec::new();
        let mut compare = |what: &str, wanted: Option<Count>, found: u64, which: String| {
            let Some(wanted) = wanted else { return };
            left.row(vec![what.to_owned(), wanted.to_string()]);
            let fits = wanted.allows(found);
            right.row(vec![what.to_owned(), if fits { wanted.to_string() } else { found.to_string() }]);
            if !fits {
                against.push(format!("{found} rows were {what}, not {wanted}{which}"));
            }
        };
        let Some(progress) = self.workloads.progress(&expected.name) else {
            return harness(format!("workload `{}` was not started", expected.name));
        };
        compare("acknowledged", expected.acknowledged, progress.acked, String::new());
        let marked = self.workloads.marked(&expected.name);
        let fresh = progress.acked.saturating_sub(marked);
        compare("acknowledged in this step", expected.fresh, fresh, String::new());
        compare("failed", expected.failed, progress.failed, String::new());
        self.observed.push(seatrial_record::Observation {
            kind: ObservedKind::Workload,
            name: expected.name.clone(),
            state: progress.to_string(),
        });
        let mut unknown = None;
        if progress.attempted >= MOST_ROWS {
            unknown = Some("its history is full, so it writes no more: give it a lower rate or a shorter time");
        }
        let counted = [expected.lost, expected.duplicated, expected.stale, expected.disagreeing];
        if counted.iter().any(Option::is_some) {
            let stored = match self.stored(&expected.name).await {
                Ok(stored) => stored,
                Err(glance) => return glance,
            };
            let rows = |rows: &[seatrial_chaos::RowId]| match rows {
                [] => String::new(),
                rows => {
                    format!(", such as {}", rows.iter().take(3).map(ToString::to_string).collect::<Vec<_>>().join(", "))
                }
            };
            compare("lost", expected.lost, stored.lost.len() as u64, rows(&stored.lost));
            compare("duplicated", expected.duplicated, stored.duplicated.len() as u64, rows(&stored.duplicated));
            compare("stale in a read", expected.stale, stored.stale.len() as u64, rows(&stored.stale));
            compare(
                "never sent and there",
                Some(Count::exactly(0)),
                stored.unexpected.len() as u64,
                rows(&stored.unexpected),
            );
            let disagreeing = &stored.copies.disagreeing;
            compare("not in all copies", expected.disagreeing, disagreeing.len() as u64, rows(disagreeing));
            if expected.disagreeing.is_some() && stored.copies.read < 2 {
                unknown = Some("only one copy of a vgroup was read: let another one lead, and look again");
            }
            if stored.acked == 0 {
                unknown = Some("nothing was acknowledged, so nothing could be lost");
            }
            against.extend(stored.tables.wrong());
        }
        let mut glance = Glance::of(left.to_string(), right.to_string(), &against);
        if let (Some(why), Holds::Yes) = (unknown, glance.holds) {
            glance = Glance { holds: Holds::Unknown, why: why.to_owned(), blame: Some(Blame::Harness), ..glance };
        }
        let client = self.workloads.client(&expected.name).unwrap_or_default();
        glance.by(client, &format!("of workload {}", expected.name))
    }

    /// Reads back what a workload that has ended wrote.
    async fn stored(&mut self, name: &str) -> Result<seatrial_chaos::Check, Glance> {
        let stopped = self.workloads.stopped(name);
        let stopped = stopped
            .ok_or_else(|| harness(format!("workload `{name}` still runs: stop it before its rows are counted")))?;
        let cluster = self.access.cluster().ok_or_else(|| harness("there is no cluster to read from".to_owned()))?;
        let pod = self.pods_at(&Where::Each).into_iter().next();
        let pod = pod.ok_or_else(|| Glance::no("", "", "no pod is ready to read the rows from"))?;
        let led = Box::pin(leaders(&cluster, &pod, &stopped.inserts.database)).await;
        let mut client = ClusterClient::new(cluster, Via::Shell);
        let read = Box::pin(read_back(&mut client, &pod, &stopped.inserts, &stopped.history, SQL_LIMIT)).await;
        let read = read.map_err(|error| Glance::no("every row can be read", error.to_string(), error.to_string()))?;
        let history = self.workloads.keep(name, read, led).unwrap_or(stopped.history);
        let found = check(&history);
        let title = format!("rows of workload {name}, read in {pod}");
        self.note(
            EvidenceKind::History,
            title,
            format!("select from {}", stopped.inserts.targets().join(", ")),
            &found.to_string(),
        );
        Ok(found)
    }
}

/// The dnode that leads each vgroup of a database, as far as a pod tells.
async fn leaders(cluster: &Cluster, pod: &str, database: &str) -> BTreeMap<i32, i32> {
    let vgroups = cluster.vgroups(pod, database, Via::Shell).await.rows.unwrap_or_default();
    let leader = |vgroup: Vgroup| {
        let dnode = vgroup.dnode_in_role("leader").or_else(|| vgroup.dnode_in_role("master"))?;
        Some((i32::try_from(vgroup.id).ok()?, i32::try_from(dnode).ok()?))
    };
    vgroups.into_iter().filter_map(leader).collect()
}

fn harness(why: String) -> Glance {
    Glance { holds: Holds::Unknown, blame: Some(Blame::Harness), ..Glance::no("", "", why) }
}
