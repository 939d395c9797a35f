//! Columns of a terminal: a CJK character takes two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that `text` takes.
pub(crate) fn of(text: &str) -> usize {
    text.width()
}

/// `text` in exactly `columns` columns: cut with `…`, or padded at its right.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    let mut fitted = cut(text, columns);
    let gap = columns.saturating_sub(of(&fitted));
    fitted.extend(std::iter::repeat_n(' ', gap));
    fitted
}

/// `text` in at most `columns` columns, with `…` at its end if something was cut.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if of(text) <= columns {
        return text.to_owned();
    }
    let (mut kept, mut used) = (String::new(), 0);
    for char in text.chars() {
        let next = char.width().unwrap_or(0);
        if used + next + 1 > columns {
            break;
        }
        kept.push(char);
        used += next;
    }
    if columns > 0 {
        kept.push('…');
    }
    kept
}

/// `text` in lines of at most `columns` columns, broken at blanks where possible.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_inclusive(' ') {
            if of(&line) + of(word.trim_end()) > columns && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            for char in word.chars() {
                if of(&line) + char.width().unwrap_or(0) > columns && char != ' ' {
                    lines.push(std::mem::take(&mut line).trim_end().to_owned());
                }
                line.push(char);
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_characters_are_counted() {
        assert_eq!(fit("节点", 6), "节点  ");
        assert_eq!(fit("节点节点", 6), "节点… ");
        assert_eq!(cut("abcdef", 4), "abc…");
    }

    #[test]
    fn lines_break_at_blanks() {
        assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("abcdefghijklmnop", 8), ["abcdefgh", "ijklmnop"]);
        assert_eq!(wrap("", 10), [""]);
    }

    proptest! {
        #[test]
        fn fitted_text_fits(text in "[a-z节点 é]{0,40}", columns in 0_usize..30) {
            prop_assert_eq!(of(&fit(&text, columns)), columns);
        }

        #[test]
        fn wrapped_text_fits_and_is_whole(text in "[a-z节点 ]{0,80}", columns in 8_usize..30) {
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|line| of(line) <= columns));
            let solid = |text: &str| text.replace(' ', "");
            prop_assert_eq!(solid(&lines.concat()), solid(&text));
        }
    }
}
