//! The folder that a run leaves behind.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Zoned;

use crate::complaint::Complaint;

/// Where runs go if nobody says otherwise.
const RUNS: &str = "target/seatrial";

/// A new folder for a run.
pub struct RunFolder {
    /// Its path.
    pub path: PathBuf,
    /// Its name.
    pub id: String,
}

impl RunFolder {
    /// Creates the folder, `asked` or one named after time, `what` and seed. Refuses a folder with anything in it.
    pub fn create(asked: Option<&Path>, what: &str, seed: u64) -> Result<Self, Complaint> {
        let path = asked.map_or_else(
            || Path::new(RUNS).join(format!("{}-{what}-{seed}", Zoned::now().strftime("%Y%m%d-%H%M%S-%3f"))),
            Path::to_owned,
        );
        let wrong = |error: io::Error| Complaint::usage(format!("cannot create {}: {error}", path.display()));
        if fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some()) {
            let path = path.display();
            return Err(Complaint::usage(format!("{path} is not empty; name another folder, nothing is overwritten")));
        }
        fs::create_dir_all(&path).map_err(wrong)?;
        let id = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if asked.is_none() {
            point_latest_at(&id).map_err(wrong)?;
        }
        Ok(Self { path, id })
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

#[cfg(unix)]
fn point_latest_at(id: &str) -> io::Result<()> {
    let latest = Path::new(RUNS).join("latest");
    // Made aside and renamed, so that there is a `latest` at every moment.
    let aside = Path::new(RUNS).join(format!(".latest-{id}"));
    std::os::unix::fs::symlink(id, &aside)?;
    fs::rename(aside, latest)
}

#[cfg(not(unix))]
fn point_latest_at(_: &str) -> io::Result<()> {
    Ok(())
}
