use k8s_openapi::{
    api::{
        core::v1::{PersistentVolume, PersistentVolumeClaim},
        storage::v1::StorageClass,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde_json::Value;

pub(super) fn claim(claim: &PersistentVolumeClaim, name: Value, age: Value) -> Vec<Value> {
    let (spec, status) = (claim.spec.as_ref(), claim.status.as_ref());
    let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or_default();
    let volume = spec.and_then(|spec| spec.volume_name.as_deref()).unwrap_or_default();
    let capacity = status.and_then(|status| status.capacity.as_ref()?.get("storage"));
    let bound = !volume.is_empty();
    vec![
        name,
        phase_of(&claim.metadata, phase),
        volume.into(),
        capacity.filter(|_| bound).map_or("", |quantity| quantity.0.as_str()).into(),
        if bound { modes(status.and_then(|status| status.access_modes.as_deref())) } else { "".into() },
        spec.and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default().into(),
        spec.and_then(|spec| spec.volume_attributes_class_name.as_deref()).unwrap_or("<unset>").into(),
        age,
        spec.and_then(|spec| spec.volume_mode.as_deref()).unwrap_or("<unset>").into(),
    ]
}

pub(super) fn volume(volume: &PersistentVolume, name: Value, age: Value) -> Vec<Value> {
    let (spec, status) = (volume.spec.as_ref(), volume.status.as_ref());
    let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or_default();
    let capacity = spec.and_then(|spec| spec.capacity.as_ref()?.get("storage"));
    let claim = spec.and_then(|spec| spec.claim_ref.as_ref()).map(|claim| {
        format!("{}/{}", claim.namespace.as_deref().unwrap_or_default(), claim.name.as_deref().unwrap_or_default())
    });
    vec![
        name,
        capacity.map_or("", |quantity| quantity.0.as_str()).into(),
        modes(spec.and_then(|spec| spec.access_modes.as_deref())),
        spec.and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref()).unwrap_or_default().into(),
        phase_of(&volume.metadata, phase),
        claim.unwrap_or_default().into(),
        spec.and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default().into(),
        spec.and_then(|spec| spec.volume_attributes_class_name.as_deref()).unwrap_or("<unset>").into(),
        status.and_then(|status| status.reason.as_deref()).unwrap_or_default().into(),
        age,
        spec.and_then(|spec| spec.volume_mode.as_deref()).unwrap_or("<unset>").into(),
    ]
}

pub(super) fn class(class: &StorageClass, age: Value) -> Vec<Value> {
    let annotations = class.metadata.annotations.as_ref();
    let marked = annotations.and_then(|map| map.get("storageclass.kubernetes.io/is-default-class"));
    let mut name = class.metadata.name.clone().unwrap_or_default();
    if marked.is_some_and(|text| text == "true") {
        name.push_str(" (default)");
    }
    vec![
        name.into(),
        class.provisioner.as_str().into(),
        class.reclaim_policy.as_deref().unwrap_or("Delete").into(),
        class.volume_binding_mode.as_deref().unwrap_or("<unset>").into(),
        class.allow_volume_expansion.unwrap_or(false).into(),
        age,
    ]
}

fn phase_of(meta: &ObjectMeta, phase: &str) -> Value {
    if meta.deletion_timestamp.is_some() { "Terminating".into() } else { phase.into() }
}

fn modes(modes: Option<&[String]>) -> Value {
    const KNOWN: [(&str, &str); 4] =
        [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
    let modes = modes.unwrap_or_default();
    let short: Vec<_> =
        KNOWN.iter().filter(|(long, _)| modes.iter().any(|mode| mode == long)).map(|(_, short)| *short).collect();
    short.join(",").into()
}
