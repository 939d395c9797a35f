use super::TableName;
use crate::Precision;

/// What `create database` and `alter database` may set. `None` is not mentioned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseOptions {
    /// Copies of each vgroup (1 to 3).
    pub replica: Option<i64>,
    /// Acknowledgements that a write waits for (1 to 2).
    pub quorum: Option<i64>,
    /// Days of data in one file.
    pub days: Option<i64>,
    /// Days that data are kept: one to three numbers, as written.
    pub keep: Vec<i64>,
    /// Megabytes in a cache block.
    pub cache: Option<i64>,
    /// Cache blocks in a vnode.
    pub blocks: Option<i64>,
    /// Least rows in a file block.
    pub min_rows: Option<i64>,
    /// Most rows in a file block.
    pub max_rows: Option<i64>,
    /// Write-ahead log level (0 to 2).
    pub wal: Option<i64>,
    /// Milliseconds between syncs of the write-ahead log.
    pub fsync: Option<i64>,
    /// Compression level (0 to 2).
    pub comp: Option<i64>,
    /// Whether last rows are cached (0 to 3).
    pub cache_last: Option<i64>,
    /// Unit of timestamps.
    pub precision: Option<Precision>,
    /// Whether a row replaces an older one of the same time (0 to 2).
    pub update: Option<i64>,
    /// Commit time, accepted and without effect.
    pub ctime: Option<i64>,
}

/// A dnode as a statement names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnodeRef {
    /// By its id.
    Id(i64),
    /// By its end point, as written.
    EndPoint(String),
}

/// What `show` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Show {
    /// `show dnodes`
    Dnodes,
    /// `show mnodes`
    Mnodes,
    /// `show databases`
    Databases,
    /// `show [db.]vgroups`
    Vgroups {
        /// The database, if it is named.
        database: Option<String>,
    },
    /// `show vnodes ['end point']`
    Vnodes {
        /// The dnode, if it is named.
        end_point: Option<String>,
    },
    /// `show [db.]tables [like 'pattern']`
    Tables {
        /// The database, if it is named.
        database: Option<String>,
        /// The pattern, with `%` and `_`.
        like: Option<String>,
    },
    /// `show [db.]stables [like 'pattern']`
    Stables {
        /// The database, if it is named.
        database: Option<String>,
        /// The pattern, with `%` and `_`.
        like: Option<String>,
    },
    /// `show variables`
    Variables,
    /// `show users`
    Users,
    /// `show accounts`
    Accounts,
    /// `show connections`
    Connections,
    /// `show queries`
    Queries,
    /// `show streams`
    Streams,
    /// `show modules`
    Modules,
    /// `show grants`
    Grants,
    /// `show scores`
    Scores,
    /// `show topics`
    Topics,
    /// `show create table`
    CreateTable(TableName),
    /// `show create database`
    CreateDatabase(String),
}

/// What `alter user` changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserChange {
    /// `pass '...'`
    Password(String),
    /// `privilege ...`: `super`, `read` or `write`.
    Privilege(String),
}

/// What is asked about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountChange {
    /// `create account`
    Create,
    /// `alter account`
    Alter,
    /// `drop account`
    Drop,
}
