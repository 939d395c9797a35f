//! Text in Markdown that stays text.

use std::fmt::Write as _;

use super::safe;

/// Text in which nothing is markup: no HTML, no links, no mentions, no table cells, one line.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 8);
    for char in safe::line(text).chars() {
        match char {
            '&' | '<' | '>' | '|' | '*' | '_' | '`' | '~' | '[' | ']' | '\\' | '@' | '#' | '!' | '$' => {
                let _ = write!(plain, "&#{};", u32::from(char));
            }
            // What makes a link of plain text: `://` and `www.`.
            ':' | '.'
                if plain.ends_with("http") || plain.ends_with("https") || plain.to_lowercase().ends_with("www") =>
            {
                let _ = write!(plain, "&#{};", u32::from(char));
            }
            _ => plain.push(char),
        }
    }
    plain
}

/// Text as a code span, whatever backticks it has; also within a table.
pub(crate) fn code(text: &str) -> String {
    let text = safe::line(text).replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text) + 1);
    if text.is_empty() {
        String::new()
    } else if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// Text as a fenced block that its own backticks cannot end.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    text.split(|char| char != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("<script>", "&#60;script&#62;")]
    #[case("[x](http://y)", "&#91;x&#93;(http&#58;//y)")]
    #[case("a | b\n# c @d", "a &#124; b &#35; c &#64;d")]
    #[case("see www.x.org", "see www&#46;x.org")]
    fn nothing_is_markup(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(plain(text), expected);
    }

    #[rstest]
    #[case("plain", "`plain`")]
    #[case("a `b` c", "``a `b` c``")]
    #[case("``x", "``` ``x ```")]
    #[case("a|b", "`a\\|b`")]
    #[case("", "")]
    fn code_stays_code(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(code(text), expected);
    }

    #[test]
    fn a_fence_cannot_be_ended() {
        let block = fenced("diff", "- ```\n+ ````\n");
        assert!(block.starts_with("`````diff\n") && block.ends_with("\n`````\n"), "{block}");
    }
}
