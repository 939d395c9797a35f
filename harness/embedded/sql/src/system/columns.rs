use super::SystemTable;
use crate::{
    Column,
    ColumnKind::{self, BigInt, Binary, Bool, Int, SmallInt, Timestamp, TinyInt, UBigInt, UInt},
    Dialect,
};

/// Bytes of an end point, a database's, a table's, a column's and a user's name, a comment, and a statement.
const EP: ColumnKind = Binary(134);
const DB: ColumnKind = Binary(64);
const TABLE: ColumnKind = Binary(192);
const COLUMN: ColumnKind = Binary(64);
const USER: ColumnKind = Binary(24);
const COMMENT: ColumnKind = Binary(1_024);
const SQL: ColumnKind = Binary(2_048);
const APP: ColumnKind = Binary(24);
/// `IP:port`
const PEER: ColumnKind = Binary(22);

#[expect(clippy::too_many_lines, reason = "one arm a table")]
pub(super) fn columns(table: SystemTable, dialect: Dialect) -> Vec<Column> {
    let since_3_3 = dialect >= Dialect::V3_3;
    let role_time = if since_3_3 { "role_time" } else { "reboot_time" };
    let fixed: &[(&str, ColumnKind)] = match table {
        SystemTable::Dnodes => &[
            ("id", Int),
            ("endpoint", EP),
            ("vnodes", SmallInt),
            ("support_vnodes", SmallInt),
            ("status", Binary(10)),
            ("create_time", Timestamp),
            ("reboot_time", Timestamp),
            ("note", Binary(256)),
        ],
        SystemTable::Mnodes => &[
            ("id", Int),
            ("endpoint", EP),
            ("role", Binary(12)),
            ("status", Binary(9)),
            ("create_time", Timestamp),
            (role_time, Timestamp),
        ],
        SystemTable::Qnodes | SystemTable::Snodes => &[("id", Int), ("endpoint", EP), ("create_time", Timestamp)],
        SystemTable::Cluster => &[
            ("id", BigInt),
            ("name", Binary(40)),
            ("uptime", Int),
            ("create_time", Timestamp),
            ("version", Binary(10)),
            ("expire_time", Timestamp),
        ],
        SystemTable::Databases => return databases(since_3_3),
        SystemTable::Functions => &[
            ("name", Binary(64)),
            ("comment", Binary(4_095)),
            ("aggregate", Int),
            ("output_type", Binary(31)),
            ("create_time", Timestamp),
            ("code_len", Int),
            ("bufsize", Int),
        ],
        SystemTable::Stables => &[
            ("stable_name", TABLE),
            ("db_name", DB),
            ("create_time", Timestamp),
            ("columns", Int),
            ("tags", Int),
            ("last_update", Timestamp),
            ("table_comment", COMMENT),
            ("watermark", Binary(64)),
            ("max_delay", Binary(64)),
            ("rollup", Binary(128)),
        ],
        SystemTable::Tables => &[
            ("table_name", TABLE),
            ("db_name", DB),
            ("create_time", Timestamp),
            ("columns", Int),
            ("stable_name", TABLE),
            ("uid", BigInt),
            ("vgroup_id", Int),
            ("ttl", Int),
            ("table_comment", COMMENT),
            ("type", Binary(21)),
        ],
        SystemTable::Columns => &[
            ("table_name", TABLE),
            ("db_name", DB),
            ("table_type", Binary(21)),
            ("col_name", COLUMN),
            ("col_type", Binary(32)),
            ("col_length", Int),
            ("col_precision", Int),
            ("col_scale", Int),
            ("col_nullable", Int),
        ],
        SystemTable::Tags => &[
            ("table_name", TABLE),
            ("db_name", DB),
            ("stable_name", TABLE),
            ("tag_name", COLUMN),
            ("tag_type", Binary(32)),
            ("tag_value", Binary(16_384)),
        ],
        SystemTable::Users => return users(since_3_3),
        SystemTable::Grants => &[
            ("version", Binary(9)),
            ("expire_time", Binary(19)),
            ("service_time", Binary(19)),
            ("expired", Binary(5)),
            ("state", Binary(9)),
            ("timeseries", Binary(21)),
            ("dnodes", Binary(10)),
            ("cpu_cores", Binary(10)),
        ],
        SystemTable::Vgroups => &[
            ("vgroup_id", Int),
            ("db_name", DB),
            ("tables", Int),
            ("v1_dnode", SmallInt),
            ("v1_status", Binary(9)),
            ("v2_dnode", SmallInt),
            ("v2_status", Binary(9)),
            ("v3_dnode", SmallInt),
            ("v3_status", Binary(9)),
            ("v4_dnode", SmallInt),
            ("v4_status", Binary(9)),
            ("cacheload", Int),
            ("cacheelements", Int),
            ("tsma", TinyInt),
        ],
        SystemTable::Configs => &[("name", Binary(32)), ("value", Binary(64))],
        SystemTable::DnodeVariables => {
            &[("dnode_id", Int), ("name", Binary(32)), ("value", Binary(64)), ("scope", Binary(8))]
        }
        SystemTable::Topics => {
            &[("topic_name", TABLE), ("db_name", DB), ("create_time", Timestamp), ("sql", SQL), ("schema", SQL)]
        }
        SystemTable::Streams => &[
            ("stream_name", TABLE),
            ("create_time", Timestamp),
            ("sql", SQL),
            ("status", Binary(20)),
            ("source_db", DB),
            ("target_db", DB),
            ("target_table", TABLE),
            ("watermark", BigInt),
            ("trigger", Binary(20)),
        ],
        SystemTable::Vnodes => &[
            ("dnode_id", Int),
            ("vgroup_id", Int),
            ("db_name", DB),
            ("status", Binary(9)),
            ("role_time", Timestamp),
            ("start_time", Timestamp),
            ("restored", Bool),
        ],
        SystemTable::Connections => &[
            ("conn_id", UInt),
            ("user", USER),
            ("app", APP),
            ("pid", UInt),
            ("end_point", PEER),
            ("login_time", Timestamp),
            ("last_access", Timestamp),
        ],
        SystemTable::Queries => &[
            ("kill_id", Binary(26)),
            ("query_id", UBigInt),
            ("conn_id", UInt),
            ("app", APP),
            ("pid", Int),
            ("user", USER),
            ("end_point", PEER),
            ("create_time", Timestamp),
            ("exec_usec", BigInt),
            ("stable_query", Bool),
            ("sub_query", Bool),
            ("sub_num", Int),
            ("sub_status", Binary(1_000)),
            ("sql", SQL),
        ],
        SystemTable::Consumers => &[
            ("consumer_id", BigInt),
            ("consumer_group", Binary(192)),
            ("client_id", Binary(256)),
            ("status", Binary(20)),
            ("topics", Binary(226)),
            ("up_time", Timestamp),
            ("subscribe_time", Timestamp),
            ("rebalance_time", Timestamp),
        ],
        SystemTable::Transactions => &[
            ("id", Int),
            ("create_time", Timestamp),
            ("stage", Binary(12)),
            ("oper", Binary(14)),
            ("db", DB),
            ("stable", TABLE),
            ("failed_times", Int),
            ("last_exec_time", Timestamp),
            ("last_action_info", Binary(511)),
        ],
        SystemTable::Apps => &[
            ("app_id", UBigInt),
            ("ip", Binary(16)),
            ("pid", Int),
            ("name", APP),
            ("start_time", Timestamp),
            ("insert_req", UBigInt),
            ("insert_row", UBigInt),
            ("insert_time", UBigInt),
            ("insert_bytes", UBigInt),
            ("fetch_bytes", UBigInt),
            ("query_time", UBigInt),
            ("slow_query", UBigInt),
            ("total_req", UBigInt),
            ("current_req", UBigInt),
            ("last_access", Timestamp),
        ],
    };
    named(fixed)
}

