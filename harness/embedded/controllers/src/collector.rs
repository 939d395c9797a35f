//! The garbage collector: objects without their owners, and deletion in the foreground or with orphans.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use seatrial_apiserver::{Deletion, Interest, Propagation, Store};
use seatrial_sim::{Defect, Dice};
use tokio::time::Instant;

use crate::{
    changes::Controller,
    kinds::{AnyKind, AnyObject, CLUSTER, NAMESPACED},
};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// Removes objects whose owners are gone.
pub(crate) struct Collector {
    store: Store,
    dice: Dice,
}

struct Found {
    kind: &'static AnyKind,
    object: Arc<dyn AnyObject>,
}

impl Found {
    fn meta(&self) -> &ObjectMeta {
        self.object.meta()
    }

    fn uid(&self) -> &str {
        self.meta().uid.as_deref().unwrap_or_default()
    }

    fn place(&self) -> (&str, &str) {
        (self.meta().namespace.as_deref().unwrap_or_default(), self.meta().name.as_deref().unwrap_or_default())
    }

    fn waits_for(&self, finalizer: &str) -> bool {
        self.meta().deletion_timestamp.is_some()
            && self.meta().finalizers.iter().flatten().any(|present| present == finalizer)
    }
}

impl Collector {
    pub(crate) fn new(store: &Store) -> Self {
        Self { store: store.clone(), dice: store.world().chance.stream("controllers/collector") }
    }

    fn delete(&self, object: &Found, propagation: Propagation) {
        let (namespace, name) = object.place();
        let how = Deletion { propagation, uid: object.meta().uid.clone(), ..Deletion::default() };
        // Somebody may have been faster.
        let _ = (object.kind.delete)(&self.store, namespace, name, how);
    }

    fn change(&self, object: &Found, change: &dyn Fn(&mut ObjectMeta)) {
        let (namespace, name) = object.place();
        // Somebody may have been faster.
        let _ = (object.kind.modify)(&self.store, namespace, name, change);
    }

    fn collect(&self, all: &[Found]) {
        let uids: BTreeMap<&str, &Found> = all.iter().map(|object| (object.uid(), object)).collect();
        let blocked: BTreeSet<&str> = all
            .iter()
            .flat_map(|object| object.meta().owner_references.iter().flatten())
            .filter(|owner| owner.block_owner_deletion == Some(true))
            .map(|owner| owner.uid.as_str())
            .collect();
        let left_alone = self.store.world().defects.has(Defect::OrphanedPods);
        for object in all {
            if object.waits_for(ORPHAN) {
                self.orphan(object, all);
                continue;
            }
            if object.waits_for(FOREGROUND) && !blocked.contains(object.uid()) {
                self.change(object, &|meta| drop_finalizer(meta, FOREGROUND));
            }
            let owners = object.meta().owner_references.as_deref().unwrap_or_default();
            if owners.is_empty() || object.meta().deletion_timestamp.is_some() {
                continue;
            }
            if left_alone && object.kind.kind == "Pod" && owners.iter().any(|owner| owner.kind == "StatefulSet") {
                continue;
            }
            let present = |uid: &str| uids.get(uid).copied();
            let solid =
                owners.iter().any(|owner| present(&owner.uid).is_some_and(|owner| !owner.waits_for(FOREGROUND)));
            if solid {
                self.forget_absent_owners(object, &uids);
                continue;
            }
            let waiting = owners.iter().any(|owner| present(&owner.uid).is_some());
            self.delete(object, if waiting { Propagation::Foreground } else { Propagation::Background });
        }
    }

    fn forget_absent_owners(&self, object: &Found, uids: &BTreeMap<&str, &Found>) {
        let owners = object.meta().owner_references.as_deref().unwrap_or_default();
        if owners.iter().any(|owner| !uids.contains_key(owner.uid.as_str())) {
            self.change(object, &|meta| {
                if let Some(owners) = &mut meta.owner_references {
                    owners.retain(|owner| uids.contains_key(owner.uid.as_str()));
                }
            });
        }
    }

    fn orphan(&self, owner: &Found, all: &[Found]) {
        for dependent in all {
            let owners = dependent.meta().owner_references.iter().flatten();
            if owners.into_iter().any(|reference| reference.uid == owner.uid()) {
                self.change(dependent, &|meta| {
                    let owners = meta.owner_references.take().unwrap_or_default();
                    let kept: Vec<_> = owners.into_iter().filter(|reference| reference.uid != owner.uid()).collect();
                    meta.owner_references = (!kept.is_empty()).then_some(kept);
                });
            }
        }
        self.change(owner, &|meta| drop_finalizer(meta, ORPHAN));
    }
}

fn drop_finalizer(meta: &mut ObjectMeta, finalizer: &str) {
    if let Some(list) = &mut meta.finalizers {
        list.retain(|present| present != finalizer);
    }
    if meta.finalizers.as_ref().is_some_and(Vec::is_empty) {
        meta.finalizers = None;
    }
}

impl Controller for Collector {
    const INTEREST: Interest = Interest::Ties;

    fn reconcile(&mut self) -> Option<Instant> {
        let kinds = NAMESPACED.iter().chain(CLUSTER).filter(|kind| kind.kind != "Event");
        let all: Vec<Found> = kinds
            .flat_map(|kind| (kind.list)(&self.store, None).into_iter().map(move |object| Found { kind, object }))
            .collect();
        self.collect(&all);
        None
    }

    fn reaction(&mut self) -> Duration {
        self.dice.millis(20, 120)
    }
}
