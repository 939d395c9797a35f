mod address;
mod delete;
mod follow;
mod state;
mod write;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use seatrial_sim::World;
use tokio::sync::watch;

use crate::{
    ApiError, Stored,
    kind::{KINDS, Kind, of_type},
    object::Object,
};

pub(crate) use delete::Deleted;
pub use delete::{Deletion, Propagation};
pub use follow::{Followed, Interest};
use follow::{Followers, Kinds};
use state::State;
pub(crate) use state::{Change, ChangeKind};
pub(crate) use write::{Part, Write, decode};

/// All objects of one cluster, with their history. A clone is another handle to the same store.
///
/// Objects are shared, not copied: what is listed is what is stored.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    // Notes which kinds are read through this handle.
    reads: Option<Arc<Kinds>>,
}

struct Inner {
    world: World,
    state: Mutex<State>,
    revision: watch::Sender<u64>,
    // One channel a kind, so that a watch wakes up for its own kind only.
    kinds: Vec<watch::Sender<u64>>,
    followers: Followers,
}

impl Store {
    /// An empty store in `world`.
    pub fn new(world: World) -> Self {
        let state = State::new(&world.chance);
        let kinds = KINDS.iter().map(|_| watch::Sender::new(state.revision())).collect();
        let revision = watch::Sender::new(state.revision());
        let inner = Inner { world, state: Mutex::new(state), revision, kinds, followers: Followers::default() };
        Self { inner: Arc::new(inner), reads: None }
    }

    /// The world that the cluster lives in.
    pub fn world(&self) -> &World {
        &self.inner.world
    }

    /// Tells the store's revision, now and after every change.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.inner.revision.subscribe()
    }

    /// The object called `name`; `namespace` is empty for cluster-scoped kinds.
    pub fn get<K: Stored>(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        let kind = of_type::<K>()?;
        self.object(kind, namespace, name)?.shared::<K>()
    }

    /// All objects of a kind, or those of one namespace, ordered by namespace and name.
    pub fn list<K: Stored>(&self, namespace: Option<&str>) -> Vec<Arc<K>> {
        let Some(kind) = of_type::<K>() else { return Vec::new() };
        self.objects(kind, namespace).iter().filter_map(|object| object.shared::<K>()).collect()
    }

    /// Creates an object, with defaults, and checks it. The status is kept as given.
    pub fn create<K: Stored>(&self, object: &K) -> Result<Arc<K>, ApiError> {
        let kind = served::<K>()?;
        let namespace = object.metadata().namespace.clone().unwrap_or_default();
        let served = (kind.serve)(Box::new(object.clone())).ok_or_else(ApiError::no_such_path)?;
        let stored = self.insert_served(kind, &namespace, served, &Write::trusted())?;
        typed(&stored)
    }

    /// Changes an object, its status and its metadata. Nothing happens if `change` changes nothing.
    ///
    /// Name, namespace, UID and the times of creation and deletion stay as they are. An object that is being
    /// deleted goes away with its last finalizer.
    pub fn modify<K: Stored>(
        &self,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut K),
    ) -> Result<Arc<K>, ApiError> {
        let kind = served::<K>()?;
        let stored = self.object(kind, namespace, name).ok_or_else(|| ApiError::missing(kind, name))?;
        let before: Arc<K> = typed(&stored)?;
        let mut object = K::clone(&before);
        // Not locked here, so that `change` may look at the store.
        change(&mut object);
        if object == *before {
            return Ok(before);
        }
        let stored = self.overwrite(kind, namespace, name, Box::new(object))?;
        typed(&stored)
    }

    /// Deletes an object, now or, if somebody has to act first, by marking it.
    ///
    /// A pod that is bound to a node is marked and stays until the kubelet calls [`Store::remove`]; finalizers
    /// keep an object until they are gone.
    #[expect(clippy::needless_pass_by_value, reason = "callers make the options on the spot")]
    pub fn delete<K: Stored>(&self, namespace: &str, name: &str, how: Deletion) -> Result<(), ApiError> {
        let kind = served::<K>()?;
        self.delete_object(kind, namespace, name, &how, false).map(drop)
    }

    /// Removes the object with this UID at once. False if there is none.
    pub fn remove<K: Stored>(&self, namespace: &str, name: &str, uid: &str) -> bool {
        let Some(kind) = of_type::<K>() else { return false };
        self.write(|state| {
            let found = state.get(kind, namespace, name).is_some_and(|object| object.uid() == uid);
            found && state.remove(kind, namespace, name).is_some()
        })
    }

    pub(crate) fn object(&self, kind: &Kind, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.note(kind);
        self.lock().get(kind, namespace, name)
    }

    pub(crate) fn objects(&self, kind: &Kind, namespace: Option<&str>) -> Vec<Arc<Object>> {
        self.note(kind);
        self.lock().list(kind, namespace)
    }

    /// The revision of the last change of anything.
    pub(crate) fn revision(&self) -> u64 {
        self.lock().revision()
    }

    /// Objects together with the revision that they are as of.
    pub(crate) fn snapshot(&self, kind: &Kind, namespace: Option<&str>) -> (u64, Vec<Arc<Object>>) {
        let state = self.lock();
        (state.revision(), state.list(kind, namespace))
    }

    /// Changes of a kind after `revision`, with the revision that they reach to; none if some are forgotten.
    pub(crate) fn changes_after(&self, kind: &Kind, revision: u64) -> Option<(u64, Vec<Change>)> {
        let state = self.lock();
        state.changes_after(kind, revision).map(|changes| (state.revision(), changes))
    }

    /// Tells about changes of one kind.
    pub(crate) fn watch_kind(&self, kind: &Kind) -> watch::Receiver<u64> {
        self.inner.kinds.get(kind.index).map_or_else(|| self.changed(), watch::Sender::subscribe)
    }

    /// The time now, in whole seconds as objects carry it.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_second(self.inner.world.clock.now().as_second()).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `change` on the locked state, then tells everybody who waits for changes.
    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let before = state.revision();
        let answer = change(&mut state);
        let after = state.revision();
        let touched = state.take_touched();
        drop(state);
        if after != before {
            for index in touched.keys() {
                if let Some(sender) = self.inner.kinds.get(*index) {
                    sender.send_replace(after);
                }
            }
            self.inner.followers.tell(&touched);
            self.inner.revision.send_replace(after);
        }
        answer
    }
}

