use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use seatrial_sim::Volume;

/// The file system of a container: volumes at their mount paths, and files that are gone with the container.
pub(crate) struct FileSystem {
    mounts: BTreeMap<String, Volume>,
    own: Mutex<Own>,
}

#[derive(Default)]
struct Own {
    files: BTreeMap<String, Vec<u8>>,
    folders: BTreeSet<String>,
}

/// Why a file cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotWritten {
    /// Its folder does not exist.
    NoFolder,
    /// Its volume is full.
    NoSpace,
}

impl std::fmt::Display for NotWritten {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoFolder => "No such file or directory",
            Self::NoSpace => "No space left on device",
        })
    }
}

/// Folders of the image.
const FOLDERS: [&str; 14] = [
    "/",
    "/bin",
    "/dev",
    "/etc",
    "/etc/taos",
    "/home",
    "/proc",
    "/root",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/var",
    "/var/lib/taos",
    "/var/log/taos",
];

impl FileSystem {
    /// The image's files, with these volumes mounted.
    pub fn new(mounts: BTreeMap<String, Volume>) -> Self {
        let mut own = Own::default();
        own.folders.extend(FOLDERS.map(str::to_owned));
        own.folders.extend(mounts.keys().map(|path| path.trim_end_matches('/').to_owned()));
        Self { mounts, own: Mutex::new(own) }
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The volume below which a path lies, and the path in it.
    fn volume<'a>(&self, path: &'a str) -> Option<(&Volume, &'a str)> {
        let below = |mount: &str| {
            let rest = path.strip_prefix(mount.trim_end_matches('/'))?;
            if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
        };
        let found = self.mounts.iter().filter_map(|(mount, volume)| Some((mount.len(), volume, below(mount)?)));
        found.max_by_key(|(length, ..)| *length).map(|(_, volume, rest)| (volume, rest))
    }

    /// The volume that is mounted at a folder; one that is gone with the container if there is none.
    pub fn volume_at(&self, path: &str) -> Volume {
        match self.volume(path) {
            Some((volume, "")) => volume.clone(),
            _ => Volume::default(),
        }
    }

