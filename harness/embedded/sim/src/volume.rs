use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Most zeros that are read at once.
const MOST_ZEROS: usize = 1 << 20;

/// A pod's persistent data: files by path, relative to the mount, and typed state that a process keeps there.
///
/// A clone is another handle to the same data, as two mounts of one disk are. [`Volume::wipe`] removes all.
#[derive(Clone, Default)]
pub struct Volume(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    files: BTreeMap<String, File>,
    state: BTreeMap<String, Arc<dyn Any + Send + Sync>>,
    /// Bytes that fit; any number if none.
    capacity: Option<u64>,
}

/// Makes the content of a file.
type Maker = Arc<dyn Fn() -> Vec<u8> + Send + Sync>;

#[derive(Clone)]
enum File {
    /// Bytes as they were written.
    Bytes(Vec<u8>),
    /// What a process has in its typed state, as bytes; made when somebody looks.
    Made(Maker),
    /// So many zeros.
    Zeros(u64),
}

impl File {
    /// What it takes of the disk. Made files count as nothing: making them to count them would cost more than it is worth.
    fn taken(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Made(_) => 0,
            Self::Zeros(count) => *count,
        }
    }
}

impl Content {
    fn free(&self) -> u64 {
        let taken = || self.files.values().map(File::taken).sum::<u64>();
        self.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(taken()))
    }

    /// Puts a file in place of what is there; false if it does not fit.
    fn put(&mut self, path: &str, file: File) -> bool {
        let before = self.files.get(path).map_or(0, File::taken);
        let fits = file.taken() <= before || file.taken() - before <= self.free();
        if fits {
            self.files.insert(path.to_owned(), file);
        }
        fits
    }
}

impl Volume {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An empty volume in which so many bytes fit.
    pub fn sized(capacity: u64) -> Self {
        Self(Arc::new(Mutex::new(Content { capacity: Some(capacity), ..Content::default() })))
    }

    /// Bytes that still fit.
    pub fn free(&self) -> u64 {
        self.content().free()
    }

    /// The content of a file.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        let file = self.content().files.get(path).cloned()?;
        Some(match file {
            File::Bytes(bytes) => bytes,
            File::Made(make) => make(),
            File::Zeros(count) => vec![0; usize::try_from(count).unwrap_or(usize::MAX).min(MOST_ZEROS)],
        })
    }

    /// Creates or replaces a file. If it does not fit, all stays as it was, and this is false.
    pub fn write(&self, path: &str, bytes: impl Into<Vec<u8>>) -> bool {
        self.content().put(path, File::Bytes(bytes.into()))
    }

    /// Creates or replaces a file of so many zeros; false if it does not fit.
    pub fn write_zeros(&self, path: &str, count: u64) -> bool {
        self.content().put(path, File::Zeros(count))
    }

    /// Creates or replaces a file whose content is made when somebody looks, until somebody writes to it.
    pub fn write_made(&self, path: &str, make: impl Fn() -> Vec<u8> + Send + Sync + 'static) {
        self.content().files.insert(path.to_owned(), File::Made(Arc::new(make)));
    }

    /// The content of a file that was to be made and that somebody has written to since.
    pub fn overwritten(&self, path: &str) -> Option<Vec<u8>> {
        match self.content().files.get(path) {
            Some(File::Bytes(bytes)) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// Bytes of a file.
    pub fn size(&self, path: &str) -> Option<u64> {
        let file = self.content().files.get(path).cloned()?;
        Some(match file {
            File::Made(make) => make().len() as u64,
            other => other.taken(),
        })
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
        let mut content = self.content();
        *content = Content { capacity: content.capacity, ..Content::default() };
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
    fn a_full_volume_takes_nothing_until_there_is_room() {
        let volume = Volume::sized(100);
        assert!(volume.write("a", "12345") && volume.write_zeros("ballast", 95));
        assert!(!volume.write("a", "123456") && !volume.write("b", "1"), "there is no room");
        assert_eq!((volume.read("a"), volume.exists("b"), volume.free()), (Some(b"12345".to_vec()), false, 0));
        assert!(volume.write("a", "1"), "what gets shorter fits");
        volume.remove("ballast");
        assert!(volume.write("b", "1"));
        volume.wipe();
        assert_eq!(volume.free(), 100);
    }

    #[test]
    fn a_made_file_is_made_until_it_is_overwritten() {
        let volume = Volume::default();
        let state = volume.state::<Mutex<u8>>("state");
        let source = Arc::clone(&state);
        volume.write_made("log", move || vec![*source.lock().unwrap()]);
        *state.lock().unwrap() = 7;
        assert_eq!((volume.read("log"), volume.overwritten("log")), (Some(vec![7]), None));
        volume.write("log", [9]);
        assert_eq!(volume.overwritten("log"), Some(vec![9]));
    }

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
