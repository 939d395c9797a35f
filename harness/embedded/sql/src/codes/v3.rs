//! Error codes and texts of 3.3.0.1, under the names of its public header `taoserror.h` without `TSDB_CODE_`.

use crate::SqlError;

/// The error of `code` with its standard text.
pub fn error(code: i32) -> SqlError {
    SqlError::new(code, text(code))
}

/// The error of `code` with its standard text and a name: `Invalid column name: x`.
pub(crate) fn named(code: i32, name: &str) -> SqlError {
    SqlError::new(code, format!("{}: {name}", text(code)))
}

/// What the client makes of an error that it gets when it looks a table up for a query.
pub fn table_info(error: &SqlError) -> SqlError {
    SqlError::new(PAR_GET_META_ERROR, format!("{}, error: {}", text(PAR_GET_META_ERROR), error.text))
}

/// `Invalid option replications: 5 valid range: [1, 3]`
pub(crate) fn option_range(name: &str, value: i64, (low, high): (i64, i64)) -> SqlError {
    SqlError::new(PAR_INVALID_DB_OPTION, format!("Invalid option {name}: {value} valid range: [{low}, {high}]"))
}

/// `Invalid option replications: 2, only 1, 3 allowed`
pub(crate) fn option_values(name: &str, value: impl std::fmt::Display, allowed: &str) -> SqlError {
    SqlError::new(PAR_INVALID_DB_OPTION, format!("Invalid option {name}: {value}, only {allowed} allowed"))
}

