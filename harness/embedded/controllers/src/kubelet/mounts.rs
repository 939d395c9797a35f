//! The volumes of a pod, and where containers see them.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ConfigMap, Container, KeyToPath, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Volume as PodVolume,
};
use seatrial_sim::Volume;

use super::{Shared, env, env::Place};
use crate::meta;

/// Why a volume is not there (yet).
pub(crate) struct MountError(pub(crate) String);

/// Finds the data behind volume `name` of `pod`, as mounted with `sub_path`.
pub(crate) fn open(kubelet: &Shared, pod: &Pod, name: &str, sub_path: &str) -> Result<Volume, MountError> {
    let volumes = pod.spec.iter().filter_map(|spec| spec.volumes.as_ref()).flatten();
    let Some(volume) = volumes.into_iter().find(|volume| volume.name == name) else {
        return Err(MountError(format!("references non-existent volume mount: {name}")));
    };
    let namespace = meta::namespace(pod);
    if let Some(source) = &volume.persistent_volume_claim {
        return claim(kubelet, pod, &source.claim_name, sub_path);
    }
    if let Some(source) = &volume.host_path {
        let node = meta::pod_node(pod).unwrap_or_default();
        let path = if sub_path.is_empty() { source.path.clone() } else { format!("{}/{sub_path}", source.path) };
        return Ok(kubelet.disks.host_path(node, &path));
    }
    let filled = Volume::default();
    if volume.config_map.is_some() || volume.secret.is_some() {
        let files = files(kubelet, namespace, volume)?;
        fill(&filled, &files, sub_path);
    } else if let Some(source) = &volume.downward_api {
        let place = Place { pod, pod_ip: "", host_ip: "", allocatable: &kubelet.allocatable };
        for item in source.items.iter().flatten() {
            let value = item.field_ref.as_ref().and_then(|field| env::field(&place, &field.field_path).ok());
            filled.write(&item.path, value.unwrap_or_default());
        }
    }
    Ok(filled)
}

fn claim(kubelet: &Shared, pod: &Pod, name: &str, sub_path: &str) -> Result<Volume, MountError> {
    let not_yet = |why: String| Err(MountError(why));
    let Some(claim) = kubelet.store.get::<PersistentVolumeClaim>(meta::namespace(pod), name) else {
        return not_yet(format!("persistentvolumeclaim \"{name}\" not found"));
    };
    let volume = claim.spec.as_ref().and_then(|spec| spec.volume_name.clone()).unwrap_or_default();
    let bound = claim.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Bound");
    if !bound || volume.is_empty() {
        return not_yet(format!("PVC {}/{name} is not bound", meta::namespace(pod)));
    }
    if kubelet.store.get::<PersistentVolume>("", &volume).is_none() {
        return not_yet(format!("persistentvolume \"{volume}\" not found"));
    }
    Ok(kubelet.disks.mount(&volume, sub_path, meta::uid(pod), &kubelet.world.defects))
}

/// The files of a volume that is made of a ConfigMap or a Secret.
fn files(kubelet: &Shared, namespace: &str, volume: &PodVolume) -> Result<BTreeMap<String, Vec<u8>>, MountError> {
    let (data, items) = if let Some(source) = &volume.config_map {
        let optional = source.optional == Some(true);
        let data = match kubelet.store.get::<ConfigMap>(namespace, &source.name) {
            Some(map) => {
                let texts = map.data.clone().into_iter().flatten().map(|(key, text)| (key, text.into_bytes()));
                let bytes = map.binary_data.clone().into_iter().flatten().map(|(key, bytes)| (key, bytes.0));
                texts.chain(bytes).collect()
            }
            None if optional => BTreeMap::new(),
            None => return Err(no_object("configmap", volume, &source.name)),
        };
        (data, &source.items)
    } else if let Some(source) = &volume.secret {
        let name = source.secret_name.as_deref().unwrap_or_default();
        let data = match kubelet.store.get::<Secret>(namespace, name) {
            Some(secret) => secret.data.clone().into_iter().flatten().map(|(key, bytes)| (key, bytes.0)).collect(),
            None if source.optional == Some(true) => BTreeMap::new(),
            None => return Err(no_object("secret", volume, name)),
        };
        (data, &source.items)
    } else {
        return Ok(BTreeMap::new());
    };
    Ok(chosen(data, items.as_deref()))
}

fn no_object(kind: &str, volume: &PodVolume, name: &str) -> MountError {
    MountError(format!("MountVolume.SetUp failed for volume \"{}\" : {kind} \"{name}\" not found", volume.name))
}

fn chosen(data: BTreeMap<String, Vec<u8>>, items: Option<&[KeyToPath]>) -> BTreeMap<String, Vec<u8>> {
    match items {
        None | Some([]) => data,
        Some(items) => {
            items.iter().filter_map(|item| Some((item.path.clone(), data.get(&item.key)?.clone()))).collect()
        }
    }
}

fn fill(volume: &Volume, files: &BTreeMap<String, Vec<u8>>, sub_path: &str) {
    for (path, bytes) in files {
        // A single file that is mounted by its name has its content under the empty path.
        if path == sub_path {
            volume.write("", bytes.clone());
        } else if sub_path.is_empty() {
            volume.write(path, bytes.clone());
        } else if let Some(below) = path.strip_prefix(&format!("{sub_path}/")) {
            volume.write(below, bytes.clone());
        }
    }
}

/// Which volumes (name and path below it) the containers of a pod use.
pub(crate) fn wanted(pod: &Pod) -> Vec<(String, String)> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let containers = spec.init_containers.iter().flatten().chain(&spec.containers);
    let mut wanted: Vec<_> = containers
        .flat_map(|container| container.volume_mounts.iter().flatten())
        .map(|mount| (mount.name.clone(), mount.sub_path.clone().unwrap_or_default()))
        .collect();
    wanted.sort();
    wanted.dedup();
    wanted
}

/// A container's volumes by mount path.
pub(crate) fn by_path(container: &Container, mounts: &BTreeMap<(String, String), Volume>) -> BTreeMap<String, Volume> {
    let all = container.volume_mounts.iter().flatten();
    all.filter_map(|mount| {
        let key = (mount.name.clone(), mount.sub_path.clone().unwrap_or_default());
        let path = mount.mount_path.trim_end_matches('/');
        Some((if path.is_empty() { "/" } else { path }.to_owned(), mounts.get(&key)?.clone()))
    })
    .collect()
}

/// True if a pod has files that follow a `ConfigMap` or a `Secret`.
pub(crate) fn can_change(pod: &Pod) -> bool {
    let mut volumes = pod.spec.iter().filter_map(|spec| spec.volumes.as_ref()).flatten();
    volumes.any(|volume| volume.config_map.is_some() || volume.secret.is_some())
}

/// Rewrites the files of each ConfigMap and Secret in a pod's volumes, as the kubelet does when they change.
pub(crate) fn refresh(kubelet: &Shared, pod: &Pod, mounts: &BTreeMap<(String, String), Volume>) {
    let namespace = meta::namespace(pod);
    for volume in pod.spec.iter().filter_map(|spec| spec.volumes.as_ref()).flatten() {
        if volume.config_map.is_none() && volume.secret.is_none() {
            continue;
        }
        let Ok(files) = files(kubelet, namespace, volume) else { continue };
        // A mount by `subPath` keeps what it had, as on a real node.
        if let Some(mounted) = mounts.get(&(volume.name.clone(), String::new())) {
            for path in mounted.paths() {
                if !files.contains_key(&path) {
                    mounted.remove(&path);
                }
            }
            fill(mounted, &files, "");
        }
    }
}