fn served<K: Stored>() -> Result<&'static Kind, ApiError> {
    of_type::<K>().ok_or_else(ApiError::no_such_path)
}

fn typed<K: Stored>(object: &Object) -> Result<Arc<K>, ApiError> {
    object.shared::<K>().ok_or_else(|| ApiError::internal("the stored object is of another type"))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::{
        apps::v1::StatefulSet,
        core::v1::{Namespace, PersistentVolumeClaim, Pod, Service},
    };
    use seatrial_sim::Clock;
    use serde_json::{Value, json};

    use super::*;

    fn store() -> Store {
        let clock = Clock::starting_at("2021-06-30T08:00:00Z".parse().unwrap());
        let store = Store::new(World::new(clock, 1));
        store.create(&parse::<Namespace>(json!({"metadata": {"name": "default"}}))).unwrap();
        store
    }

    fn parse<K: Stored>(value: Value) -> K {
        serde_json::from_value(value).unwrap()
    }

    fn pod(node: Option<&str>) -> Pod {
        parse(json!({"metadata": {"name": "a", "namespace": "default"}, "spec": {"nodeName": node,
            "containers": [{"name": "a", "image": "a:1"}]}}))
    }

    #[tokio::test(start_paused = true)]
    async fn a_bound_pod_stays_until_the_kubelet_removes_it() {
        let store = store();
        let created = store.create(&pod(Some("n"))).unwrap();
        let uid = created.metadata.uid.clone().unwrap();
        store.delete::<Pod>("default", "a", Deletion::default()).unwrap();
        let marked = store.get::<Pod>("default", "a").unwrap();
        assert_eq!(marked.metadata.deletion_timestamp.as_ref().unwrap().0.to_string(), "2021-06-30T08:00:30Z");
        assert_eq!(marked.metadata.deletion_grace_period_seconds, Some(30));
        assert!(!store.remove::<Pod>("default", "a", "other"));
        assert!(store.remove::<Pod>("default", "a", &uid));
        assert!(store.get::<Pod>("default", "a").is_none());

        store.create(&pod(None)).unwrap();
        store.delete::<Pod>("default", "a", Deletion::default()).unwrap();
        assert!(store.get::<Pod>("default", "a").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_claim_goes_with_its_last_finalizer() {
        let store = store();
        let claim = json!({"metadata": {"name": "c", "namespace": "default"}, "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}});
        let claim = store.create(&parse::<PersistentVolumeClaim>(claim)).unwrap();
        assert_eq!(claim.metadata.finalizers.clone().unwrap(), ["kubernetes.io/pvc-protection"]);
        store.delete::<PersistentVolumeClaim>("default", "c", Deletion::default()).unwrap();
        assert!(store.get::<PersistentVolumeClaim>("default", "c").unwrap().metadata.deletion_timestamp.is_some());
        store.modify::<PersistentVolumeClaim>("default", "c", |claim| claim.metadata.finalizers = None).unwrap();
        assert!(store.get::<PersistentVolumeClaim>("default", "c").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_change_makes_a_version_and_only_of_the_spec_a_generation() {
        let store = store();
        let set = json!({"metadata": {"name": "s", "namespace": "default"}, "spec": {"serviceName": "s",
            "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
            "spec": {"containers": [{"name": "c", "image": "i:1"}]}}}});
        let set = store.create(&parse::<StatefulSet>(set)).unwrap();
        let mut changes = store.changed();
        changes.mark_unchanged();
        let same = store.modify::<StatefulSet>("default", "s", |_| {}).unwrap();
        assert_eq!(same.metadata.resource_version, set.metadata.resource_version);
        assert!(!changes.has_changed().unwrap());
        let status =
            store.modify::<StatefulSet>("default", "s", |set| set.status.get_or_insert_default().replicas = 2).unwrap();
        assert_eq!(status.metadata.generation, Some(1));
        assert!(changes.has_changed().unwrap());
        let scaled = store.modify::<StatefulSet>("default", "s", |set| set.spec.replicas = Some(3)).unwrap();
        assert_eq!(scaled.metadata.generation, Some(2));
        assert_eq!(scaled.status.as_ref().unwrap().replicas, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn objects_need_a_namespace_that_lives() {
        let store = store();
        let mut stray = pod(None);
        stray.metadata.namespace = Some("x".into());
        assert_eq!(store.create(&stray).unwrap_err().message, "namespaces \"x\" not found");
        store.delete::<Namespace>("", "default", Deletion::default()).unwrap();
        let phase = store.get::<Namespace>("", "default").unwrap().status.clone().unwrap().phase;
        assert_eq!(phase.as_deref(), Some("Terminating"));
        let refused = store.create(&pod(None)).unwrap_err();
        assert_eq!((refused.code, refused.causes[0].reason), (403, "NamespaceTerminating"));
    }

    #[tokio::test(start_paused = true)]
    async fn services_get_addresses_of_their_own() {
        let store = store();
        let mut seen = Vec::new();
        for index in 0..50 {
            let service = json!({"metadata": {"name": format!("s{index}"), "namespace": "default"},
                "spec": {"ports": [{"port": 6030}]}});
            let service = store.create(&parse::<Service>(service)).unwrap();
            let address = service.spec.as_ref().unwrap().cluster_ip.clone().unwrap();
            assert!(address.starts_with("10.96."), "{address}");
            assert!(!seen.contains(&address));
            seen.push(address);
        }
        let headless = json!({"metadata": {"name": "h", "namespace": "default"},
            "spec": {"clusterIP": "None", "ports": [{"port": 6030}]}});
        let headless = store.create(&parse::<Service>(headless)).unwrap();
        assert_eq!(headless.spec.as_ref().unwrap().cluster_ips.clone().unwrap(), ["None"]);
    }

    #[tokio::test(start_paused = true)]
    async fn binding_a_pod_is_no_new_generation() {
        let store = store();
        store.create(&pod(None)).unwrap();
        let bind = |pod: &mut Pod| pod.spec.get_or_insert_default().node_name = Some("n".into());
        assert_eq!(store.modify::<Pod>("default", "a", bind).unwrap().metadata.generation, Some(1));
    }
}
