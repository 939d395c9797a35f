//! Statements, as [`crate::parse()`] understands them. Names of databases, tables, columns and users are in lower case unless
//! they were quoted.

mod admin;
mod cluster;
mod select;
mod table;

pub use admin::{AccountChange, DatabaseOptions, DnodeRef, DropMode, Show, UserChange};
pub use cluster::{ClusterStatement, Maintenance, NodeKind};
pub use select::{Comparison, Condition, Direction, Expr, Function, Item, Order, Select};
pub use table::{
    Cell, ColumnDef, CreateSubTable, Insert, InsertPart, Literal, TableChange, TableName, TimeUnit, Using,
};

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `create database`
    CreateDatabase {
        /// Name of the database.
        name: String,
        /// `if not exists`
        if_not_exists: bool,
        /// What the statement sets; the rest is the server's default.
        options: DatabaseOptions,
    },
    /// `alter database`
    AlterDatabase {
        /// Name of the database.
        name: String,
        /// What the statement changes.
        options: DatabaseOptions,
    },
    /// `drop database`
    DropDatabase {
        /// Name of the database.
        name: String,
        /// `if exists`
        if_exists: bool,
    },
    /// `use`
    Use {
        /// Name of the database.
        name: String,
    },
    /// `create table` or `create stable` with columns; a super table if there are tags.
    CreateTable {
        /// Name of the table.
        table: TableName,
        /// `if not exists`
        if_not_exists: bool,
        /// The columns; the first is the timestamp.
        columns: Vec<ColumnDef>,
        /// The tags of a super table.
        tags: Vec<ColumnDef>,
    },
    /// `create table ... using ... tags (...)`, one or more of them.
    CreateSubTables(Vec<CreateSubTable>),
    /// `drop table` or `drop stable`
    DropTable {
        /// Name of the table.
        table: TableName,
        /// `if exists`
        if_exists: bool,
        /// True for `drop stable`, which refuses anything but a super table.
        stable: bool,
    },
    /// `alter table` or `alter stable`
    AlterTable {
        /// Name of the table.
        table: TableName,
        /// What to change.
        change: TableChange,
    },
    /// `insert into`
    Insert(Insert),
    /// `delete from` (3.x)
    Delete {
        /// Name of the table.
        table: TableName,
        /// Which rows; all if `None`.
        condition: Option<Condition>,
    },
    /// `select`
    Select(Select),
    /// `show ...`
    Show(Show),
    /// `describe`
    Describe {
        /// Name of the table.
        table: TableName,
    },
    /// `create dnode`
    CreateDnode {
        /// The end point as written, say `tdengine-1.taosd:6030`.
        end_point: String,
    },
    /// `drop dnode`
    DropDnode {
        /// The dnode.
        dnode: DnodeRef,
        /// `force` or `unsafe` (3.x).
        mode: DropMode,
    },
    /// `alter dnode <dnode> <option> [value]`
    AlterDnode {
        /// The dnode.
        dnode: DnodeRef,
        /// Name of the option, say `debugFlag`.
        option: String,
        /// Its new value.
        value: Option<String>,
    },
    /// `alter local <option> [value]`: of the client only.
    AlterLocal {
        /// Name of the option.
        option: String,
        /// Its new value.
        value: Option<String>,
    },
    /// `create user`
    CreateUser {
        /// Name of the user.
        name: String,
        /// The password.
        password: String,
    },
    /// `alter user`
    AlterUser {
        /// Name of the user.
        name: String,
        /// What to change.
        change: UserChange,
    },
    /// `drop user`
    DropUser {
        /// Name of the user.
        name: String,
    },
    /// `create account`, `alter account`, `drop account`: an enterprise feature, refused by the server.
    Account {
        /// Name of the account.
        name: String,
        /// What is asked for.
        change: AccountChange,
    },
    /// `reset query cache`
    ResetQueryCache,
    /// `kill connection|query|stream|transaction <id>`
    Kill {
        /// `connection`, `query`, `stream` or `transaction`.
        what: String,
        /// Its id as written.
        id: String,
    },
    /// Something that only 3.x has.
    Cluster(ClusterStatement),
}
