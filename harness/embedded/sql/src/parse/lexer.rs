/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword.
    Word,
    /// Digits.
    Integer,
    /// Digits with a point or an exponent.
    Float,
    /// Digits with a unit of time.
    Duration,
    /// A dotted address.
    Address,
    /// A name in backquotes, with them (3.x).
    Name,
    /// A quoted text, with its quotes.
    Text,
    /// A sign, of one or two characters.
    Sign,
    /// `;`
    Semicolon,
    /// What no token begins with.
    Illegal,
    /// The end of the text.
    End,
}

/// A token: a piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// All tokens of `text` up to its first `;` (included), then [`Kind::End`]. Comments are left out. 3.x has names in
/// backquotes and nanoseconds.
pub(super) fn tokens(text: &str, v3: bool) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        at = skip_blanks(bytes, at);
        let (kind, end) = token_at(bytes, at, v3);
        found.push(Token { kind, start: at, end });
        at = end;
        match kind {
            Kind::End => return found,
            Kind::Semicolon => {
                found.push(Token { kind: Kind::End, start: bytes.len(), end: bytes.len() });
                return found;
            }
            _ => {}
        }
    }
}

fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match bytes.get(at..).unwrap_or_default() {
            [byte, ..] if byte.is_ascii_whitespace() => at += 1,
            [b'-', b'-', rest @ ..] => {
                at += 2 + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            }
            [b'/', b'*', rest @ ..] => {
                at += 2 + rest.windows(2).position(|pair| pair == b"*/").map_or(rest.len(), |end| end + 2);
            }
            _ => return at,
        }
    }
}

fn token_at(bytes: &[u8], at: usize, v3: bool) -> (Kind, usize) {
    let Some(&first) = bytes.get(at) else { return (Kind::End, at) };
    let next = bytes.get(at + 1).copied();
    match first {
        b';' => (Kind::Semicolon, at + 1),
        b'\'' | b'"' => text_at(bytes, at, first),
        b'`' if v3 => name_at(bytes, at),
        b'0'..=b'9' => number_at(bytes, at, v3),
        b'.' if next.is_some_and(|byte| byte.is_ascii_digit()) => number_at(bytes, at, v3),
        b'<' if matches!(next, Some(b'>' | b'=' | b'<')) => (Kind::Sign, at + 2),
        b'>' if matches!(next, Some(b'=' | b'>')) => (Kind::Sign, at + 2),
        b'!' | b'=' if next == Some(b'=') => (Kind::Sign, at + 2),
        b'|' if next == Some(b'|') => (Kind::Sign, at + 2),
        b'(' | b')' | b',' | b'.' | b'*' | b'+' | b'-' | b'/' | b'%' | b'=' | b'<' | b'>' | b'&' | b'|' | b'~'
        | b':' => (Kind::Sign, at + 1),
        _ if is_word(first) => (Kind::Word, run(bytes, at, is_word)),
        // An illegal character beyond ASCII is taken whole.
        _ => (Kind::Illegal, at + 1 + bytes[at + 1..].iter().take_while(|byte| is_continuation(**byte)).count()),
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn run(bytes: &[u8], from: usize, keep: impl Fn(u8) -> bool) -> usize {
    from + bytes.get(from..).unwrap_or_default().iter().take_while(|byte| keep(**byte)).count()
}

/// A quoted text: a backslash hides the next character, two quotes are one.
fn text_at(bytes: &[u8], start: usize, quote: u8) -> (Kind, usize) {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            _ if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            _ if byte == quote => return (Kind::Text, at + 1),
            _ => at += 1,
        }
    }
    (Kind::Illegal, bytes.len())
}

/// A name in backquotes; two of them are one.
fn name_at(bytes: &[u8], start: usize) -> (Kind, usize) {
    match text_at(bytes, start, b'`') {
        (Kind::Text, end) => (Kind::Name, end),
        illegal => illegal,
    }
}

fn number_at(bytes: &[u8], start: usize, v3: bool) -> (Kind, usize) {
    let digits = |from: usize| run(bytes, from, |byte| byte.is_ascii_digit());
    let mut end = digits(start);
    let unit = bytes.get(end).copied().unwrap_or_default().to_ascii_lowercase();
    let after = bytes.get(end + 1).copied().unwrap_or_default();
    let nano = v3 && unit == b'b';
    if (nano || matches!(unit, b'u' | b'a' | b's' | b'm' | b'h' | b'd' | b'w' | b'n' | b'y')) && !is_word(after) {
        return (Kind::Duration, end + 1);
    }
    let mut points = 0;
    while bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end = digits(end + 1);
        points += 1;
    }
    match points {
        3 => return (Kind::Address, end),
        2 | 4.. => return (Kind::Illegal, end),
        _ => {}
    }
    let mut kind = if points == 1 { Kind::Float } else { Kind::Integer };
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
            kind = Kind::Float;
        }
    }
    (kind, end)
}

/// A quoted text or name without its quotes and escapes.
pub(super) fn unquote(text: &str) -> String {
    let Some(quote) = text.chars().next().filter(|first| matches!(first, '\'' | '"' | '`')) else {
        return text.to_owned();
    };
    let inner = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).unwrap_or_default();
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' || (c == quote && chars.peek() == Some(&quote)) {
            plain.extend(chars.next());
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("now+1s", &[Kind::Word, Kind::Sign, Kind::Duration])]
    #[case("1.5e3 -- x\n 1 .5", &[Kind::Float, Kind::Integer, Kind::Float])]
    #[case("10.0.0.1 /* ; */ 1x", &[Kind::Address, Kind::Integer, Kind::Word])]
    #[case("'a''b' \"c\\\"\" 'open", &[Kind::Text, Kind::Text, Kind::Illegal])]
    #[case("a>=b;c", &[Kind::Word, Kind::Sign, Kind::Word, Kind::Semicolon])]
    #[case("涛", &[Kind::Illegal])]
    fn finds_tokens(#[case] text: &str, #[case] kinds: &[Kind]) {
        let found: Vec<_> = tokens(text, false).iter().map(|token| token.kind).collect();
        assert_eq!(found, [kinds, &[Kind::End]].concat());
    }

    #[test]
    fn unquotes() {
        assert_eq!(unquote(r"'it\'s ''x'''"), "it's 'x'");
        assert_eq!(unquote(r#""a\\b""#), r"a\b");
    }
}
