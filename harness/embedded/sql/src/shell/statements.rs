use crate::Dialect;

/// The statements of a line, each with its `;`. The shell of 2.1.1.0 resolves escapes first, and a quote of one kind
/// ends inside a quote of the other; that of 3.x does neither.
pub(super) fn statements(dialect: Dialect, line: &str) -> Vec<String> {
    if dialect.is_v3() {
        let pieces = crate::split::pieces(line, true).map(str::to_owned);
        return pieces.filter(|statement| !is_empty(statement)).collect();
    }
    let mut found = Vec::new();
    let mut current = String::new();
    let mut quote = None;
    let mut escaped = false;
    for c in line.chars() {
        if escaped {
            escaped = false;
            match c {
                'n' => current.push('\n'),
                'r' => current.push('\r'),
                't' => current.push('\t'),
                'G' => current.push_str("\\G"),
                '\'' | '"' if quote.is_some() => current.extend(['\\', c]),
                _ => current.push(c),
            }
            continue;
        }
        match c {
            '\\' => {
                escaped = true;
                continue;
            }
            _ if quote == Some(c) => quote = None,
            '\'' | '"' => quote = Some(c),
            _ => {}
        }
        current.push(c);
        if c == ';' && quote.is_none() {
            found.push(std::mem::take(&mut current));
        }
    }
    found.push(current);
    found.retain(|statement| !is_empty(statement));
    found
}

/// True for blanks and `;` alone.
pub(super) fn is_empty(statement: &str) -> bool {
    statement.chars().all(|c| matches!(c, ' ' | '\t' | ';'))
}

/// What the shell does with a statement by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// `quit`, `exit`, `q`
    Quit,
    /// `clear`
    Clear,
    /// `set max_binary_display_width n`
    TextWidth(usize),
    /// `source file`
    Source(String),
}

/// The statement as one of the shell's own.
pub(super) fn own(dialect: Dialect, statement: &str) -> Option<Own> {
    let body = statement.trim_end_matches([' ', '\t', ';']).trim_start_matches([' ', '\t']);
    let words: Vec<_> = body.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    let first = words.first()?.to_ascii_lowercase();
    match (first.as_str(), words.as_slice()) {
        ("quit" | "exit" | "q", [_]) => Some(Own::Quit),
        ("clear", [_]) => Some(Own::Clear),
        ("set", [_, name, width]) if name.eq_ignore_ascii_case("max_binary_display_width") => {
            if width.eq_ignore_ascii_case("default") {
                // With the `;` attached the shell of 2.x does not know the word, and makes it 0.
                let attached = !dialect.is_v3() && statement.trim_end_matches([' ', '\t']).ends_with("default;");
                return Some(Own::TextWidth(if attached { 0 } else { 30 }));
            }
            let number = !width.starts_with('0') && width.bytes().all(|byte| byte.is_ascii_digit());
            if number { Some(Own::TextWidth(width.parse().unwrap_or(65_536))) } else { None }
        }
        ("source", [_, file]) => Some(Own::Source((*file).to_owned())),
        _ => None,
    }
}

/// True for `use x;`, which the shell answers in its own words.
pub(super) fn is_use(statement: &str) -> bool {
    let Some(body) = statement.trim().strip_suffix(';') else { return false };
    let mut words = body.split_whitespace();
    let keyword = words.next().is_some_and(|word| word.eq_ignore_ascii_case("use"));
    let name = words.next().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    keyword && name && words.next().is_none()
}

/// A statement for the server, and how its answer is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redirected {
    pub(super) sql: String,
    pub(super) file: Option<String>,
    pub(super) vertical: bool,
}

/// Takes `>> file` and `\G` off a statement.
pub(super) fn redirected(dialect: Dialect, statement: &str) -> Redirected {
    let mut sql = statement;
    let mut file = None;
    if let Some(at) = sql.find(">>") {
        let end = sql.find(';').unwrap_or(sql.len());
        let name = sql.get(at + 2..end).unwrap_or_default();
        file = Some(name.split_whitespace().next().unwrap_or_default().trim_matches(['\'', '"']).to_owned());
        sql = &sql[..at.min(end)];
    }
    let mut vertical = false;
    // 3.x looks for it at the end alone.
    let end = sql.trim_end_matches(';').len();
    let vertical_at = if dialect.is_v3() {
        sql.get(..end).and_then(|sql| sql.strip_suffix("\\G")).map(str::len)
    } else {
        sql.find("\\G")
    };
    if let Some(at) = vertical_at {
        sql = &sql[..at.min(sql.find(';').unwrap_or(at))];
        vertical = true;
    }
    Redirected { sql: sql.to_owned(), file, vertical }
}

/// True if what was typed is complete: it ends with `;`, is blank, or is one of the shell's own words.
pub(super) fn is_complete(typed: &str) -> bool {
    let body = typed.trim();
    let own_word = ["exit", "q", "quit", "clear"].iter().any(|word| body.eq_ignore_ascii_case(word));
    body.is_empty() || body.ends_with(';') || own_word
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::Dialect::V2;

    #[test]
    fn statements_keep_their_semicolons() {
        assert_eq!(statements(V2, "use d1; show dnodes"), ["use d1;", " show dnodes"]);
        assert_eq!(statements(V2, "insert into t values('a;b');;"), ["insert into t values('a;b');"]);
        assert_eq!(statements(V2, r"show dnodes\G; \q"), [r"show dnodes\G;", " q"]);
    }

    #[rstest]
    #[case(" QUIT ;", Some(Own::Quit))]
    #[case("set max_binary_display_width 60;", Some(Own::TextWidth(60)))]
    #[case("set max_binary_display_width default;", Some(Own::TextWidth(0)))]
    #[case("set max_binary_display_width default", Some(Own::TextWidth(30)))]
    #[case("set max_binary_display_width 0", None)]
    #[case("source /tmp/x.sql;", Some(Own::Source("/tmp/x.sql".into())))]
    #[case("select 1", None)]
    fn own_statements(#[case] statement: &str, #[case] what: Option<Own>) {
        assert_eq!(own(V2, statement), what);
    }

    #[rstest]
    #[case("use d1;", true)]
    #[case(" USE d1 ; ", true)]
    #[case("use d1", false)]
    #[case("use 'd1';", false)]
    fn use_is_known(#[case] statement: &str, #[case] known: bool) {
        assert_eq!(is_use(statement), known);
    }

    #[test]
    fn redirections_are_taken_off() {
        let plain = redirected(V2, "select * from t >> /tmp/o.csv;");
        assert_eq!((plain.sql.as_str(), plain.file.as_deref()), ("select * from t ", Some("/tmp/o.csv")));
        let vertical = redirected(V2, "show dnodes\\G;");
        assert_eq!((vertical.sql.as_str(), vertical.vertical), ("show dnodes", true));
    }

    #[test]
    fn the_shell_of_3x_leaves_escapes_alone() {
        let v3 = Dialect::V3_3;
        assert_eq!(statements(v3, r"select 'a\nb'; show `x;y`.tables;"), [r"select 'a\nb';", " show `x;y`.tables;"]);
        assert!(redirected(v3, "show dnodes\\G;").vertical);
        assert!(!redirected(v3, "select '\\G' from t").vertical);
    }

    proptest! {
        #[test]
        fn any_text_is_safe(text in any::<String>()) {
            for dialect in [V2, Dialect::V3_3] {
                for statement in statements(dialect, &text) {
                    let _ = (own(dialect, &statement), is_use(&statement), redirected(dialect, &statement));
                }
            }
            let _ = is_complete(&text);
        }
    }
}
