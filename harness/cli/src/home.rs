//! Where scenarios, manifests and claims are.

use std::path::{Path, PathBuf};

use seatrial_engine::{Document, ManifestSet, Plan, Selection, Suite, scenario::Mistakes};
use seatrial_taos::Version;

use crate::{
    args::{PathArgs, SelectArgs},
    complaint::Complaint,
};

/// A checkout of Seatrial: what it ships beside its program.
pub struct Home(PathBuf);

/// Scenarios that are valid, and the manifests that they run with.
pub struct Loaded {
    /// The scenarios and the claims.
    pub suite: Suite,
    /// The sets of manifests of all documents.
    pub sets: Vec<ManifestSet>,
    /// The documents.
    pub documents: Vec<Document>,
}

impl Home {
    /// The checkout that the working folder is in, or else the one that this program was built in.
    pub fn find() -> Result<Self, Complaint> {
        let working = std::env::current_dir().unwrap_or_default();
        let built = Path::new(env!("CARGO_MANIFEST_DIR"));
        let is_home = |folder: &&Path| folder.join("fixtures/claims").is_dir() && folder.join("scenarios").is_dir();
        match working.ancestors().chain(built.ancestors()).find(is_home) {
            Some(folder) => Ok(Self(folder.strip_prefix(&working).unwrap_or(folder).to_owned())),
            None => Err(Complaint::usage(
                "there are no scenarios here: neither this folder nor one above it has `scenarios` and `fixtures/claims`\n  \
                 = help: run seatrial in a checkout of the project",
            )),
        }
    }

    /// The policy that a release is judged by if none is named.
    pub fn policy(&self) -> PathBuf {
        self.path("fixtures/qualification/default.yaml")
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.join(below)
    }

    /// Reads and validates the documents, their claims, and the scenarios in `paths`, or else those of all documents. All
    /// mistakes are told at once.
    pub fn load(&self, paths: &PathArgs) -> Result<Loaded, Complaint> {
        let documents = self.documents()?;
        let all: Vec<PathBuf> = documents.iter().map(|document| self.scenarios_of(document)).collect();
        self.read(documents, if paths.paths.is_empty() { &all } else { &paths.paths })
    }

    /// The same, but if no paths are given only the scenarios of the document that speaks of the selected version.
    pub fn load_for(&self, select: &SelectArgs) -> Result<Loaded, Complaint> {
        let documents = self.documents()?;
        let version = version_of(select)?;
        let speaks = |document: &&Document| document.tdengine.matches(version.first_three());
        let Some(document) = documents.iter().find(speaks) else {
            let known: Vec<_> =
                documents.iter().map(|document| format!("{} ({})", document.name, document.tdengine)).collect();
            let known = known.join(", ");
            return Err(Complaint::usage(format!(
                "no document speaks of TDengine {version}\n  = help: there are {known}"
            )));
        };
        let own = [self.scenarios_of(document)];
        self.read(documents, if select.paths.paths.is_empty() { &own } else { &select.paths.paths })
    }

    fn documents(&self) -> Result<Vec<Document>, Complaint> {
        Document::load_all(&self.path("fixtures")).map_err(|mistakes| Complaint::usage(Mistakes(mistakes)))
    }

    fn scenarios_of(&self, document: &Document) -> PathBuf {
        self.path("scenarios").join(&document.name)
    }

    fn read(&self, documents: Vec<Document>, paths: &[PathBuf]) -> Result<Loaded, Complaint> {
        let claims = self.path("fixtures/claims");
        let ledgers: Vec<PathBuf> =
            documents.iter().map(|document| claims.join(format!("{}.yaml", document.name))).collect();
        let sets: Vec<ManifestSet> = documents.iter().flat_map(|document| document.sets.clone()).collect();
        let suite = Suite::load(paths, &ledgers, &sets).map_err(Complaint::usage)?;
        Ok(Loaded { suite, sets, documents })
    }
}

fn version_of(select: &SelectArgs) -> Result<Version, Complaint> {
    select.tdengine().parse().map_err(Complaint::usage)
}

impl Loaded {
    /// Names of the manifest sets of the document that speaks of a version.
    pub fn sets_of(&self, tdengine: &str) -> Result<Vec<String>, Complaint> {
        let version: Version = tdengine.parse().map_err(Complaint::usage)?;
        let document = self.documents.iter().find(|document| document.tdengine.matches(version.first_three()));
        Ok(document.into_iter().flat_map(|document| &document.sets).map(|set| set.name.clone()).collect())
    }

    /// What of it is selected, `repeats` times.
    pub fn plan(&self, select: &SelectArgs, repeats: u32) -> Result<Plan, Complaint> {
        let version = version_of(select)?;
        let selection = Selection {
            version,
            sets: select.manifests.iter().map(|set| set.name().to_owned()).collect(),
            names: Vec::new(),
            repeats,
        };
        let plan = self.suite.plan(&selection, &self.sets).map_err(Complaint::usage)?;
        if plan.runs.is_empty() {
            let skipped: Vec<_> =
                plan.skipped.iter().map(|skipped| format!("\n  – {}: {}", skipped.name, skipped.reason)).collect();
            let skipped = skipped.concat();
            return Err(Complaint::nothing(format!("nothing would be checked: no scenario is selected{skipped}")));
        }
        Ok(plan)
    }
}
