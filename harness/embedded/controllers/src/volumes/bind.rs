//! Binding of claims to volumes that exist, and what becomes of volumes without their claim.

use std::sync::Arc;

use k8s_openapi::api::{
    core::v1::{
        ObjectReference, PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimStatus, PersistentVolumeStatus,
    },
    storage::v1::StorageClass,
};
use seatrial_apiserver::Deletion;
use seatrial_sim::Defect;

use super::{REMOVAL, Volumes};
use crate::{events::News, meta, quantity, scheduler::SELECTED_NODE};

pub(super) const PV_FINALIZER: &str = "kubernetes.io/pv-protection";

fn phase(claim: &PersistentVolumeClaim) -> &str {
    claim.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Pending")
}

pub(super) fn class_name(claim: &PersistentVolumeClaim) -> &str {
    claim.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default()
}

impl Volumes {
    pub(super) fn bind_claim(&mut self, claim: &PersistentVolumeClaim) {
        if meta::deleting(claim) {
            return;
        }
        let named = claim.spec.as_ref().and_then(|spec| spec.volume_name.clone()).unwrap_or_default();
        if !named.is_empty() {
            match self.store.get::<PersistentVolume>("", &named) {
                Some(volume) if phase(claim) != "Bound" && usable(&volume, claim) => self.bind(claim, &volume),
                None if phase(claim) == "Bound" => self.lose(claim, &named),
                _ => {}
            }
            return;
        }
        let class = self.store.get::<StorageClass>("", class_name(claim));
        let waits =
            class.as_ref().is_some_and(|class| class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer"));
        let selected = claim.metadata.annotations.as_ref().and_then(|notes| notes.get(SELECTED_NODE)).cloned();
        if waits && selected.is_none() {
            let message = "waiting for first consumer to be created before binding";
            return self.say(claim, News::normal("WaitForFirstConsumer", message), message);
        }
        if let Some(volume) = self.smallest_fitting(claim) {
            return self.bind(claim, &volume);
        }
        match class {
            Some(class) => self.provision(claim, &class, selected.as_deref()),
            None if class_name(claim).is_empty() => {
                let message = "no persistent volumes available for this claim and no storage class is set";
                self.say(claim, News::normal("FailedBinding", message), message);
            }
            None => {
                let message = format!("storageclass.storage.k8s.io \"{}\" not found", class_name(claim));
                self.say(claim, News::warning("ProvisioningFailed", message.clone()), &message);
            }
        }
    }

    /// Tells news about a claim once, not at every look.
    pub(super) fn say(&mut self, claim: &PersistentVolumeClaim, news: News<'_>, text: &str) {
        if self.said.get(meta::uid(claim)).map(String::as_str) != Some(text) {
            self.said.insert(meta::uid(claim).to_owned(), text.to_owned());
            self.recorder.tell(&self.binder, claim, news);
        }
    }

    fn smallest_fitting(&self, claim: &PersistentVolumeClaim) -> Option<Arc<PersistentVolume>> {
        let mut fitting = self.store.list::<PersistentVolume>(None);
        fitting.retain(|volume| usable(volume, claim) && fits(volume, claim));
        fitting.sort_by_key(|volume| capacity(volume));
        fitting.into_iter().next()
    }

    fn bind(&mut self, claim: &PersistentVolumeClaim, volume: &PersistentVolume) {
        let (namespace, name) = (meta::namespace(claim), meta::name(claim));
        let link = |volume: &mut PersistentVolume| {
            if let Some(spec) = &mut volume.spec {
                spec.claim_ref = Some(reference(claim));
            }
            volume.status.get_or_insert_default().phase = Some("Bound".into());
            meta::add_finalizer(volume, PV_FINALIZER);
        };
        let Ok(volume) = self.store.modify::<PersistentVolume>("", meta::name(volume), link) else { return };
        let spec = volume.spec.clone().unwrap_or_default();
        let bind = |claim: &mut PersistentVolumeClaim| {
            let notes = claim.metadata.annotations.get_or_insert_default();
            notes.insert("pv.kubernetes.io/bind-completed".into(), "yes".into());
            notes.insert("pv.kubernetes.io/bound-by-controller".into(), "yes".into());
            claim.spec.get_or_insert_default().volume_name.clone_from(&volume.metadata.name);
            claim.status = Some(PersistentVolumeClaimStatus {
                phase: Some("Bound".into()),
                access_modes: spec.access_modes.clone(),
                capacity: spec.capacity.clone(),
                ..PersistentVolumeClaimStatus::default()
            });
        };
        // A claim that vanished releases its volume at the next look.
        let _ = self.store.modify::<PersistentVolumeClaim>(namespace, name, bind);
    }

    fn lose(&mut self, claim: &PersistentVolumeClaim, volume: &str) {
        let lose = |claim: &mut PersistentVolumeClaim| {
            claim.status.get_or_insert_default().phase = Some("Lost".into());
        };
        // It may vanish meanwhile.
        let _ = self.store.modify::<PersistentVolumeClaim>(meta::namespace(claim), meta::name(claim), lose);
        let message = format!("Bound claim has lost its PersistentVolume. Data on the volume is lost! ({volume})");
        self.say(claim, News::warning("ClaimLost", message.clone()), &message);
    }

    /// Releases a volume whose claim is gone, and removes it if its policy says so.
    pub(super) fn keep_volume(&mut self, volume: &PersistentVolume) {
        let Some(spec) = &volume.spec else { return };
        let name = meta::name(volume).to_owned();
        let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Pending").to_owned();
        let claim = spec.claim_ref.as_ref().filter(|claim| claim.uid.is_some());
        let Some(reference) = claim else {
            if phase == "Pending" && !meta::deleting(volume) {
                self.set_phase(&name, "Available");
            }
            if meta::deleting(volume) {
                self.let_go(volume);
            }
            return;
        };
        let (namespace, claim_name) =
            (reference.namespace.as_deref().unwrap_or_default(), reference.name.as_deref().unwrap_or_default());
        let claim = self.store.get::<PersistentVolumeClaim>(namespace, claim_name);
        if claim.is_some_and(|claim| claim.metadata.uid == reference.uid) {
            return;
        }
        if phase != "Released" {
            self.set_phase(&name, "Released");
        }
        if meta::deleting(volume) {
            self.let_go(volume);
        } else if spec.persistent_volume_reclaim_policy.as_deref() == Some("Delete")
            && !self.store.world().defects.has(Defect::VolumeNotReclaimed)
            && self.done(meta::uid(volume), REMOVAL)
        {
            // Somebody may have been faster.
            let _ = self.store.delete::<PersistentVolume>("", &name, Deletion::now());
            if let Some(marked) = self.store.get::<PersistentVolume>("", &name) {
                self.let_go(&marked);
            }
        }
    }

    fn let_go(&mut self, volume: &PersistentVolume) {
        let name = meta::name(volume);
        let reclaim = volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
        if reclaim == Some("Delete") {
            self.disks.destroy(name, &self.store.world().defects);
        }
        // It goes with its last finalizer.
        let _ = self.store.modify::<PersistentVolume>("", name, |volume| meta::drop_finalizer(volume, PV_FINALIZER));
    }

    fn set_phase(&self, name: &str, phase: &str) {
        let set = |volume: &mut PersistentVolume| {
            let status = volume.status.take().unwrap_or_default();
            volume.status = Some(PersistentVolumeStatus { phase: Some(phase.to_owned()), ..status });
        };
        // It may vanish meanwhile.
        let _ = self.store.modify::<PersistentVolume>("", name, set);
    }
}

/// True if the volume is free, or reserved for this claim.
fn usable(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let Some(spec) = &volume.spec else { return false };
    let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Pending");
    let ours = spec.claim_ref.as_ref().is_none_or(|reference| {
        reference.name == claim.metadata.name
            && reference.namespace == claim.metadata.namespace
            && reference.uid.as_ref().is_none_or(|uid| claim.metadata.uid.as_ref() == Some(uid))
    });
    ours && !meta::deleting(volume) && phase != "Released" && phase != "Failed"
}

fn fits(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let (Some(offer), Some(wish)) = (&volume.spec, &claim.spec) else { return false };
    let requests = wish.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    let size = requests.and_then(|requests| requests.get("storage")).and_then(quantity::milli).unwrap_or(0);
    let modes = offer.access_modes.as_deref().unwrap_or_default();
    offer.storage_class_name.as_deref().unwrap_or_default() == class_name(claim)
        && wish.access_modes.iter().flatten().all(|mode| modes.contains(mode))
        && capacity(volume) >= size
}

fn capacity(volume: &PersistentVolume) -> i128 {
    let capacity = volume.spec.as_ref().and_then(|spec| spec.capacity.as_ref());
    capacity.and_then(|capacity| capacity.get("storage")).and_then(quantity::milli).unwrap_or(0)
}

pub(super) fn reference(claim: &PersistentVolumeClaim) -> ObjectReference {
    ObjectReference {
        api_version: Some("v1".into()),
        kind: Some("PersistentVolumeClaim".into()),
        name: claim.metadata.name.clone(),
        namespace: claim.metadata.namespace.clone(),
        uid: claim.metadata.uid.clone(),
        resource_version: claim.metadata.resource_version.clone(),
        ..ObjectReference::default()
    }
}
