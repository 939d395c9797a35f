use std::{collections::BTreeMap, sync::Arc};

use super::Schema;
use crate::{Precision, SqlError, Value, codes};

/// A row of one table: its time, and the values of all columns after the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The timestamp, in the database's units.
    pub time: i64,
    /// One value a column, without the timestamp.
    pub values: Vec<Value>,
}

/// A change of a vnode's data: what is replicated from the master vnode to its slaves.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Creates a table; one that exists already is left alone.
    CreateTable {
        /// Name of the table, without its database.
        table: String,
        /// Its columns and tags (the super table's, if it has one).
        schema: Arc<Schema>,
        /// Its super table.
        parent: Option<String>,
        /// The values of the tags.
        tags: Vec<Value>,
    },
    /// Drops a table with its rows.
    DropTable {
        /// Name of the table.
        table: String,
    },
    /// Drops all tables of a super table.
    DropChildren {
        /// Name of the super table.
        parent: String,
    },
    /// Replaces the columns or tags of a table, or of all tables of a super table. Values are kept by name.
    ChangeSchema {
        /// Name of the table or super table.
        table: String,
        /// The new columns and tags.
        schema: Arc<Schema>,
    },
    /// Sets a tag of a table.
    SetTag {
        /// Name of the table.
        table: String,
        /// Which tag, from 0.
        index: usize,
        /// The new value.
        value: Value,
    },
    /// Adds rows to a table.
    Insert {
        /// Name of the table.
        table: String,
        /// The rows, in any order.
        rows: Vec<Row>,
    },
    /// Changes whether a row replaces an older one of the same time.
    SetUpdate {
        /// True if the newer row wins.
        update: bool,
    },
}

/// The tables and rows of one vnode. A clone shares what neither side changes afterwards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VnodeData {
    pub(super) tables: BTreeMap<String, Arc<TableData>>,
    pub(super) precision: Precision,
    update: bool,
}

/// What a vnode knows of a table.
#[derive(Clone, Copy, Debug)]
pub struct StoredTable<'a> {
    /// Its columns and tags (the super table's, if it has one).
    pub schema: &'a Arc<Schema>,
    /// Its super table.
    pub parent: Option<&'a str>,
    /// The values of its tags.
    pub tags: &'a [Value],
}

/// One table with its rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TableData {
    pub(super) schema: Arc<Schema>,
    pub(super) parent: Option<String>,
    pub(super) tags: Vec<Value>,
    pub(super) rows: BTreeMap<i64, Vec<Value>>,
}

impl VnodeData {
    /// An empty vnode of a database with this unit of time; `update` as in `create database ... update 1`.
    pub fn new(precision: Precision, update: bool) -> Self {
        Self { tables: BTreeMap::new(), precision, update }
    }

    /// The unit of its timestamps.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Number of tables.
    pub fn table_count(&self) -> usize {
        self.tables.len()
    }

    /// Number of rows in all tables.
    pub fn row_count(&self) -> usize {
        self.tables.values().map(|table| table.rows.len()).sum()
    }

    /// Number of rows of a table, if it is here.
    pub fn rows_of(&self, table: &str) -> Option<usize> {
        self.tables.get(table).map(|table| table.rows.len())
    }

    /// True if the table is here.
    pub fn has_table(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    /// A table, if it is here.
    pub fn table(&self, name: &str) -> Option<StoredTable<'_>> {
        let data = self.tables.get(name)?;
        Some(StoredTable { schema: &data.schema, parent: data.parent.as_deref(), tags: &data.tags })
    }

    /// Names of all tables, in order.
    pub fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Applies a change and tells how many rows it was about.
    ///
    /// Rows of a time that is already there are left out, or replace the old row if `update` is set; they are counted
    /// either way, as the server does.
    pub fn apply(&mut self, write: &Write) -> Result<u64, SqlError> {
        match write {
            Write::CreateTable { table, schema, parent, tags } => {
                self.tables.entry(table.clone()).or_insert_with(|| {
                    Arc::new(TableData {
                        schema: Arc::clone(schema),
                        parent: parent.clone(),
                        tags: tags.clone(),
                        rows: BTreeMap::new(),
                    })
                });
            }
            Write::DropTable { table } => {
                self.tables.remove(table).ok_or_else(no_table)?;
            }
            Write::DropChildren { parent } => {
                self.tables.retain(|_, table| table.parent.as_deref() != Some(parent));
            }
            Write::ChangeSchema { table, schema } => {
                for (name, data) in &mut self.tables {
                    if name == table || data.parent.as_deref() == Some(table) {
                        Arc::make_mut(data).change_schema(schema);
                    }
                }
            }
            Write::SetTag { table, index, value } => {
                let data = Arc::make_mut(self.tables.get_mut(table).ok_or_else(no_table)?);
                if let Some(tag) = data.tags.get_mut(*index) {
                    tag.clone_from(value);
                }
            }
            Write::Insert { table, rows } => return self.insert(table, rows),
            Write::SetUpdate { update } => self.update = *update,
        }
        Ok(0)
    }

    fn insert(&mut self, table: &str, rows: &[Row]) -> Result<u64, SqlError> {
        let data = Arc::make_mut(self.tables.get_mut(table).ok_or_else(no_table)?);
        for row in rows {
            if self.update {
                data.rows.insert(row.time, row.values.clone());
            } else {
                data.rows.entry(row.time).or_insert_with(|| row.values.clone());
            }
        }
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    /// Takes the rows of an insert out again, as if it had never come. Other changes stay: what they make is on the disk
    /// by other ways, too.
    pub fn take_back(&mut self, write: &Write) {
        let Write::Insert { table, rows } = write else { return };
        if let Some(data) = self.tables.get_mut(table) {
            let data = Arc::make_mut(data);
            for row in rows {
                data.rows.remove(&row.time);
            }
        }
    }

    /// Removes the newest row of the vnode; tells whether there was one. For planted defects only.
    pub fn forget_last_row(&mut self) -> bool {
        let newest = self
            .tables
            .iter()
            .filter_map(|(name, table)| table.rows.last_key_value().map(|(time, _)| (*time, name.clone())));
        let Some((time, table)) = newest.max() else { return false };
        self.tables.get_mut(&table).is_some_and(|data| Arc::make_mut(data).rows.remove(&time).is_some())
    }
}

impl TableData {
    fn change_schema(&mut self, schema: &Arc<Schema>) {
        let old = std::mem::replace(&mut self.schema, Arc::clone(schema));
        let moves: Vec<_> = schema.columns.iter().skip(1).map(|column| old.column_index(&column.name)).collect();
        for values in self.rows.values_mut() {
            let before = std::mem::take(values);
            let pick = |from: &Option<usize>| from.and_then(|at| before.get(at.checked_sub(1)?)).cloned();
            *values = moves.iter().map(|from| pick(from).unwrap_or(Value::Null)).collect();
        }
        let before = std::mem::take(&mut self.tags);
        let tags = schema.tags.iter().enumerate().map(|(at, tag)| {
            // A renamed tag is where it was.
            let from = old.tag_index(&tag.name).or((old.tags.len() == schema.tags.len()).then_some(at));
            from.and_then(|from| before.get(from)).cloned().unwrap_or(Value::Null)
        });
        self.tags = tags.collect();
    }
}

fn no_table() -> SqlError {
    SqlError::of(codes::TDB_INVALID_TABLE_ID)
}
