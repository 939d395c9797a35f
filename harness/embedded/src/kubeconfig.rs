use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::ServeError;

/// The first line of every kubeconfig file that `serve` writes. Files without it are never replaced.
const MARK: &str = "# Written by `seatrial serve`; it goes away when that ends.";

/// A kubeconfig file of our own, readable by its owner only; dropping it removes the file.
#[derive(Debug)]
pub(crate) struct KubeconfigFile {
    path: PathBuf,
    text: String,
}

impl KubeconfigFile {
    pub(crate) fn write(path: &Path, address: SocketAddr, authority: &str, token: &str) -> Result<Self, ServeError> {
        let failed = |source: io::Error| ServeError::Kubeconfig { path: path.to_owned(), source };
        match fs::read_to_string(path) {
            Ok(present) if !present.starts_with(MARK) => {
                return Err(ServeError::ForeignKubeconfig { path: path.to_owned() });
            }
            Ok(_) => fs::remove_file(path).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let text = render(address, authority, token);
        // A file that appears in between is somebody else's.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        Ok(Self { path: path.to_owned(), text })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for KubeconfigFile {
    fn drop(&mut self) {
        // Whoever changed the file in the meantime owns it now.
        if fs::read_to_string(&self.path).is_ok_and(|present| present == self.text) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn render(address: SocketAddr, authority: &str, token: &str) -> String {
    let authority = STANDARD.encode(authority);
    format!(
        "{MARK}
apiVersion: v1
kind: Config
clusters:
- name: seatrial
  cluster:
    server: https://{address}
    certificate-authority-data: {authority}
users:
- name: seatrial
  user:
    token: {token}
contexts:
- name: seatrial
  context:
    cluster: seatrial
    user: seatrial
    namespace: default
current-context: seatrial
"
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn write(path: &Path) -> Result<KubeconfigFile, ServeError> {
        KubeconfigFile::write(path, "127.0.0.1:6443".parse().unwrap(), "CA", "secret")
    }

    #[test]
    fn the_file_is_private_and_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kubeconfig");
        let file = write(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(fs::read_to_string(file.path()).unwrap().contains("token: secret"));
        // One that a killed run left behind is replaced.
        std::mem::forget(file);
        let file = write(&path).unwrap();
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn the_file_of_somebody_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        fs::write(&path, "apiVersion: v1\n").unwrap();
        assert!(matches!(write(&path), Err(ServeError::ForeignKubeconfig { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "apiVersion: v1\n");
    }
}
