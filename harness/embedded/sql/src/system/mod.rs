//! The tables in which a 3.x cluster shows itself: `information_schema.ins_*` and `performance_schema.perf_*`.
//!
//! `show dnodes` and the like are queries of them. Somebody else has their rows; here are their columns, and the
//! queries. Source of the columns: `systable.c` of 3.0.7.1 and 3.3.0.1, and the recordings, whose widths they give.

mod columns;
mod query;
mod show;

pub use query::query;
pub use show::SystemShow;

use crate::{Column, Dialect, ast::TableName};

macro_rules! tables {
    ($($name:ident = $schema:ident . $table:literal;)+) => {
        /// A table of the cluster itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum SystemTable {
            $(#[doc = concat!("`", stringify!($schema), ".", $table, "`")] $name,)+
        }

        impl SystemTable {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its database and its name there.
            pub fn full_name(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$name => (stringify!($schema), $table),)+
                }
            }
        }
    };
}

tables! {
    Dnodes = information_schema."ins_dnodes";
    Mnodes = information_schema."ins_mnodes";
    Qnodes = information_schema."ins_qnodes";
    Snodes = information_schema."ins_snodes";
    Cluster = information_schema."ins_cluster";
    Databases = information_schema."ins_databases";
    Functions = information_schema."ins_functions";
    Stables = information_schema."ins_stables";
    Tables = information_schema."ins_tables";
    Columns = information_schema."ins_columns";
    Tags = information_schema."ins_tags";
    Users = information_schema."ins_users";
    Grants = information_schema."ins_grants";
    Vgroups = information_schema."ins_vgroups";
    Configs = information_schema."ins_configs";
    DnodeVariables = information_schema."ins_dnode_variables";
    Topics = information_schema."ins_topics";
    Streams = information_schema."ins_streams";
    Vnodes = information_schema."ins_vnodes";
    Connections = performance_schema."perf_connections";
    Queries = performance_schema."perf_queries";
    Consumers = performance_schema."perf_consumers";
    Transactions = performance_schema."perf_trans";
    Apps = performance_schema."perf_apps";
}

/// Databases that are always there and hold nothing but these tables.
pub const SYSTEM_DATABASES: [&str; 2] = ["information_schema", "performance_schema"];

impl SystemTable {
    /// The table of this name; `database` is that of `use`, for names without one.
    pub fn find(name: &TableName, database: Option<&str>) -> Option<Self> {
        let database = name.database.as_deref().or(database)?;
        Self::ALL.iter().copied().find(|table| table.full_name() == (database, name.table.as_str()))
    }

    /// Its columns, as servers of this dialect have them.
    pub fn columns(self, dialect: Dialect) -> Vec<Column> {
        columns::columns(self, dialect)
    }
}

#[cfg(test)]
mod tests;
