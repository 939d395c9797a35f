/// What kind of answer a statement gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Changes the database of the session.
    Use,
    /// Answers with a table.
    Rows,
    /// Writes or deletes rows.
    Write,
    /// Anything else: create, drop, alter.
    Definition,
    /// Handled by the shell alone, which prints nothing.
    Silent,
}

/// The kind of a statement, by its first word.
pub fn kind(sql: &str) -> Kind {
    let sql = sql.trim_start();
    let word = sql.split(|char: char| !char.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_lowercase();
    match word.as_str() {
        "use" => Kind::Use,
        "select" | "show" | "describe" | "desc" | "explain" | "with" => Kind::Rows,
        "insert" | "import" | "delete" => Kind::Write,
        "set" if sql.to_ascii_lowercase().contains("max_binary_display_width") => Kind::Silent,
        _ => Kind::Definition,
    }
}

/// The database that a `use` statement names, in lower case unless it is quoted.
pub fn used_database(sql: &str) -> Option<String> {
    let mut words = sql.trim().trim_end_matches(';').split_whitespace();
    let (first, name) = (words.next()?, words.next()?);
    if !first.eq_ignore_ascii_case("use") || words.next().is_some() {
        return None;
    }
    match name.strip_prefix('`').and_then(|name| name.strip_suffix('`')) {
        Some(quoted) => Some(quoted.to_owned()),
        None => Some(name.to_ascii_lowercase()),
    }
}

/// The statements of a line of several, as the shell splits them: at each `;` outside of quotes, without it. Empty
/// ones are left out.
pub fn split(sql: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let (mut start, mut quote, mut escaped) = (0, None, false);
    for (at, char) in sql.char_indices() {
        match (escaped, quote, char) {
            (true, ..) => escaped = false,
            (_, _, '\\') => escaped = sql[at + 1..].starts_with(['\'', '"', '`']),
            (_, Some(open), _) if open == char => quote = None,
            (_, None, '\'' | '"' | '`') => quote = Some(char),
            (_, None, ';') => {
                statements.push(&sql[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    statements.push(&sql[start..]);
    statements.into_iter().map(str::trim).filter(|statement| !statement.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("show dnodes; show mnodes;", &["show dnodes", "show mnodes"])]
    #[case("insert into t values(now, 'a;b'); use x", &["insert into t values(now, 'a;b')", "use x"])]
    #[case("select \"it\\\";\"; b", &["select \"it\\\";\"", "b"])]
    #[case(";; ;", &[])]
    #[case("unclosed 'a; b", &["unclosed 'a; b"])]
    #[case("show dnodes\\G; b", &["show dnodes\\G", "b"])]
    fn splits_as_the_shell_does(#[case] sql: &str, #[case] statements: &[&str]) {
        assert_eq!(split(sql), statements);
    }

    #[rstest]
    #[case(" Use test", Kind::Use)]
    #[case("SHOW dnodes\\G", Kind::Rows)]
    #[case("insert into t values(now,1)", Kind::Write)]
    #[case("create dnode 'x:6030'", Kind::Definition)]
    #[case("set max_binary_display_width 60", Kind::Silent)]
    #[case("bogus", Kind::Definition)]
    #[case("", Kind::Definition)]
    fn kinds(#[case] sql: &str, #[case] expected: Kind) {
        assert_eq!(kind(sql), expected);
    }

    #[rstest]
    #[case("use Test;", Some("test"))]
    #[case("USE `Test`", Some("Test"))]
    #[case("use", None)]
    #[case("use a b", None)]
    #[case("user x", None)]
    fn names_the_database(#[case] sql: &str, #[case] expected: Option<&str>) {
        assert_eq!(used_database(sql).as_deref(), expected);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_but_separators(sql: String) {
            let kept: usize = split(&sql).iter().map(|part| part.len()).sum();
            prop_assert!(kept <= sql.len());
            let _ = (kind(&sql), used_database(&sql));
        }
    }
}
