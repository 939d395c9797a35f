//! What was made, on disk: a file for each cluster, written before the cluster is, so that a killed run can be
//! cleaned up after.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{EnvironmentError, Result};

/// A process, told apart from later ones with the same number by its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The process id.
    pub pid: u32,
    /// When it started, in ticks since the machine did; 0 where that cannot be read.
    pub started: u64,
}

impl Owner {
    /// This process.
    pub fn this() -> Self {
        let pid = std::process::id();
        Self { pid, started: started(pid).unwrap_or_default() }
    }

    /// True if the process still runs.
    pub fn is_alive(self) -> bool {
        match started(self.pid) {
            Some(started) => self.started == 0 || started == self.started,
            None => false,
        }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.pid, self.started)
    }
}

impl std::str::FromStr for Owner {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (pid, started) = text.split_once('-').ok_or(())?;
        Ok(Self { pid: pid.parse().map_err(|_| ())?, started: started.parse().map_err(|_| ())? })
    }
}

/// Field 22 of `/proc/PID/stat`, behind the name, which may contain anything. Where there is no `/proc`, 0 for a
/// process that takes a signal.
fn started(pid: u32) -> Option<u64> {
    if let Ok(text) = fs::read_to_string(format!("/proc/{pid}/stat")) {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        return if fields.first() == Some(&"Z") { None } else { fields.get(19)?.parse().ok() };
    }
    if Path::new("/proc/self/stat").exists() {
        return None;
    }
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)?;
    rustix::process::test_kill_process(pid).is_ok().then_some(0)
}

/// A cluster that was made, or is being made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClusterRecord {
    /// Name of the kind cluster.
    pub name: String,
    /// When its making began.
    pub created: Timestamp,
    /// The process that uses it.
    pub owner: Owner,
    /// Its kubeconfig file.
    pub kubeconfig: PathBuf,
    /// The node image that was asked for; kind's own if none.
    pub node_image: Option<String>,
    /// True if it is meant to stay after the run.
    pub keep: bool,
}

/// The folder of the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    folder: PathBuf,
}

impl State {
    /// `$XDG_STATE_HOME/seatrial`, else `~/.local/state/seatrial`, else `target/seatrial/state`.
    pub fn from_env() -> Self {
        let home =
            || Some(PathBuf::from(std::env::var_os("HOME").filter(|home| !home.is_empty())?).join(".local/state"));
        let state = std::env::var_os("XDG_STATE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from).or_else(home);
        Self::at(state.map_or_else(|| PathBuf::from("target/seatrial/state"), |state| state.join("seatrial")))
    }

    /// Another folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the kubeconfig of a cluster is.
    pub fn kubeconfig(&self, cluster: &str) -> PathBuf {
        self.folder.join(format!("{cluster}.kubeconfig"))
    }

    fn record(&self, cluster: &str) -> PathBuf {
        self.folder.join(format!("{cluster}.json"))
    }

    /// Makes the folder, for this user alone.
    fn prepare(&self) -> Result<()> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(|error| EnvironmentError::state(format!("make the folder {}", self.folder.display()), error))
    }

    /// Writes a record, over an older one of the same cluster, and an empty kubeconfig file with mode 0600 if there
    /// is none.
    pub fn write(&self, record: &ClusterRecord) -> Result<()> {
        self.prepare()?;
        let file = self.record(&record.name);
        let tried = || format!("write {}", file.display());
        let text = serde_json::to_vec_pretty(record).map_err(|error| EnvironmentError::state(tried(), error))?;
        // Written beside and renamed: a killed run leaves the old or the new record, never half of one.
        let beside = file.with_extension(format!("json.{}", std::process::id()));
        let written = private(&beside, true).and_then(|mut open| {
            open.write_all(&text)?;
            open.sync_all()?;
            fs::rename(&beside, &file)
        });
        written.map_err(|error| EnvironmentError::state(tried(), error))?;
        private(&record.kubeconfig, false)
            .and_then(|_| fs::set_permissions(&record.kubeconfig, fs::Permissions::from_mode(0o600)))
            .map_err(|error| EnvironmentError::state(format!("write {}", record.kubeconfig.display()), error))
    }

