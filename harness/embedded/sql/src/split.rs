/// Cuts a line of statements at each `;` outside quotes, as the shell does: a backslash before a quote keeps it from
/// opening or closing. The pieces do not contain the `;`; blank pieces are left out.
pub fn split(sql: &str) -> Vec<&str> {
    pieces(sql, false).map(|piece| piece.trim_end_matches(';')).filter(|piece| !piece.trim().is_empty()).collect()
}

/// Like [`split`], but each piece keeps its `;` and blank pieces are given too. Names may be in backquotes if
/// `backquotes` says so.
pub(crate) fn pieces(sql: &str, backquotes: bool) -> impl Iterator<Item = &str> {
    let bytes = sql.as_bytes();
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= bytes.len() {
            return None;
        }
        let begin = start;
        let end = statement_end(bytes, begin, backquotes);
        start = end;
        // Cuts are only made after an ASCII `;`, so they are at character boundaries.
        Some(sql.get(begin..end).unwrap_or_default())
    })
}

/// The index after the `;` that ends the statement which starts at `begin`, or the end of the text.
fn statement_end(bytes: &[u8], begin: usize, backquotes: bool) -> usize {
    let mut quote = None;
    let mut at = begin;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'\\' if matches!(bytes.get(at), Some(b'\'' | b'"')) => at += 1,
            b'\'' | b'"' if quote == Some(byte) => quote = None,
            b'\'' | b'"' if quote.is_none() => quote = Some(byte),
            b'`' if backquotes && quote.is_none_or(|open| open == byte) => {
                quote = if quote.is_none() { Some(byte) } else { None };
            }
            b';' if quote.is_none() => return at,
            _ => {}
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cuts_outside_quotes_only() {
        assert_eq!(
            split("use d; insert into t values(now,'a;b') ;; show dnodes"),
            ["use d", " insert into t values(now,'a;b') ", " show dnodes"]
        );
        assert_eq!(split(r"select 'it\'s; one'; b"), [r"select 'it\'s; one'", " b"]);
        assert_eq!(split(" ;;\n"), Vec::<&str>::new());
    }

    proptest! {
        #[test]
        fn pieces_are_the_text(text in "[ -~;'\"\\\\é]{0,60}") {
            prop_assert_eq!(pieces(&text, false).collect::<String>(), text);
        }
    }
}
