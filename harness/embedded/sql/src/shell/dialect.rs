use crate::Dialect;

/// The texts of one generation's shell. `{}` is where a value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellDialect {
    /// Whose SQL it sends, and how its tables look.
    pub dialect: Dialect,
    /// What is printed first; `{}` is the version.
    pub banner: &'static str,
    /// The prompt.
    pub prompt: &'static str,
    /// The prompt of a statement's further lines.
    pub more_prompt: &'static str,
    /// When no connection can be made; `{}` is the reason. On standard output.
    pub connect_failed: &'static str,
    /// The exit code after that.
    pub connect_failed_exit: u8,
    /// When a statement fails; `{}` are its text and the seconds. On standard error.
    pub error: &'static str,
    /// After a table; `{}` are the rows and the seconds.
    pub rows: &'static str,
    /// After anything else; `{}` are the rows and the seconds. Every `{}` before the last is the number of rows. In 3.x
    /// its first word is what was done: `Create`, `Insert` and so on.
    pub affected: &'static str,
    /// After `use x;`.
    pub database_changed: &'static str,
    /// Whether an unsigned number is printed in CSV files (2.1.1.0 forgot it).
    pub csv_unsigned: bool,
    /// What is printed after an interactive shell has connected; `{}` is the version.
    pub greeting: &'static str,
    /// What `--version` prints; `{}` is the version.
    pub version: &'static str,
    /// What `--help` prints.
    pub help: &'static str,
}

/// 2.1.1.0, as recorded.
pub const V2_1: ShellDialect = ShellDialect {
    dialect: Dialect::V2,
    banner: "\nWelcome to the TDengine shell from Linux, Client Version:{}\n\
             Copyright (c) 2020 by TAOS Data, Inc. All rights reserved.\n\n",
    prompt: "taos> ",
    more_prompt: "   -> ",
    connect_failed: "taos connect failed, reason: {}.\n\n",
    connect_failed_exit: 1,
    error: "\nDB error: {} ({}s)\n",
    rows: "Query OK, {} row(s) in set ({}s)\n\n",
    affected: "Query OK, {} of {} row(s) in database ({}s)\n\n",
    database_changed: "Database changed.\n\n",
    csv_unsigned: false,
    greeting: "",
    version: "version: {}\n\n",
    help: include_str!("help-2.1.txt"),
};

/// 2.6.0.65, as recorded.
pub const V2_6: ShellDialect = ShellDialect {
    banner: "\nWelcome to the TDengine Command Line Interface from Linux, Client Version:{}\n\
             Copyright (c) 2022 by TAOS Data, Inc. All rights reserved.\n\n",
    affected: "Query OK, {} row(s) affected ({}s)\n\n",
    csv_unsigned: true,
    ..V2_1
};

/// 3.3.0.1, as recorded; what no recording has is from its sources.
pub const V3_3: ShellDialect = ShellDialect {
    dialect: Dialect::V3_3,
    banner: "Welcome to the TDengine Command Line Interface, Client Version:{}\r\n\
             Copyright (c) 2023 by TDengine, all rights reserved.\r\n\r\n",
    prompt: "taos> ",
    more_prompt: "   -> ",
    connect_failed: "failed to connect to server, reason: {}\r\n",
    connect_failed_exit: 255,
    error: "\r\nDB error: {} ({}s)\r\n",
    rows: "Query OK, {} row(s) in set ({}s)\r\n\r\n",
    affected: "Query OK, {} row(s) affected ({}s)\r\n\r\n",
    database_changed: "Database changed.\r\n\r\n",
    csv_unsigned: true,
    greeting: "Server is TDengine Community Edition, ver:{} and will never expire.\r\n\r\n",
    version: "version: {}\r\n",
    help: include_str!("help-3.txt"),
};

/// 3.0.7.1, as recorded.
pub const V3_0: ShellDialect = ShellDialect {
    dialect: Dialect::V3_0,
    banner: "Welcome to the TDengine Command Line Interface, Client Version:{}\r\n\
             Copyright (c) 2022 by TDengine, all rights reserved.\r\n\r\n",
    greeting: "Server is Community Edition.\r\n\r\n",
    ..V3_3
};

/// Puts values into the `{}` of a text, from left to right.
pub(super) fn fill(template: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let mut pieces = template.split("{}");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push_str(values.next().copied().unwrap_or_default());
        text.push_str(piece);
    }
    text
}

impl ShellDialect {
    /// The shell of a version of 3.x.
    pub fn v3(version: &str) -> &'static Self {
        if Dialect::of(version) == Dialect::V3_0 { &V3_0 } else { &V3_3 }
    }

    /// The end of a line.
    pub(super) fn end(&self) -> &'static str {
        self.dialect.either(|| "\n", || "\r\n")
    }

    /// The line after an insert or DDL.
    pub(super) fn affected_line(&self, statement: &str, rows: u64, seconds: &str) -> String {
        let rows = rows.to_string();
        let places = self.affected.matches("{}").count();
        let mut values = vec![rows.as_str(); places.saturating_sub(1)];
        values.push(seconds);
        let line = fill(self.affected, &values);
        match self.deed(statement) {
            Some(deed) => line.replacen("Query", deed, 1),
            None => line,
        }
    }

    /// How 3.x calls what a statement did.
    fn deed(&self, statement: &str) -> Option<&'static str> {
        let start = statement.trim_start().to_ascii_lowercase();
        let deeds = [("create", "Create"), ("drop", "Drop"), ("insert", "Insert"), ("delete", "Delete")];
        deeds.into_iter().find(|(word, _)| self.dialect.is_v3() && start.starts_with(word)).map(|(_, deed)| deed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn footers_differ_by_generation() {
        assert_eq!(V2_1.affected_line("insert", 2, "0.000940"), "Query OK, 2 of 2 row(s) in database (0.000940s)\n\n");
        assert_eq!(V2_6.affected_line("create", 0, "0.000756"), "Query OK, 0 row(s) affected (0.000756s)\n\n");
        assert_eq!(fill(V2_1.error, &["DNode does not exist", "0.1"]), "\nDB error: DNode does not exist (0.1s)\n");
        let create = "create table t(ts timestamp, n int)";
        assert_eq!(V3_3.affected_line(create, 0, "0.1"), "Create OK, 0 row(s) affected (0.1s)\r\n\r\n");
        assert_eq!(V3_3.affected_line("alter", 0, "0.1"), "Query OK, 0 row(s) affected (0.1s)\r\n\r\n");
        assert_eq!(fill("{} {}", &["{}"]), "{} ");
    }
}
