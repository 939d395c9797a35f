use super::v3::RESERVED as V3;
use crate::Dialect;

/// Words that are no names unless quoted (those of 2.1.1.0's grammar without its fallbacks).
const V2: &[&str] = &[
    "account",
    "accounts",
    "add",
    "alter",
    "and",
    "as",
    "between",
    "blocks",
    "by",
    "cache",
    "cachelast",
    "change",
    "column",
    "comp",
    "connection",
    "connections",
    "conns",
    "create",
    "ctime",
    "databases",
    "days",
    "dbs",
    "describe",
    "distinct",
    "dnode",
    "dnodes",
    "drop",
    "exists",
    "fill",
    "from",
    "fsync",
    "grants",
    "group",
    "having",
    "if",
    "in",
    "interval",
    "is",
    "isnull",
    "keep",
    "kill",
    "limit",
    "local",
    "maxrows",
    "minrows",
    "mnodes",
    "modules",
    "not",
    "notnull",
    "or",
    "order",
    "partitions",
    "pass",
    "pps",
    "precision",
    "privilege",
    "qtime",
    "queries",
    "query",
    "quorum",
    "replica",
    "reset",
    "scores",
    "select",
    "session",
    "set",
    "show",
    "sliding",
    "slimit",
    "soffset",
    "stables",
    "state",
    "storage",
    "stream",
    "streams",
    "syncdb",
    "table",
    "tables",
    "tag",
    "tags",
    "topic",
    "topics",
    "tseries",
    "union",
    "unsigned",
    "update",
    "use",
    "user",
    "users",
    "using",
    "variables",
    "vgroups",
    "vnodes",
    "wal",
    "where",
];

/// True if a word is no name of its own.
pub(super) fn is_reserved(dialect: Dialect, word: &str) -> bool {
    // The lists are in order.
    dialect.either(|| V2, || V3).binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_in_order() {
        assert!(V2.is_sorted() && V3.is_sorted());
        assert!(is_reserved(Dialect::V2, "SELECT") && !is_reserved(Dialect::V2, "value"));
    }
}
