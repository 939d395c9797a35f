use serde::{Deserialize, Serialize};

use crate::Column;

/// The columns and tags of a table or super table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// The columns; the first is the timestamp.
    pub columns: Vec<Column>,
    /// The tags; none if there is no super table.
    pub tags: Vec<Column>,
}

impl Schema {
    /// The place of a column.
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The place of a tag.
    pub fn tag_index(&self, name: &str) -> Option<usize> {
        self.tags.iter().position(|tag| tag.name == name)
    }
}
