//! The provisioner: makes a volume for a claim, on the node where its first pod will run.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        core::v1::{
            HostPathVolumeSource, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PersistentVolume,
            PersistentVolumeClaim, PersistentVolumeSpec, PersistentVolumeStatus, VolumeNodeAffinity,
        },
        storage::v1::StorageClass,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::{
    PROVISIONER, PROVISIONING, Volumes,
    bind::{PV_FINALIZER, reference},
};
use crate::{events::News, meta, quantity::bytes};

impl Volumes {
    pub(super) fn provision(&mut self, claim: &PersistentVolumeClaim, class: &StorageClass, node: Option<&str>) {
        if class.provisioner != PROVISIONER {
            let message = format!(
                "Waiting for a volume to be created either by the external provisioner '{}' or manually by the system \
                 administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
                class.provisioner
            );
            return self.say(claim, News::normal("ExternalProvisioning", message.clone()), &message);
        }
        let who = format!("{}/{}", meta::namespace(claim), meta::name(claim));
        if !self.due.contains_key(meta::uid(claim)) {
            let waiting = format!(
                "Waiting for a volume to be created either by the external provisioner '{PROVISIONER}' or manually by the system \
                 administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
            );
            self.say(claim, News::normal("ExternalProvisioning", waiting.clone()), &waiting);
            let message = format!("External provisioner is provisioning volume for claim \"{who}\"");
            self.recorder.tell(&self.provisioner, claim, News::normal("Provisioning", message));
        }
        if !self.done(meta::uid(claim), PROVISIONING) {
            return;
        }
        let volume = build(claim, class, node);
        let name = meta::name(&volume).to_owned();
        if self.store.create(&volume).is_err() {
            return;
        }
        // As on a disk of its own: no more fits than was asked for.
        let capacity = volume.spec.as_ref().and_then(|spec| spec.capacity.as_ref()?.get("storage")).and_then(bytes);
        self.disks.provision(&name, &who, capacity.unwrap_or(u64::MAX), &self.store.world().defects);
        self.due.remove(meta::uid(claim));
        let message = format!("Successfully provisioned volume {name}");
        self.recorder.tell(&self.provisioner, claim, News::normal("ProvisioningSucceeded", message));
        let reserve = |claim: &mut PersistentVolumeClaim| {
            let notes = claim.metadata.annotations.get_or_insert_default();
            for key in ["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"] {
                notes.insert(key.into(), PROVISIONER.into());
            }
            claim.spec.get_or_insert_default().volume_name = Some(name.clone());
        };
        if let Ok(reserved) =
            self.store.modify::<PersistentVolumeClaim>(meta::namespace(claim), meta::name(claim), reserve)
        {
            self.bind_claim(&reserved);
        }
    }
}

fn build(claim: &PersistentVolumeClaim, class: &StorageClass, node: Option<&str>) -> PersistentVolume {
    let wish = claim.spec.clone().unwrap_or_default();
    let name = format!("pvc-{}", meta::uid(claim));
    let folder = format!("{name}_{}_{}", meta::namespace(claim), meta::name(claim));
    let storage = wish.resources.and_then(|resources| resources.requests).unwrap_or_default();
    let here = |node: &str| VolumeNodeAffinity {
        required: Some(NodeSelector {
            node_selector_terms: vec![NodeSelectorTerm {
                match_expressions: Some(vec![NodeSelectorRequirement {
                    key: "kubernetes.io/hostname".into(),
                    operator: "In".into(),
                    values: Some(vec![node.to_owned()]),
                }]),
                match_fields: None,
            }],
        }),
    };
    PersistentVolume {
        metadata: ObjectMeta {
            name: Some(name),
            annotations: Some(BTreeMap::from([("pv.kubernetes.io/provisioned-by".into(), PROVISIONER.into())])),
            finalizers: Some(vec![PV_FINALIZER.into()]),
            ..ObjectMeta::default()
        },
        spec: Some(PersistentVolumeSpec {
            access_modes: wish.access_modes,
            capacity: Some(storage.into_iter().filter(|(resource, _)| resource == "storage").collect()),
            claim_ref: Some(reference(claim)),
            host_path: Some(HostPathVolumeSource {
                path: format!("/var/local-path-provisioner/{folder}"),
                type_: Some("DirectoryOrCreate".into()),
            }),
            node_affinity: node.map(here),
            persistent_volume_reclaim_policy: class.reclaim_policy.clone().or_else(|| Some("Delete".into())),
            storage_class_name: class.metadata.name.clone(),
            volume_mode: Some("Filesystem".into()),
            ..PersistentVolumeSpec::default()
        }),
        status: Some(PersistentVolumeStatus { phase: Some("Bound".into()), ..PersistentVolumeStatus::default() }),
    }
}
