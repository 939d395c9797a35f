use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

use jiff::Timestamp;
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{PersistentVolumeClaim, Pod},
};
use kube::{
    Api, Client,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::json;
use tokio::time::timeout;

use crate::{ClaimState, ClusterError, Limits, PodState, Problem, Result, Snapshot, StatefulSetState, light::Light};

/// Tells the time of the environment: virtual time on the embedded cluster.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The field manager of everything that is applied, and the value of `app.kubernetes.io/managed-by`.
pub(crate) const MANAGER: &str = "seatrial";

/// A namespace of a cluster, and how long to wait for it. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    namespace: String,
    limits: Limits,
    clock: Clock,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl Cluster {
    /// The namespace `namespace` as `client` reaches it. A client for a real cluster is made with
    /// `default_retry = false`, so that it behaves like the one for the embedded cluster.
    pub fn new(client: Client, namespace: impl Into<String>, limits: Limits, clock: Clock) -> Self {
        Self { client, namespace: namespace.into(), limits, clock }
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The bounds.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The time now, on the clock of the environment.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The version of the API server, say `v1.36.2`.
    pub async fn kubernetes_version(&self) -> Result<String> {
        let info = self.request("read the version of the API server", self.client.apiserver_version()).await?;
        Ok(info.git_version)
    }

    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// One request with its bound.
    pub(crate) async fn request<T>(&self, tried: &str, work: impl Future<Output = kube::Result<T>>) -> Result<T> {
        let limit = self.limits.request;
        match timeout(limit, work).await {
            Ok(result) => result.map_err(ClusterError::of(tried)),
            Err(_) => {
                // Nothing was heard of the API server: that is about the environment, not about what runs on it.
                Err(ClusterError::new(tried, Problem::Unreachable(format!("silence for {limit:?} (limit `request`)"))))
            }
        }
    }

    /// All objects of a kind in the namespace, by name.
    pub(crate) async fn list<K>(&self, what: &str, selector: &str) -> Result<Vec<K>>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + std::fmt::Debug
            + serde::de::DeserializeOwned,
        K::DynamicType: Default,
    {
        let params = ListParams::default().labels(selector);
        let list = self.request(&format!("list {what}"), self.api::<K>().list(&params)).await?;
        let mut items = list.items;
        items.sort_by(|one, other| one.meta().name.cmp(&other.meta().name));
        Ok(items)
    }

    /// The pods of the namespace, by name.
    pub async fn pods(&self) -> Result<Vec<PodState>> {
        Ok(self.list::<Light<Pod>>("pods", "").await?.iter().map(|pod| PodState::from(&pod.0)).collect())
    }

    /// A pod; `None` if it does not exist.
    pub async fn pod(&self, name: &str) -> Result<Option<PodState>> {
        let tried = format!("read pod/{name}");
        Ok(self.request(&tried, self.api::<Light<Pod>>().get_opt(name)).await?.map(|pod| PodState::from(&pod.0)))
    }

    /// A `StatefulSet`; `None` if it does not exist.
    pub async fn stateful_set(&self, name: &str) -> Result<Option<StatefulSetState>> {
        let tried = format!("read statefulset/{name}");
        Ok(self
            .request(&tried, self.api::<Light<StatefulSet>>().get_opt(name))
            .await?
            .map(|set| StatefulSetState::from(&set.0)))
    }

    /// Pods, claims and `StatefulSets` of the namespace as they are now.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let mut snapshot = Snapshot::default();
        let pods = self.pods().await?.into_iter().map(|pod| (pod.name.clone(), pod));
        snapshot.pods.extend(pods);
        let claims = self.list::<Light<PersistentVolumeClaim>>("persistentvolumeclaims", "").await?;
        let claims = claims.iter().map(|claim| ClaimState::from(&claim.0)).map(|claim| (claim.name.clone(), claim));
        snapshot.claims.extend(claims);
        let sets = self.list::<Light<StatefulSet>>("statefulsets", "").await?;
        let sets = sets.iter().map(|set| StatefulSetState::from(&set.0)).map(|set| (set.name.clone(), set));
        snapshot.stateful_sets.extend(sets);
        Ok(snapshot)
    }

    /// Asks for a number of replicas, as `kubectl scale` does, through the scale subresource. Returns when the API
    /// server has accepted it; the pods come and go afterwards.
    pub async fn scale(&self, stateful_set: &str, replicas: u32) -> Result<()> {
        let tried = format!("scale statefulset/{stateful_set} to {replicas}");
        let patch = json!({ "spec": { "replicas": replicas } });
        let api = self.api::<StatefulSet>();
        self.request(&tried, api.patch_scale(stateful_set, &PatchParams::default(), &Patch::Merge(&patch))).await?;
        Ok(())
    }

    /// The number of replicas that a `StatefulSet` is asked for.
    pub async fn replicas(&self, stateful_set: &str) -> Result<u32> {
        let tried = format!("read the scale of statefulset/{stateful_set}");
        let scale = self.request(&tried, self.api::<StatefulSet>().get_scale(stateful_set)).await?;
        Ok(scale.spec.and_then(|spec| spec.replicas).and_then(|replicas| replicas.try_into().ok()).unwrap_or(0))
    }

    /// Restarts all pods of a `StatefulSet` one after the other, as `kubectl rollout restart` does. Returns when the
    /// API server has accepted it.
    pub async fn restart(&self, stateful_set: &str) -> Result<()> {
        let tried = format!("restart statefulset/{stateful_set}");
        // As kubectl does, but by the clock of the environment, in whole seconds.
        let now = self.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let annotations = json!({ "kubectl.kubernetes.io/restartedAt": now });
        let patch = json!({ "spec": { "template": { "metadata": { "annotations": annotations } } } });
        let api = self.api::<StatefulSet>();
        self.request(&tried, api.patch(stateful_set, &PatchParams::default(), &Patch::Strategic(&patch))).await?;
        Ok(())
    }

    /// Sets the image of the first container of a `StatefulSet`'s pods, as `kubectl set image` does. Returns when the API
    /// server has accepted it; the pods are replaced afterwards.
    pub async fn set_image(&self, stateful_set: &str, image: &str) -> Result<()> {
        let tried = format!("set the image of statefulset/{stateful_set} to {image}");
        let api = self.api::<StatefulSet>();
        let set = self.request(&tried, api.get(stateful_set)).await?;
        let containers = set.spec.template.spec.map(|pod| pod.containers).unwrap_or_default();
        let Some(container) = containers.first() else {
            return Err(ClusterError::new(tried, Problem::Invalid("it has no container".to_owned())));
        };
        let containers = json!([{ "name": container.name, "image": image }]);
        let patch = json!({ "spec": { "template": { "spec": { "containers": containers } } } });
        self.request(&tried, api.patch(stateful_set, &PatchParams::default(), &Patch::Strategic(&patch))).await?;
        Ok(())
    }

    /// Changes values of a `ConfigMap`; others stay.
    pub async fn patch_config_map(&self, name: &str, data: &BTreeMap<String, String>) -> Result<()> {
        let tried = format!("change configmap/{name}");
        let api = self.api::<k8s_openapi::api::core::v1::ConfigMap>();
        let patch = json!({ "data": data });
        self.request(&tried, api.patch(name, &PatchParams::default(), &Patch::Merge(&patch))).await?;
        Ok(())
    }

    pub(crate) fn timed_out(tried: &str, name: &str, bound: Duration, last: impl Into<String>) -> ClusterError {
        ClusterError::new(tried, Problem::TimedOut { name: name.to_owned(), bound, last: last.into() })
    }
}