    /// The content of a file.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        match self.volume(path) {
            Some((volume, rest)) => volume.read(rest),
            None => self.own().files.get(path).cloned(),
        }
    }

    /// Creates or replaces a file.
    pub fn write(&self, path: &str, bytes: Vec<u8>) -> Result<(), NotWritten> {
        self.check_folder(path)?;
        match self.volume(path) {
            Some((volume, rest)) if !volume.write(rest, bytes.as_slice()) => return Err(NotWritten::NoSpace),
            Some(_) => {}
            None => {
                self.own().files.insert(path.to_owned(), bytes);
            }
        }
        Ok(())
    }

    /// Creates or replaces a file that nobody would miss.
    pub fn put(&self, path: &str, bytes: Vec<u8>) {
        let _ = self.write(path, bytes);
    }

    /// What the kernel tells of the mounts: each volume is a file system of its own.
    pub fn mount_info(&self) -> String {
        let line = |(number, mount): (usize, &String)| {
            format!("{} 99 8:{} / {mount} rw,relatime - ext4 /dev/sd{number} rw\n", 100 + number, 16 * number)
        };
        (1..).zip(self.mounts.keys()).map(line).collect()
    }

    /// Creates or replaces a file of zeros on a volume.
    pub fn write_zeros(&self, path: &str, count: u64) -> Result<(), NotWritten> {
        self.check_folder(path)?;
        match self.volume(path) {
            Some((volume, rest)) if volume.write_zeros(rest, count) => Ok(()),
            _ => Err(NotWritten::NoSpace),
        }
    }

    fn check_folder(&self, path: &str) -> Result<(), NotWritten> {
        let folder = path.rsplit_once('/').map_or("/", |(folder, _)| if folder.is_empty() { "/" } else { folder });
        if !self.is_folder(folder) || self.is_folder(path) { Err(NotWritten::NoFolder) } else { Ok(()) }
    }

    /// Where the volume of a path is mounted, if it is on one, and the volume.
    pub fn mount_of(&self, path: &str) -> Option<(&str, &Volume)> {
        let below = |mount: &str| path == mount || path.starts_with(&format!("{}/", mount.trim_end_matches('/')));
        let found = self.mounts.iter().filter(|(mount, _)| below(mount));
        found.max_by_key(|(mount, _)| mount.len()).map(|(mount, volume)| (mount.as_str(), volume))
    }

    /// True if the path is a folder.
    pub fn is_folder(&self, path: &str) -> bool {
        if self.own().folders.contains(path) {
            return true;
        }
        let below = format!("{}/", path.trim_end_matches('/'));
        if let Some((volume, rest)) = self.volume(path) {
            return rest.is_empty() || volume.paths().iter().any(|file| file.starts_with(&format!("{rest}/")));
        }
        self.own().files.keys().any(|file| file.starts_with(&below))
    }

    /// True if there is a file or a folder.
    pub fn exists(&self, path: &str) -> bool {
        self.read(path).is_some() || self.is_folder(path)
    }

    /// Makes a folder and all above it.
    pub fn make_folder(&self, path: &str) {
        let mut own = self.own();
        let mut at = path.trim_end_matches('/');
        while !at.is_empty() {
            own.folders.insert(at.to_owned());
            at = at.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// Removes a file or a folder with all below it.
    pub fn remove(&self, path: &str) {
        let path = path.trim_end_matches('/');
        let below = format!("{path}/");
        if let Some((volume, rest)) = self.volume(path) {
            if rest.is_empty() {
                volume.wipe();
            } else {
                volume.remove(rest);
            }
        }
        let mut own = self.own();
        let mounted = |folder: &String| self.mounts.contains_key(folder);
        own.files.retain(|file, _| file != path && !file.starts_with(&below));
        own.folders.retain(|folder| mounted(folder) || (folder != path && !folder.starts_with(&below)));
    }

    /// Names in a folder, in order.
    pub fn list(&self, path: &str) -> Vec<String> {
        let below = if path == "/" { "/".to_owned() } else { format!("{}/", path.trim_end_matches('/')) };
        let first = |rest: &str| rest.split('/').next().unwrap_or_default().to_owned();
        let mut names = BTreeSet::new();
        if let Some((volume, rest)) = self.volume(path) {
            let prefix = if rest.is_empty() { String::new() } else { format!("{rest}/") };
            names.extend(volume.paths().iter().filter_map(|file| file.strip_prefix(&prefix)).map(first));
        }
        let own = self.own();
        let all = own.files.keys().chain(&own.folders);
        names.extend(all.filter_map(|file| file.strip_prefix(&below)).filter(|rest| !rest.is_empty()).map(first));
        names.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_seen_at_their_mounts() {
        let volume = Volume::default();
        volume.write("dnode/dnodeCfg.json", "{}");
        let files = FileSystem::new([("/var/lib/taos".to_owned(), volume.clone())].into());
        assert_eq!(files.read("/var/lib/taos/dnode/dnodeCfg.json").as_deref(), Some(b"{}".as_slice()));
        assert!(files.is_folder("/var/lib/taos/dnode"));
        assert_eq!(files.list("/var/lib/taos"), ["dnode"]);
        assert_eq!(files.list("/var"), ["lib", "log"]);
        assert_eq!(files.write("/tmp/a", b"x".to_vec()), Ok(()));
        assert_eq!(files.write("/nowhere/a", b"x".to_vec()), Err(NotWritten::NoFolder));
        files.remove("/var/lib/taos/dnode");
        assert!(!volume.exists("dnode"));
        assert!(files.exists("/var/lib/taos"));
        assert!(files.volume_at("/var/lib/taos").same(&volume));
        assert!(!files.volume_at("/data").same(&volume));
    }
}
