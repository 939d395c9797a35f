//! Text from pods, logs and servers is hostile: it is cleaned and bounded before it enters an event.

/// Cuts `text` to at most `bytes` bytes at a character boundary. The flag says whether anything was cut.
pub fn bounded(text: &str, bytes: usize) -> (&str, bool) {
    if text.len() <= bytes {
        return (text, false);
    }
    let end = (0..=bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    (&text[..end], true)
}

/// Makes bytes from a pod harmless: invalid UTF-8 becomes U+FFFD, terminal escape sequences and control
/// characters go (line feed and tab stay, CRLF becomes LF), and so do characters that change the direction of
/// what follows.
pub fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut cleaned = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\u{1b}' | '\u{9b}' => skip_escape(char, &mut chars),
            '\n' | '\t' => cleaned.push(char),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            _ if char.is_control() => {}
            _ => cleaned.push(char),
        }
    }
    cleaned
}

fn skip_escape(introducer: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let kind = if introducer == '\u{9b}' { Some('[') } else { chars.next() };
    match kind {
        // Control sequence: parameters, then one final byte. A line feed ends a sequence that is broken off.
        Some('[') => {
            while let Some(&next) = chars.peek() {
                if next == '\n' {
                    return;
                }
                chars.next();
                if ('@'..='~').contains(&next) {
                    return;
                }
            }
        }
        // Operating-system command and its relatives: text up to BEL or ST.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(next) = chars.next() {
                if next == '\u{7}' || next == '\u{9c}' {
                    return;
                }
                if next == '\u{1b}' {
                    chars.next_if_eq(&'\\');
                    return;
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(b"plain\ttext\r\n", "plain\ttext\n")]
    #[case(b"\x1b[31mred\x1b[0m", "red")]
    #[case(b"\x1b]0;title\x07after", "after")]
    #[case(b"\x1b]8;;http://x\x1b\\link", "link")]
    #[case(b"broken\x1b[31\nnext", "broken\nnext")]
    #[case(b"\xff\xfe", "\u{fffd}\u{fffd}")]
    #[case("汉字 \u{202e}evil".as_bytes(), "汉字 evil")]
    fn cleans(#[case] bytes: &[u8], #[case] text: &str) {
        assert_eq!(clean(bytes), text);
    }

    proptest! {
        #[test]
        fn what_was_cleaned_is_harmless(bytes: Vec<u8>) {
            let text = clean(&bytes);
            prop_assert!(!text.chars().any(|char| char.is_control() && char != '\n' && char != '\t'));
        }

        #[test]
        fn a_bound_holds(text: String, bytes in 0_usize..64) {
            let (cut, truncated) = bounded(&text, bytes);
            prop_assert!(cut.len() <= bytes.max(text.len().min(bytes)));
            prop_assert_eq!(truncated, cut.len() < text.len());
            prop_assert!(text.starts_with(cut));
        }
    }
}
