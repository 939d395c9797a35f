use std::collections::BTreeMap;

use schemars::JsonSchema;
use seatrial_record::{ClaimDefinition, Finding, RealServer};
use serde::{Deserialize, Serialize};

use super::{Mark, Model};

/// What a run says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimVerdict {
    /// It held whenever it was looked at.
    Confirmed,
    /// It did not hold.
    Contradicted,
    /// It held in some runs and not in others, with the same manifests.
    ByChance,
    /// It held with one manifest set and not with another.
    ByManifest,
    /// It was looked at and could not be decided.
    Unknown,
    /// No check said anything of it.
    NotTested,
}

/// How a claim's verdict compares with what real servers did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// Both say the same, or what this run saw is among what real servers do.
    Agrees,
    /// They differ: the model is wrong, or the release has changed.
    Differs,
    /// One of them says nothing.
    Incomparable,
}

/// What a run found of a claim with one manifest set. A run of a scenario counts once, with its worst finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SetVerdict {
    /// The manifest set.
    pub manifests: String,
    /// The verdict.
    pub verdict: ClaimVerdict,
    /// Runs of scenarios in which it held.
    pub confirmed: u32,
    /// Runs in which it did not hold.
    pub contradicted: u32,
    /// Runs that could not decide it.
    pub unknown: u32,
}

/// A check that said something of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Decision {
    /// Key of the scenario.
    pub scenario: String,
    /// Number of the step.
    pub step: u32,
    /// Number of the check in its step.
    pub check: u32,
    /// The check in words.
    pub title: String,
    /// What it found.
    pub finding: Finding,
    /// Which of several named outcomes happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Numbers of the evidence.
    pub evidence: Vec<u64>,
}

/// Why a claim was not tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NotTested {
    /// No scenario of the run speaks of it.
    NoScenario,
    /// The scenarios that speak of it did not end; their keys.
    NotFinished(Vec<String>),
    /// The scenarios that speak of it ended without a finding; their keys.
    NoFinding(Vec<String>),
}

/// A claim and what the run says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The claim; empty but for its id if the ledger does not know it.
    pub definition: ClaimDefinition,
    /// False if checks speak of it and the ledger does not know it.
    pub listed: bool,
    /// What the run says.
    pub verdict: ClaimVerdict,
    /// The same per manifest set, for those that say something.
    pub sets: Vec<SetVerdict>,
    /// How that compares with real servers.
    pub agreement: Agreement,
    /// The checks that decided, in order.
    pub decisions: Vec<Decision>,
    /// Why nothing decided; `None` if something did.
    pub not_tested: Option<NotTested>,
}

impl LedgerEntry {
    /// True if the run and real servers say different things.
    pub fn differs(&self) -> bool {
        self.agreement == Agreement::Differs
    }

    /// In how many runs of scenarios it held, and how many looked at it.
    pub fn held(&self) -> (u32, u32) {
        let held = self.sets.iter().map(|set| set.confirmed).sum();
        (held, self.sets.iter().map(|set| set.confirmed + set.contradicted + set.unknown).sum())
    }
}

