use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use futures::{
    StreamExt,
    stream::{BoxStream, SelectAll, select_all},
};
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{PersistentVolumeClaim, Pod},
};
use kube::{
    Api, ResourceExt,
    runtime::{watcher, watcher::Event},
};
use serde::de::DeserializeOwned;
use tokio::time::{sleep, timeout};

use crate::{ClaimState, Cluster, ClusterError, PodState, Problem, Result, Snapshot, StatefulSetState, light::Light};

/// What one stream tells of one kind, by name.
enum Change<T> {
    Reset,
    Staged(String, T),
    Complete,
    Set(String, T),
    Gone(String),
}

enum Told {
    Pod(Change<PodState>),
    Claim(Change<ClaimState>),
    Set(Change<StatefulSetState>),
    Broken(String),
}

/// The objects of one kind: what is known, and what a first or repeated listing has brought so far.
struct Known<T> {
    staged: BTreeMap<String, T>,
    complete: bool,
}

impl<T: PartialEq> Known<T> {
    fn new() -> Self {
        Self { staged: BTreeMap::new(), complete: false }
    }

    /// True if it changes what is known to be there.
    fn take(&mut self, change: Change<T>, current: &mut BTreeMap<String, T>) -> bool {
        match change {
            Change::Reset => {
                self.staged.clear();
                false
            }
            Change::Staged(name, object) => {
                self.staged.insert(name, object);
                false
            }
            Change::Complete => {
                self.complete = true;
                let listed = std::mem::take(&mut self.staged);
                let before = std::mem::replace(current, listed);
                before != *current
            }
            Change::Set(name, object) => {
                let same = current.get(&name) == Some(&object);
                if !same {
                    current.insert(name, object);
                }
                !same
            }
            Change::Gone(name) => current.remove(&name).is_some(),
        }
    }
}

/// Watches the pods, claims and `StatefulSets` of a namespace. A watch that breaks is opened again.
pub struct Watch {
    streams: SelectAll<BoxStream<'static, Told>>,
    snapshot: Snapshot,
    pods: Known<PodState>,
    claims: Known<ClaimState>,
    sets: Known<StatefulSetState>,
    told: bool,
    failures: u32,
    last_failure: Option<String>,
}

// So many failures in a row, with a pause between them, are no hiccup.
const MAX_FAILURES: u32 = 60;

impl Watch {
    /// What is there now; empty before the first [`Watch::changed`].
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The first call returns when all kinds have been listed, every other one when something has changed since. It
    /// waits as long as it takes: the caller has the bound. Dropping the future loses nothing.
    pub async fn changed(&mut self) -> Result<&Snapshot> {
        loop {
            let Some(told) = self.streams.next().await else {
                return Err(self.broken("the watch ended".to_owned()));
            };
            let changed = match told {
                Told::Broken(message) => {
                    self.failures += 1;
                    if self.failures >= MAX_FAILURES {
                        return Err(self.broken(message));
                    }
                    self.last_failure = Some(message);
                    continue;
                }
                Told::Pod(change) => self.pods.take(change, &mut self.snapshot.pods),
                Told::Claim(change) => self.claims.take(change, &mut self.snapshot.claims),
                Told::Set(change) => self.sets.take(change, &mut self.snapshot.stateful_sets),
            };
            self.failures = 0;
            let complete = self.pods.complete && self.claims.complete && self.sets.complete;
            if complete && (changed || !self.told) {
                self.told = true;
                return Ok(&self.snapshot);
            }
        }
    }

    #[expect(clippy::unused_self, reason = "belongs to the watch")]
    fn broken(&self, message: String) -> ClusterError {
        ClusterError::new("watch pods, claims and statefulsets", Problem::Unreachable(message))
    }

    fn describe(&self) -> String {
        match (&self.last_failure, self.told) {
            (Some(failure), false) => format!("nothing: {failure}"),
            _ => self.snapshot.to_string(),
        }
    }
}

impl Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("snapshot", &self.snapshot).finish_non_exhaustive()
    }
}

fn stream<K, T>(api: Api<Light<K>>, retry: Duration, tell: fn(Change<T>) -> Told) -> BoxStream<'static, Told>
where
    K: Clone + Debug + Send + 'static,
    Light<K>: kube::Resource + DeserializeOwned,
    T: for<'a> From<&'a K> + Send + 'static,
{
    let events = watcher(api, watcher::Config::default());
    let told = events.then(move |event| async move {
        let change = match event {
            Ok(Event::Init) => Change::Reset,
            Ok(Event::InitApply(object)) => Change::Staged(object.name_any(), T::from(&object.0)),
            Ok(Event::InitDone) => Change::Complete,
            Ok(Event::Apply(object)) => Change::Set(object.name_any(), T::from(&object.0)),
            Ok(Event::Delete(object)) => Change::Gone(object.name_any()),
            Err(error) => {
                // kube's own back-off has jitter and reads the system's clock.
                sleep(retry).await;
                return Told::Broken(error.to_string());
            }
        };
        tell(change)
    });
    told.boxed()
}

impl Cluster {
    /// Begins to watch the namespace.
    pub fn watch(&self) -> Watch {
        let retry = self.limits().watch_retry;
        let streams = select_all([
            stream(self.api::<Light<Pod>>(), retry, Told::Pod),
            stream(self.api::<Light<PersistentVolumeClaim>>(), retry, Told::Claim),
            stream(self.api::<Light<StatefulSet>>(), retry, Told::Set),
        ]);
        Watch {
            streams,
            snapshot: Snapshot::default(),
            pods: Known::new(),
            claims: Known::new(),
            sets: Known::new(),
            told: false,
            failures: 0,
            last_failure: None,
        }
    }

    /// Waits until `condition` finds what it looks for, by watching, for at most `bound`. `name` says in an error what
    /// was waited for.
    pub async fn wait<T>(
        &self,
        name: &str,
        bound: Duration,
        mut condition: impl FnMut(&Snapshot) -> Option<T>,
    ) -> Result<T> {
        let mut watch = self.watch();
        let looking = async {
            loop {
                if let Some(found) = condition(watch.changed().await?) {
                    return Ok(found);
                }
            }
        };
        match timeout(bound, looking).await {
            Ok(result) => result,
            Err(_) => Err(Self::timed_out("wait", name, bound, watch.describe())),
        }
    }
}

impl std::fmt::Display for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts: Vec<String> = self.pods.values().map(|pod| format!("{} {pod}", pod.name)).collect();
        if parts.is_empty() {
            parts.push("no pods".to_owned());
        }
        f.write_str(&parts.join(", "))
    }
}
