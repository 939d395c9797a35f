//! Persistent volumes: binding claims, making volumes, protecting what is in use, destroying what is not.

mod bind;
mod protect;
mod provision;

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use seatrial_apiserver::Store;
use seatrial_sim::Dice;
use tokio::time::Instant;

use crate::{
    changes::Controller,
    disks::Disks,
    events::{Recorder, Source},
    meta,
};

/// Name of the provisioner of the class `standard`, as kind has it.
pub(crate) const PROVISIONER: &str = "rancher.io/local-path";
/// How long a new volume takes, in milliseconds: a helper pod makes its folder.
const PROVISIONING: (u64, u64) = (4_000, 5_000);
/// How long the removal of a released volume takes.
const REMOVAL: (u64, u64) = (2_500, 4_500);

/// Binds claims to volumes, makes volumes for them, and removes what is released.
pub(crate) struct Volumes {
    store: Store,
    recorder: Recorder,
    binder: Source,
    provisioner: Source,
    disks: Disks,
    dice: Dice,
    /// Work that takes time, by UID of the claim or volume: when it is done.
    due: BTreeMap<String, Instant>,
    /// What was last said about a claim, by UID.
    said: BTreeMap<String, String>,
}

impl Volumes {
    pub(crate) fn new(store: &Store, recorder: &Recorder, disks: &Disks) -> Self {
        Self {
            store: store.clone(),
            recorder: recorder.clone(),
            binder: Source::controller("persistentvolume-controller"),
            provisioner: Source::controller("rancher.io/local-path_local-path-provisioner_local-path-storage"),
            disks: disks.clone(),
            dice: store.world().chance.stream("controllers/volumes"),
            due: BTreeMap::new(),
            said: BTreeMap::new(),
        }
    }

    /// True once the work on `uid`, which takes a time between `range`, is done. It begins at the first call.
    fn done(&mut self, uid: &str, range: (u64, u64)) -> bool {
        if let Some(at) = self.due.get(uid) {
            return *at <= Instant::now();
        }
        let at = Instant::now() + self.dice.millis(range.0, range.1);
        self.due.insert(uid.to_owned(), at);
        false
    }
}

impl Controller for Volumes {
    fn reconcile(&mut self) -> Option<Instant> {
        let claims = self.store.list::<PersistentVolumeClaim>(None);
        let volumes = self.store.list::<PersistentVolume>(None);
        let known = |uid: &str| {
            claims.iter().any(|claim| meta::uid(claim.as_ref()) == uid)
                || volumes.iter().any(|volume| meta::uid(volume.as_ref()) == uid)
        };
        self.due.retain(|uid, _| known(uid));
        self.said.retain(|uid, _| known(uid));
        protect::reconcile(&self.store, &claims);
        for claim in &claims {
            self.bind_claim(claim);
        }
        for volume in &volumes {
            self.keep_volume(volume);
        }
        let now = Instant::now();
        self.due.values().copied().filter(|at| *at > now).min()
    }

    fn reaction(&mut self) -> Duration {
        self.dice.millis(5, 50)
    }
}
