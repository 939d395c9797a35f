use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    Column, ColumnKind, Precision, Rows, SqlError, Value,
    ast::{ColumnDef, TableChange},
    codes,
    parse::invalid,
};

/// The columns and tags of a table or super table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// The columns; the first is the timestamp.
    pub columns: Vec<Column>,
    /// The tags; none if there is no super table.
    pub tags: Vec<Column>,
}

impl Schema {
    /// The schema that `create table` asks for.
    pub fn new(columns: &[ColumnDef], tags: &[ColumnDef]) -> Self {
        let all = |defs: &[ColumnDef]| defs.iter().map(|def| Column::new(def.name.clone(), def.kind)).collect();
        Self { columns: all(columns), tags: all(tags) }
    }

    /// The place of a column.
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The schema after `alter table`. Setting a tag's value changes no schema.
    pub fn changed(&self, change: &TableChange) -> Result<Self, SqlError> {
        let mut new = self.clone();
        let taken = |name: &str| self.column_index(name).is_some() || self.tag_index(name).is_some();
        let fail = |code| Err(SqlError::of(code));
        match change {
            TableChange::AddColumn(def) | TableChange::AddTag(def) if taken(&def.name) => {
                let column = self.column_index(&def.name).is_some();
                return fail(if column { codes::MND_FIELD_ALREAY_EXIST } else { codes::MND_TAG_ALREAY_EXIST });
            }
            TableChange::AddColumn(def) => new.columns.push(Column::new(def.name.clone(), def.kind)),
            TableChange::AddTag(_) | TableChange::DropTag(_) | TableChange::RenameTag { .. }
                if self.tags.is_empty() =>
            {
                return Err(invalid("manipulation of tag available for super table"));
            }
            TableChange::AddTag(def) => new.tags.push(Column::new(def.name.clone(), def.kind)),
            TableChange::DropColumn(name) => match self.column_index(name) {
                None => return fail(codes::MND_FIELD_NOT_EXIST),
                Some(0) => return Err(invalid("primary timestamp column cannot be dropped")),
                Some(_) if self.columns.len() == 2 => return Err(invalid("columns number can not be less than 2")),
                Some(at) => {
                    new.columns.remove(at);
                }
            },
            TableChange::DropTag(name) => match self.tag_index(name) {
                None => return fail(codes::MND_TAG_NOT_EXIST),
                Some(_) if self.tags.len() == 1 => return Err(invalid("cannot delete the last tag")),
                Some(at) => {
                    new.tags.remove(at);
                }
            },
            TableChange::RenameTag { from, to } => {
                if taken(to) {
                    return fail(codes::MND_TAG_ALREAY_EXIST);
                }
                match new.tags.iter_mut().find(|tag| tag.name == *from) {
                    None => return fail(codes::MND_TAG_NOT_EXIST),
                    Some(tag) => tag.name.clone_from(to),
                }
            }
            TableChange::SetTag { .. } => {}
            TableChange::ModifyColumn(_) | TableChange::ModifyTag(_) | TableChange::RenameColumn { .. } => {
                return fail(codes::TSC_INVALID_SQL);
            }
        }
        Ok(new)
    }

    /// The place of a tag.
    pub fn tag_index(&self, name: &str) -> Option<usize> {
        self.tags.iter().position(|tag| tag.name == name)
    }
}

/// What the mnode knows of a table, as far as `show` and `describe` print it.
#[derive(Clone, Debug, PartialEq)]
pub struct TableInfo {
    /// Its columns and tags.
    pub schema: Arc<Schema>,
    /// Its super table.
    pub parent: Option<String>,
    /// The values of its tags.
    pub tags: Vec<Value>,
    /// When it was created, in milliseconds.
    pub created: i64,
    /// Its unique id.
    pub uid: u64,
    /// Its id in its vnode.
    pub tid: u32,
    /// The vgroup that has it.
    pub vgroup: u32,
}

/// The width of names of tables and databases in results.
pub(super) const NAME: ColumnKind = ColumnKind::Binary(192);

/// `describe`
pub fn describe(schema: &Schema) -> Rows {
    let row = |column: &Column, note: &str| {
        vec![
            Value::text(column.name.clone()),
            Value::text(column.kind.name()),
            Value::Int(i64::from(column.kind.width())),
            Value::text(note),
        ]
    };
    let rows = schema.columns.iter().map(|column| row(column, ""));
    Rows {
        columns: vec![
            Column::new("Field", ColumnKind::Binary(64)),
            Column::new("Type", ColumnKind::Binary(20)),
            Column::new("Length", ColumnKind::Int),
            Column::new("Note", ColumnKind::Binary(8)),
        ],
        rows: rows.chain(schema.tags.iter().map(|tag| row(tag, "TAG"))).collect(),
        precision: Precision::Milli,
    }
}

