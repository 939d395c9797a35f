//! Namespaces: what every new one gets, and the emptying of those that are being deleted.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::{
    api::core::v1::{ConfigMap, Namespace, NamespaceCondition, ServiceAccount},
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};
use seatrial_apiserver::{Deletion, Interest, Propagation, Store};
use seatrial_sim::Dice;
use tokio::time::Instant;

use crate::{changes::Controller, kinds::NAMESPACED, meta};

const ROOT_CA: &str = "kube-root-ca.crt";

/// Fills new namespaces and empties old ones.
pub(crate) struct Namespaces {
    store: Store,
    dice: Dice,
}

impl Namespaces {
    pub(crate) fn new(store: &Store) -> Self {
        Self { store: store.clone(), dice: store.world().chance.stream("controllers/namespaces") }
    }

    fn fill(&self, namespace: &str) {
        let meta = |name: &str| ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(namespace.to_owned()),
            ..ObjectMeta::default()
        };
        // A namespace that ends meanwhile takes nothing new.
        if self.store.get::<ServiceAccount>(namespace, "default").is_none() {
            let account = ServiceAccount { metadata: meta("default"), ..ServiceAccount::default() };
            let _ = self.store.create(&account);
        }
        if self.store.get::<ConfigMap>(namespace, ROOT_CA).is_none() {
            let note = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
            let mut metadata = meta(ROOT_CA);
            metadata.annotations = Some(BTreeMap::from([("kubernetes.io/description".into(), note.into())]));
            let data = BTreeMap::from([("ca.crt".to_owned(), String::new())]);
            let _ = self.store.create(&ConfigMap { metadata, data: Some(data), ..ConfigMap::default() });
        }
    }

    /// Deletes everything in the namespace, and the namespace once it is empty.
    fn empty(&self, namespace: &Namespace) {
        let name = meta::name(namespace);
        for kind in NAMESPACED {
            for object in (kind.list)(&self.store, Some(name)) {
                let meta = object.meta();
                if meta.deletion_timestamp.is_none() {
                    let uid = meta.uid.clone();
                    let how = Deletion { propagation: Propagation::Background, uid, ..Deletion::default() };
                    // Somebody may have been faster.
                    let _ = (kind.delete)(&self.store, name, meta.name.as_deref().unwrap_or_default(), how);
                }
            }
        }
        let left: Vec<_> = NAMESPACED
            .iter()
            .map(|kind| (kind.plural, (kind.list)(&self.store, Some(name)).len()))
            .filter(|(_, count)| *count > 0)
            .collect();
        let conditions = conditions(namespace, &left, &meta::now(self.store.world()));
        let finish = |namespace: &mut Namespace| {
            let status = namespace.status.get_or_insert_default();
            status.phase = Some("Terminating".into());
            status.conditions = Some(conditions);
            if left.is_empty()
                && let Some(list) = namespace.spec.as_mut().and_then(|spec| spec.finalizers.as_mut())
            {
                list.retain(|finalizer| finalizer != "kubernetes");
            }
        };
        // It goes with its last finalizer.
        let _ = self.store.modify::<Namespace>("", name, finish);
    }
}

fn conditions(namespace: &Namespace, left: &[(&str, usize)], now: &Time) -> Vec<NamespaceCondition> {
    let old = namespace.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
    let some: Vec<_> = left.iter().map(|(plural, count)| format!("{plural}. has {count} resource instances")).collect();
    let remaining = !some.is_empty();
    let message = if remaining {
        format!("Some resources are remaining: {}", some.join(", "))
    } else {
        "All content successfully removed".to_owned()
    };
    let reason = if remaining { "SomeResourcesRemain" } else { "ContentRemoved" };
    let (kind, status) = ("NamespaceContentRemaining", if remaining { "True" } else { "False" });
    let before = old.iter().find(|before| before.type_ == kind && before.status == status);
    let since: Option<Time> = before.and_then(|before| before.last_transition_time.clone());
    vec![NamespaceCondition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(message),
        last_transition_time: Some(since.unwrap_or_else(|| now.clone())),
    }]
}

impl Controller for Namespaces {
    const INTEREST: Interest = Interest::Ties;

    fn reconcile(&mut self) -> Option<Instant> {
        for namespace in self.store.list::<Namespace>(None) {
            if meta::deleting(namespace.as_ref()) {
                self.empty(&namespace);
            } else {
                self.fill(meta::name(namespace.as_ref()));
            }
        }
        None
    }

    fn reaction(&mut self) -> Duration {
        self.dice.millis(20, 150)
    }
}
