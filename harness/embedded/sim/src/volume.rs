use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A pod's persistent data: files by path, relative to the mount, and typed state that a process keeps there.
///
/// A clone is another handle to the same data, as two mounts of one disk are. [`Volume::wipe`] removes all.
#[derive(Clone, Default)]
pub struct Volume(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    files: BTreeMap<String, Vec<u8>>,
    state: BTreeMap<String, Arc<dyn Any + Send + Sync>>,
}

impl Volume {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The content of a file.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.content().files.get(path).cloned()
    }

    /// Creates or replaces a file.
    pub fn write(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.content().files.insert(path.to_owned(), bytes.into());
    }

    /// Removes a file or, with all that is below it, a folder; and typed state at or below the path.
    pub fn remove(&self, path: &str) {
        let below = format!("{path}/");
        let gone = |key: &str| key == path || key.starts_with(&below);
        let mut content = self.content();
        content.files.retain(|key, _| !gone(key));
        content.state.retain(|key, _| !gone(key));
    }

    /// True if there is a file at `path` or anything below it.
    pub fn exists(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.content().files.keys().any(|key| key == path || key.starts_with(&below))
    }

    /// All paths of files, in order.
    pub fn paths(&self) -> Vec<String> {
        self.content().files.keys().cloned().collect()
    }

    /// The typed state kept under `key`, made by `T::default` at first use. State of another type is replaced.
    pub fn state<T: Default + Send + Sync + 'static>(&self, key: &str) -> Arc<T> {
        let mut content = self.content();
        if let Some(found) = content.state.get(key).and_then(|state| Arc::clone(state).downcast::<T>().ok()) {
            return found;
        }
        let made = Arc::new(T::default());
        content.state.insert(key.to_owned(), Arc::clone(&made) as Arc<dyn Any + Send + Sync>);
        made
    }

    /// The keys of typed state, in order.
    pub fn state_keys(&self) -> Vec<String> {
        self.content().state.keys().cloned().collect()
    }

    /// Removes everything.
    pub fn wipe(&self) {
        *self.content() = Content::default();
    }

    /// True if both handles mean the same data.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Volume").field("files", &self.paths()).field("state", &self.state_keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wiped_volume_has_forgotten_files_and_state() {
        let volume = Volume::default();
        volume.write("dnode/dnodeCfg.json", "{}");
        *volume.state::<Mutex<u32>>("rows").lock().unwrap() = 3;
        assert!(volume.exists("dnode"));
        assert_eq!(*volume.clone().state::<Mutex<u32>>("rows").lock().unwrap(), 3);
        volume.wipe();
        assert!(!volume.exists("dnode"));
        assert_eq!(*volume.state::<Mutex<u32>>("rows").lock().unwrap(), 0);
    }

    #[test]
    fn removing_a_folder_leaves_its_neighbours() {
        let volume = Volume::default();
        for path in ["vnode/vnode2/a", "vnode/vnode2/b", "vnode/vnode22/a"] {
            volume.write(path, "");
        }
        volume.remove("vnode/vnode2");
        assert_eq!(volume.paths(), ["vnode/vnode22/a"]);
    }
}
