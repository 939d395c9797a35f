use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was seen, verbatim (cleaned and bounded, see [`crate::clean`]) and with its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Evidence {
    /// Number of the evidence in its run, from 1: how checks refer to it.
    pub id: u64,
    /// What kind of text it is.
    pub kind: EvidenceKind,
    /// What it is in a few words, say `show dnodes in tdengine-0`.
    pub title: String,
    /// The command, request or object path that produced it.
    pub source: String,
    /// When it was seen.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The text.
    pub text: String,
    /// True if the text was cut at its bound.
    pub truncated: bool,
    /// The table that was read from the text, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
}

/// Kinds of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// Output of a command in a pod.
    Command,
    /// Answer of a server to an SQL statement by REST or a connector.
    Sql,
    /// A Kubernetes object or list.
    Object,
    /// Lines of a container's log.
    Log,
    /// Kubernetes events.
    Events,
    /// What a workload did.
    History,
    /// Something that Seatrial itself has to say.
    Note,
}

/// A table: what a server answered, read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows of cells as text; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
}
