//! Where scenarios, manifests and claims are.

use std::path::{Path, PathBuf};

use seatrial_engine::{ManifestSet, Plan, Selection, Suite, scenario::Mistakes};
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
    /// The sets of manifests.
    pub sets: Vec<ManifestSet>,
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

    fn path(&self, below: &str) -> PathBuf {
        self.0.join(below)
    }

    /// Reads and validates everything. All mistakes are told at once.
    pub fn load(&self, paths: &PathArgs) -> Result<Loaded, Complaint> {
        let mut mistakes = Vec::new();
        let sets: Vec<ManifestSet> = ["doc", "headless"]
            .iter()
            .filter_map(|set| {
                let loaded = ManifestSet::load(&self.path("fixtures/doc-2x").join(set));
                loaded.map_err(|mistake| mistakes.push(mistake)).ok()
            })
            .collect();
        if !mistakes.is_empty() {
            return Err(Complaint::usage(Mistakes(mistakes)));
        }
        let paths = match paths.paths.as_slice() {
            [] => vec![self.path("scenarios/doc-2x")],
            named => named.to_vec(),
        };
        let ledgers = [self.path("fixtures/claims/doc-2x.yaml")];
        let suite = Suite::load(&paths, &ledgers, &sets).map_err(Complaint::usage)?;
        Ok(Loaded { suite, sets })
    }
}

impl Loaded {
    /// What of it is selected, `repeats` times.
    pub fn plan(&self, select: &SelectArgs, repeats: u32) -> Result<Plan, Complaint> {
        let version: Version = select.tdengine.parse().map_err(Complaint::usage)?;
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
