//! Manifests: read strictly, with the place of every mistake, and changed by typed edits, never as text.

mod edit;
mod known;
mod located;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use kube::{
    ResourceExt,
    core::{DynamicObject, GroupVersionKind, TypeMeta},
};
use thiserror::Error;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What is wrong with a manifest, or with an edit of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// A file cannot be read.
    #[error("cannot read {}: {message}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// A mistake in a file.
    #[error("{origin}: {message}")]
    Mistake {
        /// Where.
        origin: Origin,
        /// What is wrong.
        message: String,
        /// The lines around it.
        snippet: String,
    },
    /// There is nothing in the files.
    #[error("no manifests in {}", files.join(", "))]
    Empty {
        /// The files.
        files: Vec<String>,
    },
    /// An edit found nothing to change.
    #[error("cannot {edit}: {message}")]
    Edit {
        /// The edit, say `set the image`.
        edit: String,
        /// Why not.
        message: String,
    },
}

/// One object of a file.
#[derive(Clone, Debug)]
pub struct Manifest {
    object: DynamicObject,
    origin: Origin,
}

impl Manifest {
    /// The object.
    pub fn object(&self) -> &DynamicObject {
        &self.object
    }

    /// Where it begins.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its kind.
    pub fn kind(&self) -> GroupVersionKind {
        let types =
            self.object.types.clone().unwrap_or_else(|| TypeMeta { api_version: String::new(), kind: String::new() });
        GroupVersionKind::try_from(types).unwrap_or_else(|_| GroupVersionKind::gvk("", "", ""))
    }

    /// It in words, say `StatefulSet tdengine (fixtures/tdengine.yaml:2:1)`.
    pub fn title(&self) -> String {
        format!("{} {} ({})", self.kind().kind, self.object.name_any(), self.origin)
    }
}

/// Manifests in the order in which they are applied.
#[derive(Clone, Debug, Default)]
pub struct Manifests(Vec<Manifest>);

impl Manifests {
    /// Reads files, in this order; of a folder its `.yaml` and `.yml` files, by name.
    pub fn load<P: AsRef<Path>>(paths: &[P]) -> Result<Self, ManifestError> {
        let mut files = Vec::new();
        for path in paths {
            files.extend(files_of(path.as_ref())?);
        }
        let mut all = Vec::new();
        for path in &files {
            let text = std::fs::read_to_string(path)
                .map_err(|error| ManifestError::Io { path: path.clone(), message: error.to_string() })?;
            all.extend(Self::read(&path.display().to_string(), &text)?);
        }
        let files = || paths.iter().map(|path| path.as_ref().display().to_string()).collect();
        if all.is_empty() { Err(ManifestError::Empty { files: files() }) } else { Ok(Self(all)) }
    }

    /// Reads a text of one or several documents; `file` is its name in errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, ManifestError> {
        let all = Self::read(file, text)?;
        if all.is_empty() { Err(ManifestError::Empty { files: vec![file.to_owned()] }) } else { Ok(Self(all)) }
    }

    fn read(file: &str, text: &str) -> Result<Vec<Manifest>, ManifestError> {
        let mut manifests = Vec::new();
        for document in located::documents(text) {
            let Some(root) = located::read(file, &document)? else { continue };
            let value = root.value();
            let origin = root.origin(file);
            let mistake = |message: String| ManifestError::Mistake {
                snippet: located::snippet(text, &origin),
                origin: origin.clone(),
                message,
            };
            known::check(file, text, &document, &root, &value)?;
            let object: DynamicObject =
                serde_json::from_value(value).map_err(|error| mistake(format!("not a Kubernetes object: {error}")))?;
            if object.metadata.name.as_deref().is_none_or(str::is_empty) {
                return Err(mistake("the object has no metadata.name".to_owned()));
            }
            manifests.push(Manifest { object, origin });
        }
        Ok(manifests)
    }

    /// The manifests, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Manifest> {
        self.0.iter()
    }

    /// The objects, in order.
    pub fn objects(&self) -> Vec<DynamicObject> {
        self.0.iter().map(|manifest| manifest.object.clone()).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds others behind these.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }
}

