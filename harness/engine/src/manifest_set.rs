use std::{fmt, path::Path};

use seatrial_cluster::manifests::{ManifestError, Manifests};
use seatrial_taos::Version;
use serde_json::{Value, json};
use thiserror::Error;

use crate::scenario::{Mistake, Names, VersionRange};

/// The manifests of a document, or a variant of them.
#[derive(Clone, Debug)]
pub struct ManifestSet {
    /// Its name, say `doc` or `headless`.
    pub name: String,
    /// Its files, in the order in which they are applied.
    pub files: Vec<ManifestFile>,
    /// The versions of TDengine that its document speaks of; all if it belongs to none.
    pub tdengine: Option<VersionRange>,
}

/// A file of manifests.
#[derive(Clone, Debug)]
pub struct ManifestFile {
    /// Its name without folders.
    pub name: String,
    /// What is in it.
    pub manifests: Manifests,
}

/// Changes to manifests that a run makes, as typed edits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// The image of the server.
    pub image: String,
    /// When the image is pulled.
    pub pull_policy: Option<String>,
    /// The storage class of the volumes; as it is in the manifests if not given.
    pub storage_class: Option<String>,
}

/// Why manifests cannot be used.
#[derive(Debug, Error)]
pub enum SetError {
    /// They cannot be edited.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file that is not in the set.
    #[error("no file of the manifest set `{set}` is named `{file}`")]
    NoFile {
        /// The set.
        set: String,
        /// The file.
        file: String,
    },
    /// They could not be put into JSON.
    #[error("the manifests cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl ManifestSet {
    /// Reads all `.yaml` files of a folder, in order of their names. The set has the name of the folder.
    pub fn load(folder: &Path) -> Result<Self, Mistake> {
        let wrong = |message: String| Mistake::in_file(folder.display().to_string(), message);
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let entries = std::fs::read_dir(folder).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| wrong(error.to_string()))?.path();
            if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
                paths.push(path);
            }
        }
        paths.sort();
        if paths.is_empty() {
            return Err(wrong("there is no manifest in this folder".to_owned()));
        }
        let mut files = Vec::new();
        for path in paths {
            let manifests = Manifests::load(&[&path]).map_err(|error| wrong(error.to_string()))?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            files.push(ManifestFile { name, manifests });
        }
        let set = Self { name, files, tdengine: None };
        // A kind with a typo is a kind that the harness does not know.
        set.names("").map_err(|error| {
            wrong(error.to_string()).help("a set of manifests has one StatefulSet; look for a typo in a `kind`")
        })?;
        Ok(set)
    }

    /// True if its document speaks of a version, given by its first three parts.
    pub fn is_for(&self, version: [u64; 3]) -> bool {
        self.tdengine.as_ref().is_none_or(|range| range.matches(version))
    }

    /// True if a file has this name.
    pub fn has(&self, file: &str) -> bool {
        self.files.iter().any(|known| known.name == file)
    }

    /// The manifests of all files.
    pub fn all(&self) -> Manifests {
        let mut all = Manifests::default();
        self.files.iter().for_each(|file| all.extend(file.manifests.clone()));
        all
    }

    /// The manifests of some files, in this order.
    pub fn some(&self, files: &[String]) -> Result<Manifests, SetError> {
        let mut some = Manifests::default();
        for name in files {
            let file = self.files.iter().find(|file| file.name == *name);
            let missing = || SetError::NoFile { set: self.name.clone(), file: name.clone() };
            some.extend(file.ok_or_else(missing)?.manifests.clone());
        }
        Ok(some)
    }

    /// The names that variables of scenarios stand for.
    pub fn names(&self, namespace: &str) -> Result<Names, SetError> {
        let mut names = Names {
            namespace: namespace.to_owned(),
            statefulset: self.all().stateful_set_name()?,
            service: String::new(),
            claim: String::new(),
            config: String::new(),
            selector: String::new(),
            port: 6030,
        };
        for object in self.all().objects() {
            let value = serde_json::to_value(&object)?;
            let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            match text("/kind").as_str() {
                "StatefulSet" => {
                    names.service = text("/spec/serviceName");
                    names.claim = text("/spec/volumeClaimTemplates/0/metadata/name");
                    let labels = value.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
                    let label =
                        |(key, value): (&String, &Value)| format!("{key}={}", value.as_str().unwrap_or_default());
                    names.selector = labels.into_iter().flatten().map(label).collect::<Vec<_>>().join(",");
                }
                "ConfigMap" if names.config.is_empty() => names.config = text("/metadata/name"),
                _ => {}
            }
        }
        Ok(names)
    }
}

impl fmt::Display for Edits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "image: {}", self.image)?;
        let more = [("imagePullPolicy", &self.pull_policy), ("storageClassName", &self.storage_class)];
        for (name, value) in more.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            write!(f, ", {name}: {value}")?;
        }
        f.write_str(", and replicas as scenarios ask")
    }
}

impl Edits {
    /// The image of another version: of the same name, with the version as its tag.
    pub fn image_of(&self, version: Version) -> String {
        let name = match self.image.rsplit_once(':') {
            // A port of a registry is no tag.
            Some((name, tag)) if !tag.contains('/') => name,
            _ => &self.image,
        };
        format!("{name}:{version}")
    }

    /// Makes the changes in `manifests`. Manifests without a StatefulSet are left as they are.
    pub fn make(&self, manifests: &mut Manifests, replicas: Option<u32>, parallel: bool) -> Result<(), SetError> {
        let has_set = manifests
            .objects()
            .iter()
            .any(|object| object.types.as_ref().is_some_and(|types| types.kind == "StatefulSet"));
        if !has_set {
            return Ok(());
        }
        manifests.set_image(&self.image)?;
        if let Some(policy) = &self.pull_policy {
            manifests.set_pull_policy(policy)?;
        }
        if let Some(class) = &self.storage_class {
            manifests.set_storage_class(Some(class))?;
        }
        if let Some(replicas) = replicas {
            manifests.set_replicas(replicas)?;
        }
        if parallel {
            *manifests = start_in_parallel(manifests)?;
        }
        Ok(())
    }
}

/// The same manifests with a StatefulSet that starts all its pods at once.
fn start_in_parallel(manifests: &Manifests) -> Result<Manifests, SetError> {
    let mut documents = Vec::new();
    for object in manifests.objects() {
        let mut value = serde_json::to_value(&object)?;
        if value.pointer("/kind").and_then(Value::as_str) == Some("StatefulSet")
            && let Some(spec) = value.pointer_mut("/spec").and_then(Value::as_object_mut)
        {
            spec.insert("podManagementPolicy".to_owned(), json!("Parallel"));
        }
        documents.push(serde_json::to_string_pretty(&value)?);
    }
    // JSON is YAML.
    Ok(Manifests::parse("edited manifests", &documents.join("\n---\n"))?)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("tdengine/tdengine:3.3.0.1", "tdengine/tdengine:3.0.7.1")]
    #[case("registry:5000/tdengine", "registry:5000/tdengine:3.0.7.1")]
    #[case("registry:5000/tdengine:latest", "registry:5000/tdengine:3.0.7.1")]
    fn another_version_is_another_tag(#[case] image: &str, #[case] other: &str) {
        let edits = Edits { image: image.to_owned(), ..Edits::default() };
        assert_eq!(edits.image_of(Version(3, 0, 7, 1)), other);
    }
}
