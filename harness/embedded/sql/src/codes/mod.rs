//! Error codes and texts of 2.1.1.0, under the names of its public header `taoserror.h` without `TSDB_CODE_`.

use crate::SqlError;

macro_rules! codes {
    ($($name:ident = $code:literal, $text:literal;)+) => {
        $(
            #[doc = concat!("`", $text, "`")]
            pub const $name: i32 = $crate::codes::full($code);
        )+

        /// The text of a code; empty for a code that this version does not have.
        pub fn text(code: i32) -> &'static str {
            match code {
                $($name => $text,)+
                _ => "",
            }
        }
    };
}

pub mod v3;

/// The full code of the low 16 bits that REST tells: `0x80000000 | low`.
pub const fn full(low: u16) -> i32 {
    // The sign bit is the error flag.
    i32::MIN | low as i32
}

/// What the system says of a full disk: `TAOS_SYSTEM_ERROR(ENOSPC)`, in all versions.
pub fn no_space() -> SqlError {
    SqlError::new(i32::MIN | 0x00ff_001c, "No space left on device")
}

impl SqlError {
    /// The error of `code` with its standard text.
    pub fn of(code: i32) -> Self {
        Self::new(code, text(code))
    }
}

codes! {
    RPC_ACTION_IN_PROGRESS = 0x0001, "Action in progress";
    RPC_AUTH_REQUIRED = 0x0002, "Authentication required";
    RPC_AUTH_FAILURE = 0x0003, "Authentication failure";
    RPC_REDIRECT = 0x0004, "Redirect";
    RPC_NOT_READY = 0x0005, "System not ready";
    RPC_ALREADY_PROCESSED = 0x0006, "Message already processed";
    RPC_LAST_SESSION_NOT_FINISHED = 0x0007, "Last session not finished";
    RPC_MISMATCHED_LINK_ID = 0x0008, "Mismatched meter id";
    RPC_TOO_SLOW = 0x0009, "Processing of request timed out";
    RPC_MAX_SESSIONS = 0x000a, "Number of sessions reached limit";
    RPC_NETWORK_UNAVAIL = 0x000b, "Unable to establish connection";
    RPC_APP_ERROR = 0x000c, "Unexpected generic error in RPC";
    RPC_UNEXPECTED_RESPONSE = 0x000d, "Unexpected response";
    RPC_INVALID_VALUE = 0x000e, "Invalid value";
    RPC_INVALID_TRAN_ID = 0x000f, "Invalid transaction id";
    RPC_INVALID_SESSION_ID = 0x0010, "Invalid session id";
    RPC_INVALID_MSG_TYPE = 0x0011, "Invalid message type";
    RPC_INVALID_RESPONSE_TYPE = 0x0012, "Invalid response type";
    RPC_INVALID_TIME_STAMP = 0x0013, "Client and server's time is not synchronized";
    APP_NOT_READY = 0x0014, "Database not ready";
    RPC_FQDN_ERROR = 0x0015, "Unable to resolve FQDN";
    RPC_INVALID_VERSION = 0x0016, "Invalid app version";
    COM_OPS_NOT_SUPPORT = 0x0100, "Operation not supported";
    COM_MEMORY_CORRUPTED = 0x0101, "Memory corrupted";
    COM_OUT_OF_MEMORY = 0x0102, "Out of memory";
    COM_INVALID_CFG_MSG = 0x0103, "Invalid config message";
    COM_FILE_CORRUPTED = 0x0104, "Data file corrupted";
    TSC_INVALID_SQL = 0x0200, "Invalid SQL statement";
    TSC_INVALID_QHANDLE = 0x0201, "Invalid qhandle";
    TSC_INVALID_TIME_STAMP = 0x0202, "Invalid combination of client/service time";
    TSC_INVALID_VALUE = 0x0203, "Invalid value in client";
    TSC_INVALID_VERSION = 0x0204, "Invalid client version";
    TSC_INVALID_IE = 0x0205, "Invalid client ie";
    TSC_INVALID_FQDN = 0x0206, "Invalid host name";
    TSC_INVALID_USER_LENGTH = 0x0207, "Invalid user name";
    TSC_INVALID_PASS_LENGTH = 0x0208, "Invalid password";
    TSC_INVALID_DB_LENGTH = 0x0209, "Database name too long";
    TSC_INVALID_TABLE_ID_LENGTH = 0x020a, "Table name too long";
    TSC_INVALID_CONNECTION = 0x020b, "Invalid connection";
    TSC_OUT_OF_MEMORY = 0x020c, "System out of memory";
    TSC_NO_DISKSPACE = 0x020d, "System out of disk space";
    TSC_QUERY_CACHE_ERASED = 0x020e, "Query cache erased";
    TSC_QUERY_CANCELLED = 0x020f, "Query terminated";
    TSC_SORTED_RES_TOO_MANY = 0x0210, "Result set too large to be sorted";
    TSC_APP_ERROR = 0x0211, "Application error";
    TSC_ACTION_IN_PROGRESS = 0x0212, "Action in progress";
    TSC_DISCONNECTED = 0x0213, "Disconnected from service";
    TSC_NO_WRITE_AUTH = 0x0214, "No write permission";
    TSC_CONN_KILLED = 0x0215, "Connection killed";
    TSC_SQL_SYNTAX_ERROR = 0x0216, "Syntax error in SQL";
    TSC_DB_NOT_SELECTED = 0x0217, "Database not specified or available";
    TSC_INVALID_TABLE_NAME = 0x0218, "Table does not exist";
    TSC_EXCEED_SQL_LIMIT = 0x0219, "SQL statement too long, check maxSQLLength config";
    MND_MSG_NOT_PROCESSED = 0x0300, "Message not processed";
    MND_ACTION_IN_PROGRESS = 0x0301, "Message is progressing";
    MND_ACTION_NEED_REPROCESSED = 0x0302, "Messag need to be reprocessed";
    MND_NO_RIGHTS = 0x0303, "Insufficient privilege for operation";
    MND_APP_ERROR = 0x0304, "Unexpected generic error in mnode";
    MND_INVALID_CONNECTION = 0x0305, "Invalid message connection";
    MND_INVALID_MSG_VERSION = 0x0306, "Incompatible protocol version";
    MND_INVALID_MSG_LEN = 0x0307, "Invalid message length";
    MND_INVALID_MSG_TYPE = 0x0308, "Invalid message type";
    MND_TOO_MANY_SHELL_CONNS = 0x0309, "Too many connections";
    MND_OUT_OF_MEMORY = 0x030a, "Out of memory in mnode";
    MND_INVALID_SHOWOBJ = 0x030b, "Data expired";
    MND_INVALID_QUERY_ID = 0x030c, "Invalid query id";
    MND_INVALID_STREAM_ID = 0x030d, "Invalid stream id";
    MND_INVALID_CONN_ID = 0x030e, "Invalid connection id";
    MND_MNODE_IS_RUNNING = 0x0310, "mnode is alreay running";
    MND_FAILED_TO_CONFIG_SYNC = 0x0311, "failed to config sync";
    MND_FAILED_TO_START_SYNC = 0x0312, "failed to start sync";
    MND_FAILED_TO_CREATE_DIR = 0x0313, "failed to create mnode dir";
    MND_FAILED_TO_INIT_STEP = 0x0314, "failed to init components";
    MND_SDB_OBJ_ALREADY_THERE = 0x0320, "Object already there";
    MND_SDB_ERROR = 0x0321, "Unexpected generic error in sdb";
    MND_SDB_INVALID_TABLE_TYPE = 0x0322, "Invalid table type";
    MND_SDB_OBJ_NOT_THERE = 0x0323, "Object not there";
    MND_SDB_INVAID_META_ROW = 0x0324, "Invalid meta row";
    MND_SDB_INVAID_KEY_TYPE = 0x0325, "Invalid key type";
    MND_DNODE_ALREADY_EXIST = 0x0330, "DNode already exists";
    MND_DNODE_NOT_EXIST = 0x0331, "DNode does not exist";
    MND_VGROUP_NOT_EXIST = 0x0332, "VGroup does not exist";
    MND_NO_REMOVE_MASTER = 0x0333, "Master DNode cannot be removed";
    MND_NO_ENOUGH_DNODES = 0x0334, "Out of DNodes";
    MND_CLUSTER_CFG_INCONSISTENT = 0x0335, "Cluster cfg inconsistent";
    MND_INVALID_DNODE_CFG_OPTION = 0x0336, "Invalid dnode cfg option";
    MND_BALANCE_ENABLED = 0x0337, "Balance already enabled";
    MND_VGROUP_NOT_IN_DNODE = 0x0338, "Vgroup not in dnode";
    MND_VGROUP_ALREADY_IN_DNODE = 0x0339, "Vgroup already in dnode";
    MND_DNODE_NOT_FREE = 0x033a, "Dnode not avaliable";
    MND_INVALID_CLUSTER_ID = 0x033b, "Cluster id not match";
    MND_NOT_READY = 0x033c, "Cluster not ready";
    MND_DNODE_ID_NOT_CONFIGURED = 0x033d, "Dnode Id not configured";
    MND_DNODE_EP_NOT_CONFIGURED = 0x033e, "Dnode Ep not configured";
    MND_ACCT_ALREADY_EXIST = 0x0340, "Account already exists";
    MND_INVALID_ACCT = 0x0341, "Invalid account";
    MND_INVALID_ACCT_OPTION = 0x0342, "Invalid account options";
    MND_ACCT_EXPIRED = 0x0343, "Account authorization has expired";
    MND_USER_ALREADY_EXIST = 0x0350, "User already exists";
    MND_INVALID_USER = 0x0351, "Invalid user";
    MND_INVALID_USER_FORMAT = 0x0352, "Invalid user format";
    MND_INVALID_PASS_FORMAT = 0x0353, "Invalid password format";
    MND_NO_USER_FROM_CONN = 0x0354, "Can not get user from conn";
    MND_TOO_MANY_USERS = 0x0355, "Too many users";
    MND_TABLE_ALREADY_EXIST = 0x0360, "Table already exists";
    MND_INVALID_TABLE_ID = 0x0361, "Table name too long";
    MND_INVALID_TABLE_NAME = 0x0362, "Table does not exist";
    MND_INVALID_TABLE_TYPE = 0x0363, "Invalid table type in tsdb";
    MND_TOO_MANY_TAGS = 0x0364, "Too many tags";
    MND_TOO_MANY_COLUMNS = 0x0365, "Too many columns";
    MND_TOO_MANY_TIMESERIES = 0x0366, "Too many time series";
    MND_NOT_SUPER_TABLE = 0x0367, "Not super table";
    MND_COL_NAME_TOO_LONG = 0x0368, "Tag name too long";
    MND_TAG_ALREAY_EXIST = 0x0369, "Tag already exists";
    MND_TAG_NOT_EXIST = 0x036a, "Tag does not exist";
    MND_FIELD_ALREAY_EXIST = 0x036b, "Field already exists";
    MND_FIELD_NOT_EXIST = 0x036c, "Field does not exist";
    MND_INVALID_STABLE_NAME = 0x036d, "Super table does not exist";
    MND_INVALID_CREATE_TABLE_MSG = 0x036e, "Invalid create table message";
    MND_DB_NOT_SELECTED = 0x0380, "Database not specified or available";
    MND_DB_ALREADY_EXIST = 0x0381, "Database already exists";
    MND_INVALID_DB_OPTION = 0x0382, "Invalid database options";
    MND_INVALID_DB = 0x0383, "Invalid database name";
    MND_MONITOR_DB_FORBIDDEN = 0x0384, "Cannot delete monitor database";
    MND_TOO_MANY_DATABASES = 0x0385, "Too many databases for account";
    MND_DB_IN_DROPPING = 0x0386, "Database not available";
    MND_VGROUP_NOT_READY = 0x0387, "Database unsynced";
    MND_INVALID_DB_OPTION_DAYS = 0x0390, "Invalid database option: days out of range";
    MND_INVALID_DB_OPTION_KEEP = 0x0391, "Invalid database option: keep >= keep1 >= keep0 >= days";
    MND_INVALID_TOPIC = 0x0392, "Invalid topic name";
    MND_INVALID_TOPIC_OPTION = 0x0393, "Invalid topic option";
    MND_INVALID_TOPIC_PARTITONS = 0x0394, "Invalid topic partitons num, valid range: [1, 1000]";
    MND_TOPIC_ALREADY_EXIST = 0x0395, "Topic already exists";
    DND_MSG_NOT_PROCESSED = 0x0400, "Message not processed";
    DND_OUT_OF_MEMORY = 0x0401, "Dnode out of memory";
    DND_NO_WRITE_ACCESS = 0x0402, "No permission for disk files in dnode";
    DND_INVALID_MSG_LEN = 0x0403, "Invalid message length";
    DND_ACTION_IN_PROGRESS = 0x0404, "Action in progress";
    DND_TOO_MANY_VNODES = 0x0405, "Too many vnode directories";
    VND_ACTION_IN_PROGRESS = 0x0500, "Action in progress";
    VND_MSG_NOT_PROCESSED = 0x0501, "Message not processed";
    VND_ACTION_NEED_REPROCESSED = 0x0502, "Action need to be reprocessed";
    VND_INVALID_VGROUP_ID = 0x0503, "Invalid Vgroup ID";
    VND_INIT_FAILED = 0x0504, "Vnode initialization failed";
    VND_NO_DISKSPACE = 0x0505, "System out of disk space";
    VND_NO_DISK_PERMISSIONS = 0x0506, "No write permission for disk files";
    VND_NO_SUCH_FILE_OR_DIR = 0x0507, "Missing data file";
    VND_OUT_OF_MEMORY = 0x0508, "Out of memory";
    VND_APP_ERROR = 0x0509, "Unexpected generic error in vnode";
    VND_INVALID_VRESION_FILE = 0x050a, "Invalid version file";
    VND_IS_FULL = 0x050b, "Database memory is full for commit failed";
    VND_IS_FLOWCTRL = 0x050c, "Database memory is full for waiting commit";
    VND_IS_DROPPING = 0x050d, "Database is dropping";
    VND_IS_BALANCING = 0x050e, "Database is balancing";
    VND_NOT_SYNCED = 0x0511, "Database suspended";
    VND_NO_WRITE_AUTH = 0x0512, "Database write operation denied";
    VND_IS_SYNCING = 0x0513, "Database is syncing";
    VND_INVALID_TSDB_STATE = 0x0514, "Invalid tsdb state";
    TDB_INVALID_TABLE_ID = 0x0600, "Invalid table ID";
    TDB_INVALID_TABLE_TYPE = 0x0601, "Invalid table type";
    TDB_IVD_TB_SCHEMA_VERSION = 0x0602, "Invalid table schema version";
    TDB_TABLE_ALREADY_EXIST = 0x0603, "Table already exists";
    TDB_INVALID_CONFIG = 0x0604, "Invalid configuration";
    TDB_INIT_FAILED = 0x0605, "Tsdb init failed";
    TDB_NO_DISKSPACE = 0x0606, "No diskspace for tsdb";
    TDB_NO_DISK_PERMISSIONS = 0x0607, "No permission for disk files";
    TDB_FILE_CORRUPTED = 0x0608, "Data file(s) corrupted";
    TDB_OUT_OF_MEMORY = 0x0609, "Out of memory";
    TDB_TAG_VER_OUT_OF_DATE = 0x060a, "Tag too old";
    TDB_TIMESTAMP_OUT_OF_RANGE = 0x060b, "Timestamp data out of range";
    TDB_SUBMIT_MSG_MSSED_UP = 0x060c, "Submit message is messed up";
    TDB_INVALID_ACTION = 0x060d, "Invalid operation";
    TDB_INVALID_CREATE_TB_MSG = 0x060e, "Invalid creation of table";
    TDB_NO_TABLE_DATA_IN_MEM = 0x060f, "No table data in memory skiplist";
    TDB_FILE_ALREADY_EXISTS = 0x0610, "File already exists";
    TDB_TABLE_RECONFIGURE = 0x0611, "Need to reconfigure table";
    TDB_IVD_CREATE_TABLE_INFO = 0x0612, "Invalid information to create table";
    TDB_NO_AVAIL_DISK = 0x0613, "No available disk";
    TDB_MESSED_MSG = 0x0614, "TSDB messed message";
    TDB_IVLD_TAG_VAL = 0x0615, "TSDB invalid tag value";
    QRY_INVALID_QHANDLE = 0x0700, "Invalid handle";
    QRY_INVALID_MSG = 0x0701, "Invalid message";
    QRY_NO_DISKSPACE = 0x0702, "No diskspace for query";
    QRY_OUT_OF_MEMORY = 0x0703, "System out of memory";
    QRY_APP_ERROR = 0x0704, "Unexpected generic error in query";
    QRY_DUP_JOIN_KEY = 0x0705, "Duplicated join key";
    QRY_EXCEED_TAGS_LIMIT = 0x0706, "Tag conditon too many";
    QRY_NOT_READY = 0x0707, "Query not ready";
    QRY_HAS_RSP = 0x0708, "Query should response";
    QRY_IN_EXEC = 0x0709, "Multiple retrieval of this query";
    QRY_TOO_MANY_TIMEWINDOW = 0x070a, "Too many time window in query";
    QRY_NOT_ENOUGH_BUFFER = 0x070b, "Query buffer limit has reached";
    QRY_INCONSISTAN = 0x070c, "File inconsistance in replica";
    HTTP_SERVER_OFFLINE = 0x1100, "http server is not onlin";
    HTTP_UNSUPPORT_URL = 0x1101, "url is not support";
    HTTP_INVALID_URL = 0x1102, "invalid url format";
    HTTP_NO_ENOUGH_MEMORY = 0x1103, "no enough memory";
    HTTP_REQUSET_TOO_BIG = 0x1104, "request size is too big";
    HTTP_NO_AUTH_INFO = 0x1105, "no auth info input";
    HTTP_NO_MSG_INPUT = 0x1106, "request is empty";
    HTTP_NO_SQL_INPUT = 0x1107, "no sql input";
    HTTP_NO_EXEC_USEDB = 0x1108, "no need to execute use db cmd";
    HTTP_SESSION_FULL = 0x1109, "session list was full";
    HTTP_GEN_TAOSD_TOKEN_ERR = 0x110a, "generate taosd token error";
    HTTP_INVALID_MULTI_REQUEST = 0x110b, "size of multi request is 0";
    HTTP_CREATE_GZIP_FAILED = 0x110c, "failed to create gzip";
    HTTP_FINISH_GZIP_FAILED = 0x110d, "failed to finish gzip";
    HTTP_LOGIN_FAILED = 0x110e, "failed to login";
    HTTP_INVALID_VERSION = 0x1120, "invalid http version";
    HTTP_INVALID_CONTENT_LENGTH = 0x1121, "invalid content length";
    HTTP_INVALID_AUTH_TYPE = 0x1122, "invalid type of Authorization";
    HTTP_INVALID_AUTH_FORMAT = 0x1123, "invalid format of Authorization";
    HTTP_INVALID_BASIC_AUTH = 0x1124, "invalid basic Authorization";
    HTTP_INVALID_TAOSD_AUTH = 0x1125, "invalid taosd Authorization";
}
