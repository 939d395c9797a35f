/// The texts of one generation's shell. `{}` is where a value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellDialect {
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
    /// After anything else; `{}` are the rows and the seconds. Every `{}` before the last is the number of rows.
    pub affected: &'static str,
    /// After `use x;`.
    pub database_changed: &'static str,
    /// Whether an unsigned number is printed in CSV files (2.1.1.0 forgot it).
    pub csv_unsigned: bool,
    /// What `--help` prints.
    pub help: &'static str,
}

/// 2.1.1.0, as recorded.
pub const V2_1: ShellDialect = ShellDialect {
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
    /// The line after an insert or DDL.
    pub(super) fn affected_line(&self, rows: u64, seconds: &str) -> String {
        let rows = rows.to_string();
        let places = self.affected.matches("{}").count();
        let mut values = vec![rows.as_str(); places.saturating_sub(1)];
        values.push(seconds);
        fill(self.affected, &values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn footers_differ_by_generation() {
        assert_eq!(V2_1.affected_line(2, "0.000940"), "Query OK, 2 of 2 row(s) in database (0.000940s)\n\n");
        assert_eq!(V2_6.affected_line(0, "0.000756"), "Query OK, 0 row(s) affected (0.000756s)\n\n");
        assert_eq!(fill(V2_1.error, &["DNode does not exist", "0.1"]), "\nDB error: DNode does not exist (0.1s)\n");
        assert_eq!(fill("{} {}", &["{}"]), "{} ");
    }
}