/// `show create table`
pub fn show_create_table(name: &str, schema: &Schema, child: Option<(&str, &[Value])>) -> Rows {
    let text = match child {
        Some((parent, tags)) => {
            let tags: Vec<_> = tags.iter().map(tag_text).collect();
            format!("CREATE TABLE {name} USING {parent} TAGS ({})", tags.join(","))
        }
        None if schema.tags.is_empty() => format!("create table {name} ({})", definitions(&schema.columns)),
        None => format!("create table {name} ({}) TAGS ({})", definitions(&schema.columns), definitions(&schema.tags)),
    };
    Rows {
        columns: vec![Column::new("Table", NAME), Column::new("Create Table", ColumnKind::Binary(4_096))],
        rows: vec![vec![Value::text(name), Value::Text(text)]],
        precision: Precision::Milli,
    }
}

fn definitions(columns: &[Column]) -> String {
    let all: Vec<_> = columns
        .iter()
        .map(|Column { name, kind }| match kind {
            ColumnKind::Binary(width) | ColumnKind::NChar(width) => format!("{name} {}({width})", kind.name()),
            _ => format!("{name} {}", kind.name()),
        })
        .collect();
    all.join(",")
}

pub(super) fn tag_text(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) | Value::Timestamp(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => format!("{number:.6}"),
        Value::Text(text) => format!("\"{text}\""),
    }
}

/// `show tables`: one row for each table, in the order given.
pub fn table_rows<'a>(tables: impl IntoIterator<Item = (&'a str, &'a TableInfo)>) -> Rows {
    let row = |(name, info): (&str, &TableInfo)| {
        vec![
            Value::text(name),
            Value::Timestamp(info.created),
            Value::Int(i64::try_from(info.schema.columns.len()).unwrap_or_default()),
            Value::text(info.parent.clone().unwrap_or_default()),
            i64::try_from(info.uid).map_or(Value::UInt(info.uid), Value::Int),
            Value::from(info.tid),
            Value::from(info.vgroup),
        ]
    };
    Rows {
        columns: vec![
            Column::new("table_name", NAME),
            Column::new("created_time", ColumnKind::Timestamp),
            Column::new("columns", ColumnKind::SmallInt),
            Column::new("stable_name", NAME),
            Column::new("uid", ColumnKind::BigInt),
            Column::new("tid", ColumnKind::Int),
            Column::new("vgId", ColumnKind::Int),
        ],
        rows: tables.into_iter().map(row).collect(),
        precision: Precision::Milli,
    }
}

/// `show stables`: name, when it was created, its schema and the number of its tables.
pub fn stable_rows<'a>(tables: impl IntoIterator<Item = (&'a str, i64, &'a Schema, u32)>) -> Rows {
    let row = |(name, created, schema, children): (&str, i64, &Schema, u32)| {
        vec![
            Value::text(name),
            Value::Timestamp(created),
            Value::Int(i64::try_from(schema.columns.len()).unwrap_or_default()),
            Value::Int(i64::try_from(schema.tags.len()).unwrap_or_default()),
            Value::from(children),
        ]
    };
    Rows {
        columns: vec![
            Column::new("name", NAME),
            Column::new("created_time", ColumnKind::Timestamp),
            Column::new("columns", ColumnKind::SmallInt),
            Column::new("tags", ColumnKind::SmallInt),
            Column::new("tables", ColumnKind::Int),
        ],
        rows: tables.into_iter().map(row).collect(),
        precision: Precision::Milli,
    }
}

/// True if `name` matches the pattern of `like`: `%` is any text, `_` any character. Case does not matter.
pub fn like(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    // matches[j]: the pattern so far matches the first j characters.
    let mut matches = vec![false; name.len() + 1];
    if let Some(first) = matches.first_mut() {
        *first = true;
    }
    for sign in pattern {
        let before = matches.clone();
        let mut any = false;
        for (at, slot) in matches.iter_mut().enumerate() {
            let here = before.get(at).copied().unwrap_or_default();
            let last = at.checked_sub(1);
            let one_less = last.and_then(|last| before.get(last)).copied().unwrap_or_default();
            any |= here;
            *slot = match sign {
                '%' => any,
                '_' => one_less,
                letter => one_less && last.and_then(|last| name.get(last)) == Some(&letter),
            };
        }
    }
    matches.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("t%", "t1", true)]
    #[case("%1", "t1", true)]
    #[case("T_", "t1", true)]
    #[case("t_", "t12", false)]
    #[case("%", "", true)]
    #[case("", "a", false)]
    #[case("涛%", "涛思", true)]
    fn patterns(#[case] pattern: &str, #[case] name: &str, #[case] matches: bool) {
        assert_eq!(like(pattern, name), matches);
    }

    #[test]
    fn create_table_is_shown() {
        let schema = Schema {
            columns: vec![Column::new("ts", ColumnKind::Timestamp), Column::new("b", ColumnKind::Binary(10))],
            tags: vec![Column::new("id", ColumnKind::Int)],
        };
        let text = |rows: Rows| rows.rows[0][1].clone();
        assert_eq!(
            text(show_create_table("s", &schema, None)),
            Value::text("create table s (ts TIMESTAMP,b BINARY(10)) TAGS (id INT)")
        );
        let tags = [Value::text("bj"), Value::Int(1)];
        assert_eq!(
            text(show_create_table("a", &schema, Some(("s", &tags)))),
            Value::text("CREATE TABLE a USING s TAGS (\"bj\",1)")
        );
    }
}
