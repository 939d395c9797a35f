//! A second wall against hostile text. Events arrive cleaned; a file on disk may have been edited since.

use std::borrow::Cow;

use seatrial_record::{bounded, clean};

/// Most bytes of a text that stands on one line: a title, a name, a key.
const LINE: usize = 600;

/// Cleans text of several lines. Text that is clean already is only copied.
pub(crate) fn block(text: &str) -> String {
    if text.chars().all(is_harmless) {
        return text.to_owned();
    }
    // XML can hold no noncharacters, not even escaped.
    clean(text.as_bytes()).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// Cleans and bounds text of several lines.
pub(crate) fn bounded_block(text: &str, bytes: usize) -> String {
    let (cut, truncated) = bounded(text, bytes);
    let mut cleaned = block(cut);
    if truncated {
        cleaned.push('…');
    }
    cleaned
}

/// Cleans text that must stand on one line: white space is one blank, and it is bounded.
pub(crate) fn line(text: &str) -> String {
    let plain = text.len() <= LINE && !text.contains("  ") && text.chars().all(|c| is_harmless(c) && !breaks(c));
    if plain {
        return text.trim().to_owned();
    }
    let cleaned = bounded_block(text, LINE);
    cleaned.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_harmless(char: char) -> bool {
    match char {
        '\n' | '\t' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => !char.is_control(),
    }
}

fn breaks(char: char) -> bool {
    matches!(char, '\n' | '\t' | '\u{2028}' | '\u{2029}')
}

/// A name that is safe in every file system and every link: letters, digits, `.`, `-`, `_`, `@`; at most
/// `most` bytes; never empty, hidden, or a name that means a folder.
pub(crate) fn file_name(text: &str, most: usize) -> String {
    let mut name = String::with_capacity(text.len().min(most));
    for char in text.chars() {
        if name.len() >= most {
            break;
        }
        match char {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '@' => name.push(char),
            '.' if !name.is_empty() => name.push('.'),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let trimmed = name.trim_end_matches(['.', '-']);
    if trimmed.is_empty() { "unnamed".to_owned() } else { trimmed.to_owned() }
}

/// The first and last part of a long text, each at most `half` bytes and cut at line ends where there are any,
/// and how many bytes are left out between them.
pub(crate) fn ends(text: &str, half: usize) -> (&str, usize, &str) {
    if text.len() <= half * 2 {
        return (text, 0, "");
    }
    let boundary = |index: &usize| text.is_char_boundary(*index);
    let head = &text[..(0..=half).rev().find(boundary).unwrap_or(0)];
    let head = head.rfind('\n').map_or(head, |end| &head[..=end]);
    let tail = &text[(text.len() - half..=text.len()).find(boundary).unwrap_or(text.len())..];
    let tail = tail.find('\n').map_or(tail, |start| &tail[start + 1..]);
    (head, text.len() - head.len() - tail.len(), tail)
}

/// `text` or, where there is nothing, a dash: for cells that must not look forgotten.
pub(crate) fn or_dash(text: &str) -> Cow<'_, str> {
    if text.is_empty() { Cow::Borrowed("–") } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("show dnodes in tdengine-0", "show-dnodes-in-tdengine-0")]
    #[case("../../etc/passwd", "etc-passwd")]
    #[case("..", "unnamed")]
    #[case("节点", "unnamed")]
    #[case("safe-scale-down@doc#2", "safe-scale-down@doc-2")]
    #[case("a\0b\\c:d", "a-b-c-d")]
    fn names_are_safe(#[case] text: &str, #[case] name: &str) {
        assert_eq!(file_name(text, 60), name);
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line("a\n\tb \u{1b}[31mc\u{202e}d"), "a b cd");
        assert!(line(&"x".repeat(10_000)).len() < 700);
    }

    #[test]
    fn the_ends_and_the_gap_are_the_whole() {
        let text = "0123456789\n".repeat(100);
        let (head, gap, tail) = ends(&text, 55);
        assert_eq!(head.len() + gap + tail.len(), text.len());
        assert!(head.ends_with('\n') && tail.starts_with('0') && gap > 0);
        assert_eq!(ends("short", 55), ("short", 0, ""));
    }

    proptest! {
        #[test]
        fn no_name_leaves_its_folder(text: String) {
            let name = file_name(&text, 40);
            prop_assert!(!name.is_empty() && name.len() <= 40 && !name.starts_with('.'));
            prop_assert!(!name.contains(['/', '\\', '\0', ':']));
        }

        #[test]
        fn a_long_text_is_cut_anywhere(text: String, half in 1_usize..30) {
            let (head, gap, tail) = ends(&text, half);
            prop_assert_eq!(head.len() + gap + tail.len(), text.len());
        }
    }
}