codes! {
    RPC_NETWORK_UNAVAIL = 0x000b, "Unable to establish connection";
    RPC_FQDN_ERROR = 0x0015, "Unable to resolve FQDN";
    RPC_BROKEN_LINK = 0x0018, "Conn is broken";
    RPC_TIMEOUT = 0x0019, "Conn read timeout";
    RPC_SOMENODE_NOT_CONNECTED = 0x0020, "some vnode/qnode/mnode(s) out of service";
    OPS_NOT_SUPPORT = 0x0100, "Operation not supported";
    ACTION_IN_PROGRESS = 0x0111, "Action in progress";
    INVALID_MSG = 0x0115, "Invalid message";
    CFG_NOT_FOUND = 0x0125, "Config not found";
    NO_ENOUGH_DISKSPACE = 0x012e, "No enough disk space";
    APP_IS_STARTING = 0x0130, "Database is starting up";
    APP_IS_STOPPING = 0x0131, "Database is closing down";
    TSC_INVALID_OPERATION = 0x0200, "Invalid operation";
    TSC_INVALID_FQDN = 0x0206, "Invalid host name";
    TSC_INVALID_USER_LENGTH = 0x0207, "Invalid user name";
    TSC_INVALID_PASS_LENGTH = 0x0208, "Invalid password";
    TSC_SQL_SYNTAX_ERROR = 0x0216, "Syntax error in SQL";
    TSC_DB_NOT_SELECTED = 0x0217, "Database not specified or available";
    MND_NO_RIGHTS = 0x0303, "Insufficient privilege for operation";
    MND_USER_DISABLED = 0x0315, "User is disabled";
    SDB_OBJ_NOT_THERE = 0x0323, "Object not there";
    SDB_OBJ_CREATING = 0x032c, "Object is creating";
    SDB_OBJ_DROPPING = 0x032d, "Object is dropping";
    MND_DNODE_ALREADY_EXIST = 0x0330, "Dnode already exists";
    MND_DNODE_NOT_EXIST = 0x0331, "Dnode does not exist";
    MND_VGROUP_NOT_EXIST = 0x0332, "Vgroup does not exist";
    MND_CANT_DROP_LEADER = 0x0333, "Cannot drop mnode which is leader";
    MND_NO_ENOUGH_DNODES = 0x0334, "Out of dnodes";
    MND_INVALID_CLUSTER_CFG = 0x0335, "Cluster cfg inconsistent";
    MND_INVALID_CLUSTER_ID = 0x033b, "Cluster id not match";
    MND_USER_ALREADY_EXIST = 0x0350, "User already exists";
    MND_USER_NOT_EXIST = 0x0351, "Invalid user";
    MND_INVALID_USER_FORMAT = 0x0352, "Invalid user format";
    MND_INVALID_PASS_FORMAT = 0x0353, "Invalid password format";
    MND_AUTH_FAILURE = 0x0357, "Authentication failure";
    MND_STB_ALREADY_EXIST = 0x0360, "STable already exists";
    MND_STB_NOT_EXIST = 0x0362, "STable not exist";
    MND_TAG_ALREADY_EXIST = 0x0369, "Tag already exists";
    MND_TAG_NOT_EXIST = 0x036a, "Tag does not exist";
    MND_COLUMN_ALREADY_EXIST = 0x036b, "Column already exists";
    MND_COLUMN_NOT_EXIST = 0x036c, "Column does not exist";
    MND_DB_NOT_SELECTED = 0x0380, "Database not specified or available";
    MND_DB_ALREADY_EXIST = 0x0381, "Database already exists";
    MND_INVALID_DB_OPTION = 0x0382, "Invalid database options";
    MND_INVALID_DB = 0x0383, "Invalid database name";
    MND_DB_IN_DROPPING = 0x0386, "Database in dropping status";
    MND_DB_NOT_EXIST = 0x0388, "Database not exist";
    MND_DB_OPTION_UNCHANGED = 0x038a, "Database options not changed";
    MND_DB_IN_CREATING = 0x0396, "Database in creating status";
    MND_INVALID_SYS_TABLENAME = 0x039a, "Invalid system table name";
    MND_MNODE_ALREADY_EXIST = 0x03a0, "Mnode already exists";
    MND_MNODE_NOT_EXIST = 0x03a1, "Mnode not there";
    MND_QNODE_ALREADY_EXIST = 0x03a2, "Qnode already exists";
    MND_QNODE_NOT_EXIST = 0x03a3, "Qnode not there";
    MND_SNODE_ALREADY_EXIST = 0x03a4, "Snode already exists";
    MND_SNODE_NOT_EXIST = 0x03a5, "Snode not there";
    MND_TOO_FEW_MNODES = 0x03a8, "The replica of mnode cannot less than 1";
    MND_TOO_MANY_MNODES = 0x03a9, "The replica of mnode cannot exceed 3";
    MND_INVALID_DNODE_EP = 0x03b3, "Invalid dnode end point";
    MND_VGROUP_UN_CHANGED = 0x03b5, "Vgroup distribution has not changed";
    MND_HAS_OFFLINE_DNODE = 0x03b6, "Offline dnode exists";
    MND_DNODE_IN_CREATING = 0x03b8, "Dnode in creating status";
    MND_DNODE_IN_DROPPING = 0x03b9, "Dnode in dropping status";
    MND_NO_ENOUGH_VNODES = 0x03ba, "Vnodes exhausted";
    MND_TRANS_NOT_EXIST = 0x03d1, "Transaction not exists";
    MND_TRANS_INVALID_STAGE = 0x03d2, "Invalid stage to kill";
    MND_TRANS_CONFLICT = 0x03d3, "Conflict transaction not completed";
    DNODE_OFFLINE = 0x0408, "Dnode is offline";
    MNODE_NOT_FOUND = 0x040a, "Mnode not found";
    DNODE_ONLY_USE_WHEN_OFFLINE = 0x0416, "Please use this command when the dnode is offline";
    VND_INVALID_VGROUP_ID = 0x0503, "Vnode is closed or removed";
    VND_STOPPED = 0x0529, "Vnode stopped";
    VND_META_DATA_UNSAFE_DELETE = 0x0535, "Single replica vnode data will lost permanently after this operation, if you make sure this, please use drop dnode <id> unsafe to execute";
    TDB_TABLE_ALREADY_EXIST = 0x0603, "Table already exists";
    TDB_TIMESTAMP_OUT_OF_RANGE = 0x060b, "Timestamp data out of range";
    TDB_TABLE_NOT_EXIST = 0x0618, "Table not exists";
    SYN_TIMEOUT = 0x0903, "Sync timeout";
    SYN_NOT_LEADER = 0x090c, "Sync leader is unreachable";
    SYN_PROPOSE_NOT_READY = 0x0911, "Sync not ready to propose";
    SYN_RESTORING = 0x0914, "Sync leader is restoring";
    PAR_SYNTAX_ERROR = 0x2600, "syntax error near";
    PAR_INCOMPLETE_SQL = 0x2601, "Incomplete SQL statement";
    PAR_INVALID_COLUMN = 0x2602, "Invalid column name";
    PAR_TABLE_NOT_EXIST = 0x2603, "Table does not exist";
    PAR_WRONG_VALUE_TYPE = 0x2605, "Invalid value type";
    PAR_GROUPBY_LACK_EXPRESSION = 0x260a, "Not a GROUP BY expression";
    PAR_NOT_SINGLE_GROUP = 0x260c, "Not a single-group group function";
    PAR_TAGS_NOT_MATCHED = 0x260d, "Tags number not matched";
    PAR_INVALID_TAG_NAME = 0x260e, "Invalid tag name";
    PAR_PASSWD_EMPTY = 0x2611, "Password can not be empty";
    PAR_INVALID_PORT = 0x2612, "Port should be an integer that is less than 65535 and greater than 0";
    PAR_INVALID_ENDPOINT = 0x2613, "Endpoint should be in the format of 'fqdn:port'";
    PAR_DB_NOT_SPECIFIED = 0x2616, "Database not specified";
    PAR_INVALID_IDENTIFIER_NAME = 0x2617, "Invalid identifier name";
    PAR_INVALID_DB_OPTION = 0x2619, "Invalid database option";
    PAR_OFFSET_LESS_ZERO = 0x2637, "soffset/offset can not be less than 0";
    PAR_DUPLICATED_COLUMN = 0x263c, "Duplicated column names";
    PAR_INVALID_COLUMNS_NUM = 0x263f, "Illegal number of columns";
    PAR_INVALID_FIRST_COLUMN = 0x2641, "First column must be timestamp";
    PAR_INVALID_VAR_COLUMN_LEN = 0x2642, "Invalid varbinary/binary/nchar column/tag length";
    PAR_INVALID_ALTER_TABLE = 0x2649, "Invalid alter table statement";
    PAR_CANNOT_DROP_PRIMARY_KEY = 0x264a, "Primary timestamp column cannot be dropped";
    PAR_INVALID_MODIFY_COL = 0x264b, "Only varbinary/binary/nchar/geometry column length could be modified, and the length can only be increased, not decreased";
    PAR_INVALID_FUNCTION_NAME = 0x264d, "Invalid function name";
    PAR_INVALID_DROP_COL = 0x2651, "No columns can be dropped";
    PAR_VALUE_TOO_LONG = 0x2653, "Value too long for column/tag";
    PAR_INVALID_REDISTRIBUTE_VG = 0x2656, "The REDISTRIBUTE VGROUP statement only support 1 to 3 dnodes";
    PAR_GET_META_ERROR = 0x2662, "Fail to get table info";
    FUNC_FUNTION_PARA_NUM = 0x2801, "Invalid function para number";
    FUNC_FUNTION_PARA_TYPE = 0x2802, "Invalid function para type";
    FUNC_NOT_BUILTIN_FUNTION = 0x2804, "Not buildin function";
}