impl Model {
    /// All claims of the ledger, in its order, and behind them those that only checks speak of.
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        let mut found: BTreeMap<&str, Vec<(&str, Decision)>> = BTreeMap::new();
        let mut unlisted: Vec<&str> = Vec::new();
        for scenario in &self.scenarios {
            for (_, check) in scenario.last().into_iter().flat_map(super::Attempt::checks) {
                for finding in &check.result.findings {
                    let known = self.claims.iter().any(|claim| claim.id == finding.claim);
                    if !known && !unlisted.contains(&finding.claim.as_str()) {
                        unlisted.push(&finding.claim);
                    }
                    let decision = Decision {
                        scenario: scenario.planned.key.clone(),
                        step: check.result.step,
                        check: check.result.check,
                        title: check.result.title.clone(),
                        finding: finding.finding,
                        outcome: check.result.outcome.clone(),
                        evidence: check.result.evidence.clone(),
                    };
                    found.entry(&finding.claim).or_default().push((&scenario.planned.manifests, decision));
                }
            }
        }
        let listed = self.claims.iter().map(|claim| (claim.clone(), true));
        let rest = unlisted.iter().map(|id| (unknown_claim(id), false));
        listed
            .chain(rest)
            .map(|(definition, listed)| {
                let decisions = found.remove(definition.id.as_str()).unwrap_or_default();
                self.entry(definition, listed, decisions)
            })
            .collect()
    }

    fn entry(&self, definition: ClaimDefinition, listed: bool, decisions: Vec<(&str, Decision)>) -> LedgerEntry {
        let mut runs: Vec<(&str, &str, Finding)> = Vec::new();
        for (manifests, decision) in &decisions {
            match runs.iter_mut().find(|(_, key, _)| *key == decision.scenario) {
                Some(run) => run.2 = run.2.max(decision.finding),
                None => runs.push((manifests, &decision.scenario, decision.finding)),
            }
        }
        let mut sets: Vec<SetVerdict> = Vec::new();
        for (manifests, _, finding) in runs {
            let index = sets.iter().position(|set| set.manifests == manifests).unwrap_or_else(|| {
                sets.push(SetVerdict::none(manifests));
                sets.len() - 1
            });
            sets[index].add(finding);
        }
        let verdict = overall(&sets);
        let not_tested = (verdict == ClaimVerdict::NotTested).then(|| self.why_not(&definition.id));
        let agreement = agreement(verdict, &sets, definition.real);
        let decisions = decisions.into_iter().map(|(_, decision)| decision).collect();
        LedgerEntry { definition, listed, verdict, sets, agreement, decisions, not_tested }
    }

    fn why_not(&self, claim: &str) -> NotTested {
        let speaks = |scenario: &&super::Scenario| scenario.planned.claims.iter().any(|id| id == claim);
        let mut unfinished = Vec::new();
        let mut silent = Vec::new();
        for scenario in self.scenarios.iter().filter(speaks) {
            let ended = scenario.mark() != Mark::Unfinished && scenario.last().is_some_and(|a| a.finished.is_some());
            if ended { &mut silent } else { &mut unfinished }.push(scenario.planned.key.clone());
        }
        match (unfinished.is_empty(), silent.is_empty()) {
            (true, true) => NotTested::NoScenario,
            (false, _) => NotTested::NotFinished(unfinished),
            (true, false) => NotTested::NoFinding(silent),
        }
    }
}

impl SetVerdict {
    fn none(manifests: &str) -> Self {
        Self {
            manifests: manifests.to_owned(),
            verdict: ClaimVerdict::NotTested,
            confirmed: 0,
            contradicted: 0,
            unknown: 0,
        }
    }

    fn add(&mut self, finding: Finding) {
        *match finding {
            Finding::Confirmed => &mut self.confirmed,
            Finding::Contradicted => &mut self.contradicted,
            Finding::Unknown => &mut self.unknown,
        } += 1;
        self.verdict = match (self.confirmed, self.contradicted, self.unknown) {
            (1.., 1.., _) => ClaimVerdict::ByChance,
            (0, 1.., _) => ClaimVerdict::Contradicted,
            (1.., 0, 0) => ClaimVerdict::Confirmed,
            _ => ClaimVerdict::Unknown,
        };
    }
}

fn overall(sets: &[SetVerdict]) -> ClaimVerdict {
    let Some(first) = sets.first() else { return ClaimVerdict::NotTested };
    if sets.iter().all(|set| set.verdict == first.verdict) {
        first.verdict
    } else if sets.iter().any(|set| set.verdict == ClaimVerdict::Unknown) {
        ClaimVerdict::Unknown
    } else {
        ClaimVerdict::ByManifest
    }
}

fn agreement(verdict: ClaimVerdict, sets: &[SetVerdict], real: RealServer) -> Agreement {
    let agrees = match (real, verdict) {
        (RealServer::NotTested, _) | (_, ClaimVerdict::NotTested | ClaimVerdict::Unknown) => {
            return Agreement::Incomparable;
        }
        (RealServer::Confirmed, verdict) => verdict == ClaimVerdict::Confirmed,
        (RealServer::Contradicted, verdict) => verdict == ClaimVerdict::Contradicted,
        // Every single look at something that is left to chance may end either way.
        (RealServer::ByChance, verdict) => verdict != ClaimVerdict::ByManifest,
        // With one set alone, either end is among those that real servers show.
        (RealServer::ByManifest, verdict) => verdict == ClaimVerdict::ByManifest || sets.len() == 1,
    };
    if agrees { Agreement::Agrees } else { Agreement::Differs }
}

fn unknown_claim(id: &str) -> ClaimDefinition {
    ClaimDefinition {
        id: id.to_owned(),
        document: String::new(),
        section: String::new(),
        quote: String::new(),
        original: None,
        tdengine: String::new(),
        real: RealServer::NotTested,
        found: String::new(),
    }
}