fn named(columns: &[(&str, ColumnKind)]) -> Vec<Column> {
    columns.iter().map(|(name, kind)| Column::new(*name, *kind)).collect()
}

fn databases(since_3_3: bool) -> Vec<Column> {
    let mut columns = named(&[
        ("name", DB),
        ("create_time", Timestamp),
        ("vgroups", Int),
        ("ntables", BigInt),
        ("replica", TinyInt),
        ("strict", Binary(9)),
        ("duration", Binary(10)),
        ("keep", Binary(32)),
        ("buffer", Int),
        ("pagesize", Int),
        ("pages", Int),
        ("minrows", Int),
        ("maxrows", Int),
        ("comp", TinyInt),
        ("precision", Binary(2)),
        ("status", Binary(10)),
        ("retentions", Binary(60)),
        ("single_stable", Bool),
        ("cachemodel", Binary(11)),
        ("cachesize", Int),
        ("wal_level", TinyInt),
        ("wal_fsync_period", Int),
        ("wal_retention_period", Int),
        ("wal_retention_size", BigInt),
        ("stt_trigger", SmallInt),
        ("table_prefix", SmallInt),
        ("table_suffix", SmallInt),
        ("tsdb_pagesize", Int),
    ]);
    if since_3_3 {
        columns.extend(named(&[
            ("keep_time_offset", Int),
            ("s3_chunksize", Int),
            ("s3_keeplocal", Binary(10)),
            ("s3_compact", TinyInt),
            ("with_arbitrator", TinyInt),
            ("encrypt_algorithm", Binary(10)),
        ]));
    }
    columns
}

fn users(since_3_3: bool) -> Vec<Column> {
    let mut columns = named(&[("name", USER), ("super", TinyInt), ("enable", TinyInt), ("sysinfo", TinyInt)]);
    if since_3_3 {
        columns.push(Column::new("createdb", TinyInt));
    }
    columns.push(Column::new("create_time", Timestamp));
    if since_3_3 {
        columns.push(Column::new("allowed_host", Binary(49_152)));
    }
    columns
}
