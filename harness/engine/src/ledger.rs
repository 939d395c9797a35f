//! The claims of the documents.

use std::path::Path;

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
        for (index, claim) in claims.iter().enumerate() {
            let mut note = |message: String| mistakes.push(Mistake::in_file(file, message).at(claim.place, text));
            let range = match VersionRange::parse(&claim.tdengine) {
                Ok(range) if range.is_impossible() => {
                    note(format!("no version can be in `{}`", claim.tdengine));
                    continue;
                }
                Ok(range) => range,
                Err(error) => {
                    note(format!("`{}` is not a range of versions: {error}", claim.tdengine));
                    continue;
                }
            };
            // Versions may differ in what is true of a claim, and then there are two of it.
            let mut earlier = self.claims.iter().chain(claims.iter().take(index).map(|earlier| &earlier.value));
            if earlier.any(|earlier| earlier.id == claim.id && speaks(earlier, Some(&range))) {
                note(format!("claim `{}` is defined twice", claim.id));
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

    /// True if there is a claim with this id that speaks of some version in `range`; all versions if not given.
    pub fn has(&self, id: &str, range: Option<&VersionRange>) -> bool {
        self.claims.iter().any(|claim| claim.id == id && speaks(claim, range))
    }
}

/// True if a claim speaks of some version in `range`; all versions if not given.
fn speaks(claim: &ClaimDefinition, range: Option<&VersionRange>) -> bool {
    VersionRange::parse(&claim.tdengine).is_ok_and(|own| range.is_none_or(|range| own.overlaps(range)))
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
        let three = VersionRange::parse(">=3").unwrap();
        assert!(ledger.has("a/b", None) && !ledger.has("a/c", None) && !ledger.has("a/b", Some(&three)));
        ledger.add("b.yaml", &CLAIM.replace(">=2, <3", ">=3")).unwrap();
        assert_eq!((ledger.of([2, 1, 1]).len(), ledger.of([3, 0, 0]).len()), (1, 1), "one id for two generations");
    }

    #[test]
    fn mistakes_are_located() {
        let mut ledger = Ledger::default();
        let text = CLAIM.repeat(3).replacen(">=2, <3", ">=3, <3", 1);
        let mistakes: Vec<_> = ledger.add("a.yaml", &text).unwrap_err().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(mistakes.join("\n"));
        assert!(ledger.claims().is_empty());
    }

    #[test]
    fn the_ledgers_of_the_documents_are_read_together() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/claims");
        let mut ledger = Ledger::default();
        for name in ["doc-2x.yaml", "doc-3x.yaml"] {
            ledger.read(&folder.join(name)).unwrap();
        }
        for version in [[2, 1, 1], [3, 0, 7], [3, 3, 0]] {
            let claims = ledger.of(version);
            assert_eq!(claims.iter().filter(|claim| claim.id == "scale-up/new-id-same-end-point").count(), 1);
        }
    }
}
