//! A planted defect: pods that use a ConfigMap are made anew when it changes. Kubernetes does nothing of the sort.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use seatrial_apiserver::{Deletion, Store};
use tokio::time::Instant;

use crate::{changes::Controller, meta};

/// Deletes the pods that use a changed ConfigMap.
pub(crate) struct ConfigRestarts {
    store: Store,
    known: BTreeMap<String, Option<BTreeMap<String, String>>>,
}

impl ConfigRestarts {
    pub(crate) fn new(store: &Store) -> Self {
        Self { store: store.clone(), known: BTreeMap::new() }
    }
}

impl Controller for ConfigRestarts {
    fn reconcile(&mut self) -> Option<Instant> {
        for map in self.store.list::<ConfigMap>(None) {
            let before = self.known.insert(meta::uid(map.as_ref()).to_owned(), map.data.clone());
            if before.is_none_or(|before| before == map.data) {
                continue;
            }
            for pod in self.store.list::<Pod>(Some(meta::namespace(map.as_ref()))) {
                if uses(&pod, meta::name(map.as_ref())) {
                    let how = Deletion { uid: pod.metadata.uid.clone(), ..Deletion::default() };
                    // Somebody may have been faster.
                    let _ = self.store.delete::<Pod>(meta::namespace(pod.as_ref()), meta::name(pod.as_ref()), how);
                }
            }
        }
        None
    }

    fn reaction(&mut self) -> Duration {
        Duration::from_millis(500)
    }
}

fn uses(pod: &Pod, map: &str) -> bool {
    let Some(spec) = &pod.spec else { return false };
    let by_env = spec.containers.iter().any(|container| {
        let all = container.env_from.iter().flatten().filter_map(|source| source.config_map_ref.as_ref());
        let single =
            container.env.iter().flatten().filter_map(|env| env.value_from.as_ref()?.config_map_key_ref.as_ref());
        all.map(|reference| &reference.name).chain(single.map(|reference| &reference.name)).any(|name| name == map)
    });
    let mut mounted = spec.volumes.iter().flatten().filter_map(|volume| volume.config_map.as_ref());
    by_env || mounted.any(|source| source.name == map)
}