fn files_of(path: &Path) -> Result<Vec<PathBuf>, ManifestError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let fault = |error: std::io::Error| ManifestError::Io { path: path.to_owned(), message: error.to_string() };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(fault)? {
        let file = entry.map_err(fault)?.path();
        if file.is_file() && file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const SET: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: tdengine
spec:
  serviceName: taosd
  selector:
    matchLabels: {app: tdengine}
  template:
    metadata:
      labels: {app: tdengine}
    spec:
      containers:
      - name: tdengine
        image: old
        env:
        - name: NO
          value: \"yes\"
";

    fn fault(text: &str) -> (String, String) {
        match Manifests::parse("a.yaml", text) {
            Err(ManifestError::Mistake { origin, message, snippet }) => {
                assert!(!snippet.is_empty(), "{message}");
                (origin.to_string(), message)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn several_documents_are_read_in_order() {
        let text = format!(
            "# nothing\n---\n{SET}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: taoscfg}}\ndata: {{CLUSTER: \"1\"}}\n---\n"
        );
        let manifests = Manifests::parse("a.yaml", &text).unwrap();
        let titles: Vec<_> = manifests.iter().map(Manifest::title).collect();
        assert_eq!(titles, ["StatefulSet tdengine (a.yaml:3:1)", "ConfigMap taoscfg (a.yaml:22:1)"]);
    }

    #[rstest]
    #[case(
        "imagePullPolcy: Always",
        "unknown field `spec.template.spec.containers[0].imagePullPolcy`",
        "imagePullPolcy"
    )]
    #[case("ports: {}", "sequence", "{}")]
    #[case("stdin: maybe", "boolean", "maybe")]
    fn a_mistake_in_a_known_kind_has_its_place(#[case] line: &str, #[case] expected: &str, #[case] near: &str) {
        let text = SET.replace("        env:", &format!("        {line}\n        env:"));
        let (origin, message) = fault(&format!("---\n# first\n---\n{text}"));
        let column = 9 + line.find(near).unwrap();
        assert!(message.contains(expected), "{message}");
        assert_eq!(origin, format!("a.yaml:19:{column}"), "{message}");
    }

    #[rstest]
    #[case("metadata: {name: x}\n", "apiVersion")]
    #[case("apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", "metadata.name")]
    #[case("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {A: 1}\n", "expected a string")]
    #[case("apiVersion: v1\nkind: ConfigMap\nkind: Service\n", "duplicate")]
    #[case("apiVersion: v1\n  kind: [\n", "")]
    #[case("- a\n", "object")]
    fn mistakes_are_told(#[case] text: &str, #[case] expected: &str) {
        let (_, message) = fault(text);
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn words_stay_words() {
        let manifests = Manifests::parse(
            "a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: yes, b: on, c: 0777, d: 1_000}\n",
        )
        .unwrap();
        assert_eq!(manifests.objects()[0].data["data"].to_string(), r#"{"a":"yes","b":"on","c":"0777","d":"1_000"}"#);
    }

    #[test]
    fn a_kind_that_is_not_known_here_is_left_to_the_server() {
        let text = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x}\nwhatever: 1\n";
        assert_eq!(Manifests::parse("a.yaml", text).unwrap().len(), 1);
    }

    #[test]
    fn the_documents_manifests_are_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/doc-2x");
        for set in ["doc", "headless"] {
            let kinds: Vec<_> =
                Manifests::load(&[root.join(set)]).unwrap().iter().map(|found| found.kind().kind).collect();
            assert_eq!(kinds, ["ConfigMap", "Service", "StatefulSet"]);
        }
    }

    #[test]
    fn nothing_is_an_error() {
        assert!(matches!(Manifests::parse("a.yaml", "# only a comment\n"), Err(ManifestError::Empty { .. })));
        assert!(matches!(Manifests::load(&["/nowhere.yaml"]), Err(ManifestError::Io { .. })));
    }
}
