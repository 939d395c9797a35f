//! The documents whose claims are checked.

use std::path::Path;

use serde::Deserialize;

use crate::{
    ManifestSet,
    scenario::{Mistake, VersionRange, strict},
};

/// The file that makes a folder one of a document.
const FILE: &str = "document.yaml";

/// A document about deploying some versions of TDengine: a folder with `document.yaml` and a folder for each set of
/// manifests.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its name, say `doc-3x`; that of its folder. Its claims and its scenarios go by it, too.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The versions of TDengine that it speaks of.
    pub tdengine: VersionRange,
    /// Its manifests, in order of their names.
    pub sets: Vec<ManifestSet>,
}

/// What `document.yaml` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Form {
    title: String,
    tdengine: VersionRange,
}

impl Document {
    /// Reads all documents below `folder`, in order of their names.
    pub fn load_all(folder: &Path) -> Result<Vec<Self>, Vec<Mistake>> {
        let mut documents = Vec::new();
        let mut mistakes = Vec::new();
        for below in folders(folder).map_err(|mistake| vec![mistake])? {
            if below.join(FILE).is_file() {
                match Self::load(&below) {
                    Ok(document) => documents.push(document),
                    Err(found) => mistakes.extend(found),
                }
            }
        }
        if mistakes.is_empty() && documents.is_empty() {
            let message = format!("no folder below it has a `{FILE}`");
            mistakes.push(Mistake::in_file(folder.display().to_string(), message));
        }
        if mistakes.is_empty() { Ok(documents) } else { Err(mistakes) }
    }

    /// Reads the document in `folder`.
    pub fn load(folder: &Path) -> Result<Self, Vec<Mistake>> {
        let path = folder.join(FILE);
        let file = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|error| vec![Mistake::in_file(&file, error.to_string())])?;
        let Form { title, tdengine } = strict(&file, &text).map_err(|mistake| vec![mistake])?;
        let mut sets = Vec::new();
        let mut mistakes = Vec::new();
        for below in folders(folder).map_err(|mistake| vec![mistake])? {
            match ManifestSet::load(&below) {
                Ok(set) => sets.push(ManifestSet { tdengine: Some(tdengine.clone()), ..set }),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if mistakes.is_empty() { Ok(Self { name, title, tdengine, sets }) } else { Err(mistakes) }
    }
}

/// The folders in `folder`, in order of their names.
fn folders(folder: &Path) -> Result<Vec<std::path::PathBuf>, Mistake> {
    let wrong = |error: std::io::Error| Mistake::in_file(folder.display().to_string(), error.to_string());
    let mut below = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.is_dir() {
            below.push(path);
        }
    }
    below.sort();
    Ok(below)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn fixtures() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
    }

    #[test]
    fn every_known_version_has_one_document() {
        let documents = Document::load_all(&fixtures()).unwrap();
        let of = |version| {
            let speaking = documents.iter().filter(|document| document.tdengine.matches(version));
            speaking.map(|document| document.name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(of([2, 1, 1]), ["doc-2x"]);
        assert_eq!(of([3, 0, 7]), ["doc-3x"]);
        assert_eq!(of([3, 99, 0]), ["doc-3x"], "a newer version goes by the newest document");
        let sets: Vec<_> = documents[1].sets.iter().map(|set| set.name.as_str()).collect();
        assert_eq!(sets, ["doc", "headless", "page"]);
    }

    #[test]
    fn a_folder_without_documents_is_a_mistake() {
        let empty = tempfile::tempdir().unwrap();
        let mistakes = Document::load_all(empty.path()).unwrap_err();
        assert!(mistakes[0].to_string().contains("document.yaml"));
    }
}
