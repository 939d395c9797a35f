//! What the runner does to a real cluster.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture, stream::BoxStream};
use jiff::Timestamp;
use kube::Client;
use seatrial_cluster::{
    Applied, Cluster, ClusterError, ExecOutput, Kind, Limits, Problem, RestSession, Result, Seen, Snapshot, SqlRun,
    Target, Via,
    manifests::{ManifestError, Manifests},
};
use seatrial_engine::{Access, Quick};
use seatrial_taos::{SqlOutcome, split};
use tokio::sync::Mutex;

/// How long a quick question may take. 1 s, for an answer takes some milliseconds: a connection whose pod is gone may
/// stay silent, and one of 3.x may wait for a leader.
const QUICK: Duration = Duration::from_secs(1);

/// A namespace of a real cluster, on the clock of this machine. What is applied is told where to run and where to
/// store, if that is not as the manifests say. Sessions with REST services stay open between questions.
#[derive(Clone)]
pub(crate) struct RealAccess {
    cluster: Cluster,
    placement: Placement,
    sessions: Arc<Mutex<BTreeMap<String, RestSession>>>,
}

/// Where pods run and volumes are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Placement {
    /// Labels of the nodes that pods may run on.
    pub node_selector: BTreeMap<String, String>,
    /// The storage class of the volumes. The documents name `standard`, which is there on few clusters.
    pub storage_class: Option<String>,
}

impl Quick for RealAccess {
    fn glimpse<'a>(&'a self, pod: &'a str, sql: &'a str) -> BoxFuture<'a, Result<Vec<SqlOutcome>>> {
        async move {
            let mut sessions = self.sessions.lock().await;
            let session = sessions.entry(pod.to_owned()).or_insert_with(|| self.cluster.rest(pod));
            let mut outcomes = Vec::new();
            for statement in split(sql) {
                outcomes.push(session.query(statement, QUICK).await?);
            }
            Ok(outcomes)
        }
        .boxed()
    }
}

/// The same manifests with the storage class and the node selector in their `StatefulSet`.
fn place(manifests: &Manifests, placement: &Placement) -> std::result::Result<Manifests, ManifestError> {
    let mut placed = manifests.clone();
    let has_set = manifests.iter().any(|manifest| manifest.kind().kind == "StatefulSet");
    if has_set {
        if let Some(class) = &placement.storage_class {
            placed.set_storage_class(Some(class))?;
        }
        if !placement.node_selector.is_empty() {
            placed.set_node_selector(&placement.node_selector)?;
        }
    }
    Ok(placed)
}

impl RealAccess {
    pub fn new(client: Client, namespace: &str, placement: Placement) -> Self {
        let cluster = Cluster::new(client, namespace, Limits::default(), Arc::new(Timestamp::now));
        Self { cluster, placement, sessions: Arc::default() }
    }

    pub fn reached(&self) -> &Cluster {
        &self.cluster
    }

    async fn apply_placed(&self, manifests: &Manifests) -> Result<Vec<Applied>> {
        let placed = place(manifests, &self.placement).map_err(|error| {
            ClusterError::new("set storage class and node selector", Problem::Invalid(error.to_string()))
        })?;
        self.cluster.apply(&placed).await
    }

    fn usual(&self) -> &dyn Access {
        &self.cluster
    }
}

impl Access for RealAccess {
    fn quick(&self) -> Option<&dyn Quick> {
        Some(self)
    }

    fn apply<'a>(&'a self, manifests: &'a Manifests) -> BoxFuture<'a, Result<Vec<Applied>>> {
        self.apply_placed(manifests).boxed()
    }

    fn now(&self) -> Timestamp {
        self.usual().now()
    }

    fn watch(&self) -> BoxStream<'static, Result<Snapshot>> {
        self.usual().watch()
    }

    fn snapshot(&self) -> BoxFuture<'_, Result<Snapshot>> {
        self.usual().snapshot()
    }

    fn scale<'a>(&'a self, statefulset: &'a str, replicas: u32) -> BoxFuture<'a, Result<()>> {
        self.usual().scale(statefulset, replicas)
    }

    fn restart<'a>(&'a self, statefulset: &'a str) -> BoxFuture<'a, Result<()>> {
        self.usual().restart(statefulset)
    }

    fn set_image<'a>(&'a self, statefulset: &'a str, image: &'a str) -> BoxFuture<'a, Result<()>> {
        self.usual().set_image(statefulset, image)
    }

    fn configure<'a>(&'a self, name: &'a str, data: &'a BTreeMap<String, String>) -> BoxFuture<'a, Result<()>> {
        self.usual().configure(name, data)
    }

    fn delete<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Vec<String>>> {
        self.usual().delete(target)
    }

    fn exec<'a>(&'a self, pod: &'a str, argv: &'a [String], limit: Duration) -> BoxFuture<'a, Result<ExecOutput>> {
        self.usual().exec(pod, argv, limit)
    }

    fn sql<'a>(&'a self, pod: &'a str, sql: &'a str, via: Via, limit: Duration) -> BoxFuture<'a, SqlRun> {
        self.usual().sql(pod, sql, via, limit)
    }

    fn logs<'a>(&'a self, pod: &'a str, previous: bool) -> BoxFuture<'a, Result<String>> {
        self.usual().logs(pod, previous)
    }

    fn names(&self, kind: Kind) -> BoxFuture<'_, Result<Vec<String>>> {
        self.usual().names(kind)
    }

    fn volumes(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        self.usual().volumes()
    }

    fn diagnostics(&self) -> BoxFuture<'_, Vec<Seen>> {
        self.usual().diagnostics()
    }

    fn prepare(&self) -> BoxFuture<'_, Result<()>> {
        self.usual().prepare()
    }

    fn clean(&self) -> BoxFuture<'_, Result<()>> {
        self.usual().clean()
    }

    fn cluster(&self) -> Option<Cluster> {
        self.usual().cluster()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pods_and_volumes_are_placed() {
        let text = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: tdengine }\nspec:\n  serviceName: taosd\n  selector: { matchLabels: { app: tdengine } }\n  template:\n    metadata: { labels: { app: tdengine } }\n    spec: { containers: [{ name: tdengine, image: x }] }\n  volumeClaimTemplates:\n  - metadata: { name: taosdata }\n    spec: { accessModes: [ReadWriteOnce], storageClassName: standard, resources: { requests: { storage: 1Gi } } }\n";
        let manifests = Manifests::parse("set.yaml", text).unwrap();
        let selector = BTreeMap::from([("disk".to_owned(), "ssd".to_owned())]);
        let placement = Placement { node_selector: selector, storage_class: Some("fast".to_owned()) };
        let placed = serde_json::to_string(&place(&manifests, &placement).unwrap().objects()).unwrap();
        assert!(placed.contains("\"nodeSelector\":{\"disk\":\"ssd\"}"), "{placed}");
        assert!(placed.contains("\"storageClassName\":\"fast\"") && !placed.contains("standard"), "{placed}");
    }

    #[test]
    fn what_has_no_pods_stays_as_it_is() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: taoscfg }\ndata: { CLUSTER: '1' }\n";
        let manifests = Manifests::parse("map.yaml", text).unwrap();
        let placed =
            place(&manifests, &Placement { storage_class: Some("fast".to_owned()), ..Placement::default() }).unwrap();
        assert_eq!(placed.objects(), manifests.objects());
    }
}
