use k8s_openapi::{
    api::{
        core::v1::{
            PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeClaimStatus,
            PersistentVolumeStatus,
        },
        storage::v1::StorageClass,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::Defaults;

impl Defaults for PersistentVolumeClaim {
    fn set_defaults(&mut self) {
        self.spec.iter_mut().for_each(claim_spec);
        let status = self.status.get_or_insert_with(PersistentVolumeClaimStatus::default);
        status.phase.get_or_insert_with(|| "Pending".into());
    }
}

/// Defaults of a claim's specification, also of one in a template.
pub(super) fn claim_spec(spec: &mut PersistentVolumeClaimSpec) {
    spec.volume_mode.get_or_insert_with(|| "Filesystem".into());
}

impl Defaults for PersistentVolume {
    fn set_defaults(&mut self) {
        if let Some(spec) = &mut self.spec {
            spec.persistent_volume_reclaim_policy.get_or_insert_with(|| "Retain".into());
            spec.volume_mode.get_or_insert_with(|| "Filesystem".into());
            if let Some(path) = &mut spec.host_path {
                path.type_.get_or_insert_default();
            }
        }
        let status = self.status.get_or_insert_with(PersistentVolumeStatus::default);
        status.phase.get_or_insert_with(|| "Pending".into());
    }
}

impl Defaults for StorageClass {
    fn set_defaults(&mut self) {
        self.reclaim_policy.get_or_insert_with(|| "Delete".into());
        self.volume_binding_mode.get_or_insert_with(|| "Immediate".into());
    }
}

/// Keeps a new object until its controller says that nobody uses it.
pub(crate) fn protect(meta: &mut ObjectMeta, finalizer: &str) {
    let finalizers = meta.finalizers.get_or_insert_default();
    if !finalizers.iter().any(|present| present == finalizer) {
        finalizers.push(finalizer.into());
    }
}
