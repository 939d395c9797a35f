use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use seatrial_cluster::Via;
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

use super::{
    Bound, Count, Template, Took, Where,
    forms::{Short, short_or_full, short_or_full_schema},
};

/// SQL that runs in a pod: the text alone, or with where it runs and what is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sql {
    /// One or more statements, separated by `;`.
    pub run: Template,
    /// The pods it runs in.
    pub place: Where,
    /// What the last statement must answer. All others must succeed, unless `any` or `fails` is expected.
    pub expect: SqlExpect,
    /// How long it may take at most.
    pub limit: Option<Bound>,
    /// How long the last statement takes, as the server tells it, or else as it was measured.
    pub took: Option<Took>,
    /// The way to the server.
    pub via: Way,
}

/// The full form of SQL.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SqlForm {
    /// One or more statements, separated by `;`.
    run: Template,
    /// The pods it runs in; the first one if not given.
    #[serde(rename = "in", default = "Where::first")]
    place: Where,
    /// What the last statement must answer; `ok` if not given.
    #[serde(default)]
    expect: SqlExpect,
    /// How long it may take at most; 30s if not given.
    limit: Option<Bound>,
    /// How long the last statement takes, such as ">=10s": as the server tells it, or else as it was measured.
    took: Option<Took>,
    /// The way to the server; the `taos` shell in the pod if not given.
    #[serde(default)]
    via: Way,
}

/// Ways to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The `taos` shell in the pod.
    #[default]
    Shell,
    /// REST through a forwarded port.
    Rest,
    /// The official connector, by websocket (3.x); it needs a cluster in real time.
    Connector,
}

impl Way {
    /// The same for the cluster.
    pub fn via(self) -> Via {
        match self {
            Self::Shell => Via::Shell,
            Self::Rest => Via::Rest,
            Self::Connector => Via::Connector,
        }
    }
}

/// What an SQL statement must answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SqlExpect {
    /// No error.
    #[default]
    Ok,
    /// Anything; what it was is recorded.
    Any,
    /// An error of any kind, or no answer within the limit.
    Fails,
    /// This error.
    Error(ErrorExpect),
    /// A table of one cell with this value.
    Value(Cell),
    /// A table with so many rows.
    Rows(Count),
    /// A table with a row that has these cells, by name of the column.
    Row(BTreeMap<String, Cell>),
    /// A table with exactly these rows, in this order.
    Table(Vec<Vec<Cell>>),
}

/// An error: its text alone, or with its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorExpect {
    /// What the text of the error contains.
    pub text: Template,
    /// Its code; compared where the way to the server tells it.
    pub code: Option<u32>,
}

/// The full form of an error.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ErrorForm {
    /// What the text of the error contains.
    text: Template,
    /// Its code, such as 0x80000015; compared where the way to the server tells it.
    code: Option<u32>,
}

/// A cell of a table; numbers and texts are compared as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell(pub Option<Template>);

impl From<SqlForm> for Sql {
    fn from(SqlForm { run, place, expect, limit, took, via }: SqlForm) -> Self {
        Self { run, place, expect, limit, took, via }
    }
}

impl Short for Sql {
    type Full = SqlForm;
    const EXPECTED: &'static str = "SQL, or a map with `run`, `in`, `expect`, `limit`, `took` and `via`";

    fn short(text: &str) -> Result<Self, String> {
        let run = text.parse().map_err(|error: super::TemplateError| error.to_string())?;
        Ok(Self { run, place: Where::first(), expect: SqlExpect::Ok, limit: None, took: None, via: Way::Shell })
    }
}

impl From<ErrorForm> for ErrorExpect {
    fn from(ErrorForm { text, code }: ErrorForm) -> Self {
        Self { text, code }
    }
}

impl Short for ErrorExpect {
    type Full = ErrorForm;
    const EXPECTED: &'static str = "the text of an error, or a map with `text` and `code`";

    fn short(text: &str) -> Result<Self, String> {
        let text = text.parse().map_err(|error: super::TemplateError| error.to_string())?;
        Ok(Self { text, code: None })
    }
}

macro_rules! has_short_form {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                short_or_full(deserializer)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                short_or_full_schema::<Self>(generator)
            }
        }
    )*};
}
has_short_form!(Sql, ErrorExpect);

struct CellVisitor;

impl Visitor<'_> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a text, true, false or null")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Cell, E> {
        text.parse().map(|text| Cell(Some(text))).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Cell, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Cell, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Cell, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Cell, E> {
        self.visit_str(if value { "true" } else { "false" })
    }

    fn visit_unit<E: de::Error>(self) -> Result<Cell, E> {
        Ok(Cell(None))
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

impl JsonSchema for Cell {
    fn schema_name() -> Cow<'static, str> {
        "Cell".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean", "null"] })
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(text) => text.fmt(f),
            None => f.write_str("NULL"),
        }
    }
}
