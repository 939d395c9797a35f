use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One sentence of the documentation that can be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClaimDefinition {
    /// `topic/what`, unique in a ledger.
    pub id: String,
    /// The document, say `TDengine-Operator, 2.1 step by step, June 2021`.
    pub document: String,
    /// The section of the document.
    pub section: String,
    /// What the document says; in English, translated where it is not.
    pub quote: String,
    /// The Chinese original, where the English text is a translation or says less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// The TDengine versions that the claim speaks of, as a semver range over the first three parts.
    pub tdengine: String,
    /// What was found on real servers.
    pub real: RealServer,
    /// How that showed, in one or two sentences.
    pub found: String,
}

/// What real servers said of a claim, before this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RealServer {
    /// It is as documented.
    Confirmed,
    /// It is not as documented.
    Contradicted,
    /// It is as documented in some runs and not in others.
    ByChance,
    /// It depends on the manifests: as documented with one set and not with another.
    ByManifest,
    /// Not tried.
    NotTested,
}

/// What one check found about one claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClaimFinding {
    /// The claim.
    pub claim: String,
    /// What was found.
    pub finding: Finding,
}

/// What a check can find about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// The claim held.
    Confirmed,
    /// It could not be said.
    Unknown,
    /// The claim did not hold.
    Contradicted,
}