    /// All records, by name. One that cannot be read is told by its file's name alone.
    pub fn all(&self) -> Result<Vec<ClusterRecord>> {
        let tried = || format!("read the folder {}", self.folder.display());
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(EnvironmentError::state(tried(), error)),
        };
        let mut records = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| EnvironmentError::state(tried(), error))?.path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if path.extension().is_some_and(|ending| ending == "json") && name.starts_with(crate::names::PREFIX) {
                records.push(self.find(name)?.unwrap_or_else(|| self.damaged(name)));
            }
        }
        records.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(records)
    }

    /// The record of a cluster; `None` if there is none, or none that can be read.
    pub fn find(&self, cluster: &str) -> Result<Option<ClusterRecord>> {
        let file = self.record(cluster);
        match fs::read(&file) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EnvironmentError::state(format!("read {}", file.display()), error)),
        }
    }

    fn damaged(&self, name: &str) -> ClusterRecord {
        ClusterRecord {
            name: name.to_owned(),
            created: Timestamp::UNIX_EPOCH,
            owner: Owner { pid: 0, started: 0 },
            kubeconfig: self.kubeconfig(name),
            node_image: None,
            keep: false,
        }
    }

    /// Kubeconfig files of clusters without a record.
    pub fn stray_kubeconfigs(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let stray = |path: &PathBuf| {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            path.extension().is_some_and(|ending| ending == "kubeconfig") && !self.record(stem).exists()
        };
        let mut found: Vec<PathBuf> = paths.filter(stray).collect();
        found.sort();
        found
    }

    /// A file that is needed for a moment; it goes with the cluster at the latest.
    pub(crate) fn scratch(&self, cluster: &str, ending: &str) -> PathBuf {
        self.folder.join(format!("{cluster}.{ending}"))
    }

    /// Forgets a cluster: removes all its files, the record last.
    pub fn forget(&self, cluster: &str) -> Result<()> {
        let prefix = format!("{cluster}.");
        let record = self.record(cluster);
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix));
            if ours && entry.path() != record {
                remove(&entry.path())?;
            }
        }
        remove(&record)
    }
}

/// Removes a file, if it is there.
pub(crate) fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(EnvironmentError::state(format!("remove {}", file.display()), error))
        }
        _ => Ok(()),
    }
}

fn private(file: &Path, empty: bool) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(empty).mode(0o600).open(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(state: &State, name: &str) -> ClusterRecord {
        ClusterRecord {
            name: name.to_owned(),
            created: Timestamp::UNIX_EPOCH,
            owner: Owner::this(),
            kubeconfig: state.kubeconfig(name),
            node_image: Some("kindest/node:v1".to_owned()),
            keep: false,
        }
    }

    #[test]
    fn records_are_kept_and_forgotten_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path().join("deep/state"));
        assert_eq!(state.all().unwrap(), []);
        let one = record(&state, "seatrial-one");
        state.write(&one).unwrap();
        assert_eq!(state.all().unwrap(), std::slice::from_ref(&one));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&one.kubeconfig), mode(state.folder())), (0o600, 0o700));
        assert!(state.stray_kubeconfigs().is_empty());
        fs::remove_file(state.record("seatrial-one")).unwrap();
        assert_eq!(state.stray_kubeconfigs(), [one.kubeconfig]);
        state.forget("seatrial-one").unwrap();
        state.forget("seatrial-one").unwrap();
        assert_eq!(fs::read_dir(state.folder()).unwrap().count(), 0);
    }

    #[test]
    fn a_damaged_record_still_names_its_cluster() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        fs::write(folder.path().join("seatrial-x.json"), "{").unwrap();
        let all = state.all().unwrap();
        assert_eq!(all[0].name, "seatrial-x");
        assert!(!all[0].owner.is_alive());
    }

    #[test]
    fn a_process_is_alive_until_it_is_not() {
        let this = Owner::this();
        assert!(this.is_alive());
        assert_eq!(this.to_string().parse(), Ok(this));
        assert!(!Owner { pid: this.pid, started: this.started + 1 }.is_alive());
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        assert!(!Owner { pid, started: 1 }.is_alive());
    }
}
