/// A role that a dnode can be given by itself (3.x).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// `mnode`
    Mnode,
    /// `qnode`
    Qnode,
    /// `snode`
    Snode,
}

/// What is done to the files of a database (3.x).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maintenance {
    /// `flush database`
    Flush,
    /// `compact database`
    Compact,
    /// `trim database`
    Trim,
}

/// A statement about the cluster that only 3.x has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterStatement {
    /// `create mnode on dnode <id>`
    CreateNode {
        /// The role.
        kind: NodeKind,
        /// Id of the dnode.
        dnode: i64,
    },
    /// `drop mnode on dnode <id>`
    DropNode {
        /// The role.
        kind: NodeKind,
        /// Id of the dnode.
        dnode: i64,
    },
    /// `restore dnode|mnode|vnode|qnode on dnode <id>`: an enterprise feature.
    Restore {
        /// Id of the dnode.
        dnode: i64,
    },
    /// `balance vgroup`
    BalanceVgroup,
    /// `balance vgroup leader [on <id>]`
    BalanceVgroupLeader,
    /// `redistribute vgroup <id> dnode <id> [dnode <id> ...]`
    RedistributeVgroup {
        /// Id of the vgroup.
        vgroup: i64,
        /// Ids of the dnodes that it is to be on.
        dnodes: Vec<i64>,
    },
    /// `split vgroup <id>`
    SplitVgroup {
        /// Id of the vgroup.
        vgroup: i64,
    },
    /// `flush database`, `compact database`, `trim database`
    Maintain {
        /// What is done.
        what: Maintenance,
        /// Name of the database.
        database: String,
    },
    /// `alter all dnodes '<option>' ['<value>']`
    AlterAllDnodes {
        /// Name of the option, say `debugFlag`.
        option: String,
        /// Its new value.
        value: Option<String>,
    },
}
