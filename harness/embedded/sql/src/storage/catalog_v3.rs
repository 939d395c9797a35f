use super::{
    Schema,
    catalog::{NAME, tag_text},
};
use crate::{
    Column, ColumnKind, Dialect, Precision, Rows, SqlError, Value,
    ast::{ColumnDef, TableChange},
    codes::v3,
};

impl Schema {
    /// The schema after `alter table` of 3.x. Setting a tag's value changes no schema.
    pub fn changed_v3(&self, change: &TableChange) -> Result<Self, SqlError> {
        let mut new = self.clone();
        let taken = |name: &str| self.column_index(name).is_some() || self.tag_index(name).is_some();
        let stable = !self.tags.is_empty();
        match change {
            TableChange::AddColumn(def) | TableChange::AddTag(def) if taken(&def.name) => {
                return Err(v3::error(v3::PAR_DUPLICATED_COLUMN));
            }
            TableChange::AddColumn(def) => new.columns.push(Column::new(def.name.clone(), def.kind)),
            TableChange::AddTag(_)
            | TableChange::DropTag(_)
            | TableChange::RenameTag { .. }
            | TableChange::ModifyTag(_)
                if !stable =>
            {
                return Err(v3::error(v3::PAR_INVALID_ALTER_TABLE));
            }
            TableChange::AddTag(def) => new.tags.push(Column::new(def.name.clone(), def.kind)),
            TableChange::DropColumn(name) => match self.column_index(name) {
                None => return Err(no_column(name)),
                Some(0) => return Err(v3::error(v3::PAR_CANNOT_DROP_PRIMARY_KEY)),
                Some(_) if self.columns.len() == 2 => return Err(v3::error(v3::PAR_INVALID_DROP_COL)),
                Some(at) => {
                    new.columns.remove(at);
                }
            },
            TableChange::DropTag(name) => match self.tag_index(name) {
                None => return Err(v3::error(v3::MND_TAG_NOT_EXIST)),
                Some(_) if self.tags.len() == 1 => return Err(v3::error(v3::PAR_INVALID_DROP_COL)),
                Some(at) => {
                    new.tags.remove(at);
                }
            },
            TableChange::RenameTag { to, .. } | TableChange::RenameColumn { to, .. } if taken(to) => {
                return Err(v3::error(v3::PAR_DUPLICATED_COLUMN));
            }
            TableChange::RenameTag { from, to } => {
                let tag = new.tags.iter_mut().find(|tag| tag.name == *from);
                tag.ok_or_else(|| v3::error(v3::MND_TAG_NOT_EXIST))?.name.clone_from(to);
            }
            TableChange::RenameColumn { .. } if stable => return Err(v3::error(v3::PAR_INVALID_ALTER_TABLE)),
            TableChange::RenameColumn { from, to } => {
                let column = new.columns.iter_mut().find(|column| column.name == *from);
                column.ok_or_else(|| no_column(from))?.name.clone_from(to);
            }
            TableChange::ModifyColumn(def) => widen(&mut new.columns, def)?,
            TableChange::ModifyTag(def) => widen(&mut new.tags, def)?,
            TableChange::SetTag { .. } => {}
        }
        Ok(new)
    }
}

fn no_column(name: &str) -> SqlError {
    v3::named(v3::PAR_INVALID_COLUMN, name)
}

/// Makes a text column wider.
fn widen(columns: &mut [Column], to: &ColumnDef) -> Result<(), SqlError> {
    let column = columns.iter_mut().find(|column| column.name == to.name).ok_or_else(|| no_column(&to.name))?;
    let same = column.kind.code() == to.kind.code();
    if !same || !to.kind.is_text() || to.kind.width() <= column.kind.width() {
        return Err(v3::error(v3::PAR_INVALID_MODIFY_COL));
    }
    column.kind = to.kind;
    Ok(())
}

/// `describe` in 3.x. From 3.3 on it tells how columns are stored, too.
pub fn describe_v3(dialect: Dialect, schema: &Schema) -> Rows {
    let stored = dialect >= Dialect::V3_3;
    let row = |column: &Column, tag: bool| {
        let mut row = vec![
            Value::text(column.name.clone()),
            Value::text(column.kind.v3_name()),
            Value::Int(i64::from(column.kind.width())),
            Value::text(if tag { "TAG" } else { "" }),
        ];
        if stored {
            let encode = if tag { "disabled" } else { encoding_of(column.kind) };
            let [compress, level] = if tag { ["disabled"; 2] } else { ["lz4", "medium"] };
            row.extend([encode, compress, level].map(Value::text));
        }
        row
    };
    let mut columns = vec![
        Column::new("field", ColumnKind::Binary(64)),
        Column::new("type", ColumnKind::Binary(20)),
        Column::new("length", ColumnKind::Int),
        Column::new("note", ColumnKind::Binary(12)),
    ];
    if stored {
        columns.extend(["encode", "compress", "level"].map(|name| Column::new(name, ColumnKind::Binary(12))));
    }
    let rows = schema.columns.iter().map(|column| row(column, false));
    Rows {
        columns,
        rows: rows.chain(schema.tags.iter().map(|tag| row(tag, true))).collect(),
        precision: Precision::Milli,
    }
}

/// How 3.3 encodes a column unless it is told otherwise.
fn encoding_of(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Bool => "bit-packing",
        ColumnKind::Timestamp | ColumnKind::BigInt | ColumnKind::UBigInt => "delta-i",
        ColumnKind::Float | ColumnKind::Double => "delta-d",
        ColumnKind::Binary(_) | ColumnKind::NChar(_) => "disabled",
        _ => "simple8b",
    }
}

/// `show create table` in 3.x, whose names are in backquotes. A child is shown with its super table and tags.
pub fn show_create_table_v3(name: &str, schema: &Schema, child: Option<(&str, &[Value])>) -> Rows {
    let all = |columns: &[Column]| {
        let all: Vec<_> = columns
            .iter()
            .map(|Column { name, kind }| match kind {
                ColumnKind::Binary(width) | ColumnKind::NChar(width) => format!("`{name}` {}({width})", kind.v3_name()),
                _ => format!("`{name}` {}", kind.v3_name()),
            })
            .collect();
        all.join(", ")
    };
    let text = match child {
        Some((parent, values)) => {
            let names: Vec<_> = schema.tags.iter().map(|tag| format!("`{}`", tag.name)).collect();
            let values: Vec<_> = values.iter().map(tag_text).collect();
            format!("CREATE TABLE `{name}` USING `{parent}` ({}) TAGS ({})", names.join(", "), values.join(", "))
        }
        None if schema.tags.is_empty() => format!("CREATE TABLE `{name}` ({})", all(&schema.columns)),
        None => format!("CREATE STABLE `{name}` ({}) TAGS ({})", all(&schema.columns), all(&schema.tags)),
    };
    Rows {
        columns: vec![Column::new("Table", NAME), Column::new("Create Table", ColumnKind::Binary(48_639))],
        rows: vec![vec![Value::text(name), Value::Text(text)]],
        precision: Precision::Milli,
    }
}
