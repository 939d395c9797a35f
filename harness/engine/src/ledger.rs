//! The claims of the documents.

use std::{collections::BTreeSet, path::Path};

use seatrial_record::ClaimDefinition;

use crate::scenario::{Located, Mistake, VersionRange, strict};

/// All claims, in the order of their files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    claims: Vec<ClaimDefinition>,
}

impl Ledger {
    /// Reads a ledger and adds its claims.
    pub fn read(&mut self, path: &Path) -> Result<(), Vec<Mistake>> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| vec![Mistake::in_file(&file, error.to_string())])?;
        self.add(&file, &text)
    }

    /// Adds the claims in `text`.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), Vec<Mistake>> {
        let claims: Vec<Located<ClaimDefinition>> = strict(file, text).map_err(|mistake| vec![mistake])?;
        let mut mistakes = Vec::new();
        let mut seen: BTreeSet<&str> = self.claims.iter().map(|claim| claim.id.as_str()).collect();
        for claim in &claims {
            let mut note = |message: String| mistakes.push(Mistake::in_file(file, message).at(claim.place, text));
            if !seen.insert(&claim.id) {
                note(format!("claim `{}` is defined twice", claim.id));
            }
            match VersionRange::parse(&claim.tdengine) {
                Ok(range) if range.is_impossible() => note(format!("no version can be in `{}`", claim.tdengine)),
                Ok(_) => {}
                Err(error) => note(format!("`{}` is not a range of versions: {error}", claim.tdengine)),
            }
        }
        if mistakes.is_empty() {
            self.claims.extend(claims.into_iter().map(|claim| claim.value));
            Ok(())
        } else {
            Err(mistakes)
        }
    }

    /// All claims.
    pub fn claims(&self) -> &[ClaimDefinition] {
        &self.claims
    }

    /// The claims that speak of a version, given by its first three parts.
    pub fn of(&self, version: [u64; 3]) -> Vec<ClaimDefinition> {
        let speaks =
            |claim: &&ClaimDefinition| VersionRange::parse(&claim.tdengine).is_ok_and(|range| range.matches(version));
        self.claims.iter().filter(speaks).cloned().collect()
    }

    /// True if there is a claim with this id.
    pub fn has(&self, id: &str) -> bool {
        self.claims.iter().any(|claim| claim.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIM: &str =
        "- id: a/b\n  document: d\n  section: s\n  quote: q\n  tdengine: \">=2, <3\"\n  real: confirmed\n  found: f\n";

    #[test]
    fn claims_are_selected_by_version() {
        let mut ledger = Ledger::default();
        ledger.add("a.yaml", CLAIM).unwrap();
        assert_eq!(ledger.of([2, 1, 1]).len(), 1);
        assert_eq!(ledger.of([3, 0, 0]).len(), 0);
        assert!(ledger.has("a/b") && !ledger.has("a/c"));
    }

    #[test]
    fn mistakes_are_located() {
        let mut ledger = Ledger::default();
        let text = CLAIM.repeat(2).replacen(">=2, <3", ">=3, <3", 1);
        let mistakes: Vec<_> = ledger.add("a.yaml", &text).unwrap_err().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(mistakes.join("\n"));
        assert!(ledger.claims().is_empty());
    }

    #[test]
    fn the_ledger_of_the_document_is_read() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/claims/doc-2x.yaml");
        let mut ledger = Ledger::default();
        ledger.read(&path).unwrap();
        assert!(ledger.has("scale-up/new-id-same-end-point"));
    }
}
