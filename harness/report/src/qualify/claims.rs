use super::judge::point;
use super::policy::Policy;
use super::shape::{Point, Severity};
use crate::model::{ClaimVerdict, LedgerEntry, Model};
use crate::text::words::{Lang, claim_verdict};

/// The claims that must hold: what was found of each, and what speaks against the release.
pub(super) fn required(model: &Model, policy: &Policy) -> (Vec<(String, String)>, Vec<Point>) {
    let ledger = model.ledger();
    let (mut required, mut points) = (Vec::new(), Vec::new());
    for requirement in &policy.must_hold {
        // A claim that the ledger of this version does not have speaks of other versions.
        let Some(entry) = ledger.iter().find(|entry| entry.definition.id == requirement.claim) else { continue };
        let verdict = match &requirement.manifests {
            None => entry.verdict,
            Some(set) => entry
                .sets
                .iter()
                .find(|found| found.manifests == *set)
                .map_or(ClaimVerdict::NotTested, |found| found.verdict),
        };
        let with = requirement.manifests.as_ref().map(|set| format!(" with {set}")).unwrap_or_default();
        let what = format!("{}{with}", requirement.claim);
        let said = claim_verdict(Lang::En, verdict);
        required.push((what.clone(), said.to_owned()));
        let severity = match verdict {
            ClaimVerdict::Confirmed => continue,
            ClaimVerdict::Unknown | ClaimVerdict::NotTested => Severity::Open,
            ClaimVerdict::Contradicted | ClaimVerdict::ByChance | ClaimVerdict::ByManifest => Severity::Against,
        };
        points.push(point(severity, "claims: must-hold", what, format!("{said}: {}", entry.definition.quote)));
    }
    (required, points)
}

/// What the documentation says and this release does not do, where the policy does not ask for it.
pub(super) fn notes(model: &Model, policy: &Policy) -> Vec<Point> {
    let asked =
        |entry: &LedgerEntry| policy.must_hold.iter().any(|requirement| requirement.claim == entry.definition.id);
    let mut points = Vec::new();
    for entry in model.ledger().iter().filter(|entry| !asked(entry)) {
        let said = claim_verdict(Lang::En, entry.verdict);
        let note = match entry.verdict {
            ClaimVerdict::Confirmed => continue,
            ClaimVerdict::Contradicted | ClaimVerdict::ByChance | ClaimVerdict::ByManifest => "the document says",
            ClaimVerdict::Unknown | ClaimVerdict::NotTested => "nothing is known of what the document says",
        };
        let found = format!("{said}; {note}: {}", entry.definition.quote);
        points.push(point(Severity::Note, "claims", entry.definition.id.clone(), found));
    }
    points
}
