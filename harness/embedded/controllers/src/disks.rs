use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use seatrial_sim::{Defect, Defects, Volume};

/// The data behind persistent volumes and host paths. A clone is another handle to the same disks.
#[derive(Clone, Default)]
pub(crate) struct Disks(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    volumes: BTreeMap<String, Disk>,
    // What was left behind by deleted volumes, by claim; filled only by a planted defect.
    left: BTreeMap<String, Volume>,
    host_paths: BTreeMap<(String, String), Volume>,
}

struct Disk {
    claim: String,
    data: Volume,
    /// Parts of it that are mounted by `subPath`.
    parts: BTreeMap<String, Volume>,
    last_user: Option<String>,
}

impl Disks {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the empty disk of a persistent volume for the claim `namespace/name`; no more than `capacity` bytes fit.
    pub(crate) fn provision(&self, volume: &str, claim: &str, capacity: u64, defects: &Defects) {
        let mut state = self.lock();
        let survivor = state.left.remove(claim).filter(|_| defects.has(Defect::VolumeSurvivesDeletion));
        let data = survivor.unwrap_or_else(|| Volume::sized(capacity));
        let disk = Disk { claim: claim.to_owned(), data, parts: BTreeMap::new(), last_user: None };
        state.volumes.insert(volume.to_owned(), disk);
    }

    /// Destroys the disk of a persistent volume.
    pub(crate) fn destroy(&self, volume: &str, defects: &Defects) {
        let mut state = self.lock();
        let Some(disk) = state.volumes.remove(volume) else { return };
        if defects.has(Defect::VolumeSurvivesDeletion) {
            state.left.insert(disk.claim, disk.data);
        } else {
            disk.data.wipe();
            disk.parts.values().for_each(Volume::wipe);
        }
    }

    /// The data of a persistent volume, for the pod with UID `user`. A volume that somebody made by hand has an
    /// empty disk at first.
    pub(crate) fn mount(&self, volume: &str, sub_path: &str, user: &str, defects: &Defects) -> Volume {
        let mut state = self.lock();
        let volume = if defects.has(Defect::VolumesShared) { "shared" } else { volume };
        let disk = state.volumes.entry(volume.to_owned()).or_insert_with(|| Disk {
            claim: String::new(),
            data: Volume::default(),
            parts: BTreeMap::new(),
            last_user: None,
        });
        let other_user = disk.last_user.as_deref().is_some_and(|last| last != user);
        if other_user && defects.has(Defect::VolumeForgotten) {
            disk.data = Volume::default();
            disk.parts.clear();
        }
        disk.last_user = Some(user.to_owned());
        if sub_path.is_empty() { disk.data.clone() } else { disk.parts.entry(sub_path.to_owned()).or_default().clone() }
    }

    /// A folder of a node's own disk.
    pub(crate) fn host_path(&self, node: &str, path: &str) -> Volume {
        self.lock().host_paths.entry((node.to_owned(), path.to_owned())).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defects(defects: &[Defect]) -> Defects {
        defects.iter().copied().collect()
    }

    #[test]
    fn data_stay_from_pod_to_pod_and_go_with_the_volume() {
        let (disks, none) = (Disks::default(), defects(&[]));
        disks.provision("pv", "ns/claim", 100, &none);
        disks.mount("pv", "", "first", &none).write("file", "data");
        let again = disks.mount("pv", "", "second", &none);
        assert!(again.exists("file"));
        disks.destroy("pv", &none);
        assert!(!again.exists("file"));
        disks.provision("other", "ns/claim", 100, &none);
        assert!(!disks.mount("other", "", "third", &none).exists("file"));
    }

    #[test]
    fn a_forgotten_volume_is_empty_for_the_next_pod() {
        let (disks, planted) = (Disks::default(), defects(&[Defect::VolumeForgotten]));
        disks.provision("pv", "ns/claim", 100, &planted);
        disks.mount("pv", "", "first", &planted).write("file", "data");
        assert!(disks.mount("pv", "", "first", &planted).exists("file"));
        assert!(!disks.mount("pv", "", "second", &planted).exists("file"));
    }

    #[test]
    fn a_surviving_volume_comes_back_with_its_claim() {
        let (disks, planted) = (Disks::default(), defects(&[Defect::VolumeSurvivesDeletion]));
        disks.provision("pv", "ns/claim", 100, &planted);
        disks.mount("pv", "", "first", &planted).write("file", "data");
        disks.destroy("pv", &planted);
        disks.provision("other", "ns/claim", 100, &planted);
        assert!(disks.mount("other", "", "second", &planted).exists("file"));
        disks.provision("third", "ns/another", 100, &planted);
        assert!(!disks.mount("third", "", "third", &planted).exists("file"));
    }
}
