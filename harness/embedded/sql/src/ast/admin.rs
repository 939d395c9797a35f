use super::TableName;
use crate::{Precision, system::SystemShow};

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
    /// Vgroups of the database (3.x).
    pub vgroups: Option<i64>,
    /// Minutes of data in one file (3.x).
    pub duration: Option<i64>,
    /// Minutes that data are kept: one to three numbers, the shortest first (3.x).
    pub keep_minutes: Vec<i64>,
    /// Megabytes that a vnode has for writes (3.x).
    pub buffer: Option<i64>,
    /// Pages of a vnode's cache of tables (3.x).
    pub pages: Option<i64>,
    /// Kilobytes of such a page (3.x).
    pub page_size: Option<i64>,
    /// Kilobytes of a page of the time series (3.x).
    pub tsdb_page_size: Option<i64>,
    /// `none`, `last_row`, `last_value` or `both` (3.x).
    pub cache_model: Option<String>,
    /// Megabytes that a vnode has for last rows (3.x).
    pub cache_size: Option<i64>,
    /// 1: the database has one super table only (3.x).
    pub single_stable: Option<i64>,
    /// Files that are merged at once (3.x).
    pub stt_trigger: Option<i64>,
    /// Seconds that the write-ahead log is kept for subscriptions (3.x).
    pub wal_retention_period: Option<i64>,
    /// Kilobytes of it that are kept (3.x).
    pub wal_retention_size: Option<i64>,
    /// Letters of a table's name that count when its vgroup is chosen (3.x).
    pub table_prefix: Option<i64>,
    /// Letters at its end (3.x).
    pub table_suffix: Option<i64>,
}

/// A dnode as a statement names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnodeRef {
    /// By its id.
    Id(i64),
    /// By its end point, as written.
    EndPoint(String),
}

/// How much `drop dnode` may break (3.x).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DropMode {
    /// Nothing: all vnodes move first.
    #[default]
    Safe,
    /// `force`: the dnode is offline, and copies on it are made elsewhere.
    Force,
    /// `unsafe`: as `force`, and what has its only copy on it is lost.
    Unsafe,
}

/// What `show` shows.
#[derive(Clone, Debug, PartialEq)]
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
    /// `show dnodes` and most others of 3.x, which are queries of system tables.
    System(SystemShow),
    /// `show cluster alive` or `show db.alive` (3.x): 1 if all vgroups have a leader, 2 if some have, 0 if none has.
    Alive {
        /// The database, if it is one only.
        database: Option<String>,
    },
    /// `show local variables` (3.x): those of the client.
    LocalVariables,
}

/// What `alter user` changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserChange {
    /// `pass '...'`
    Password(String),
    /// `privilege ...`: `super`, `read` or `write` (2.x).
    Privilege(String),
    /// `enable 0|1` (3.x)
    Enable(bool),
    /// `sysinfo 0|1` (3.x)
    SysInfo(bool),
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
