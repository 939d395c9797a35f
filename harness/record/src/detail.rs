use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fact about what was tested that not every environment has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Detail {
    /// What it is about.
    pub what: DetailKind,
    /// The fact, say `sha256:0d3a...`.
    pub value: String,
}

impl Detail {
    /// A fact.
    pub fn new(what: DetailKind, value: impl Into<String>) -> Self {
        Self { what, value: value.into() }
    }
}

/// What a fact is about. All facts must be the same in two runs with one seed; what is not, say the real time that a
/// run took, is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DetailKind {
    /// The digest or id of the TDengine image.
    ImageDigest,
    /// Its edition: community or enterprise.
    Edition,
    /// How the servers were taken to talk, where their version was never seen before.
    Profile,
    /// The changes to the documents' manifests, say the storage class.
    Edits,
    /// The client that SQL goes through, if one was asked for.
    Client,
    /// Version of kind.
    Kind,
    /// The node image, with its digest if it is known.
    NodeImage,
    /// The nodes of the cluster.
    Nodes,
    /// The context of a cluster that somebody already had.
    Context,
    /// The container runtime, say `Docker 27.1, containerd 1.7`.
    Runtime,
    /// The machine that a real cluster ran on.
    Host,
}
