use super::lexer::{Kind, Token, tokens, unquote};
use crate::{SqlError, codes};

/// The client's buffers cut error texts to this many bytes.
const NEAR: usize = 63;

/// Goes through the tokens of one statement.
pub(super) struct Cursor<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

pub(super) type Parsed<T> = Result<T, SqlError>;

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, tokens: tokens(text), at: 0 }
    }

    pub(super) fn peek(&self) -> Token {
        self.tokens.get(self.at).or(self.tokens.last()).copied().unwrap_or(Token {
            kind: Kind::End,
            start: self.text.len(),
            end: self.text.len(),
        })
    }

    pub(super) fn peek_after(&self, ahead: usize) -> Kind {
        self.tokens.get(self.at + ahead).map_or(Kind::End, |token| token.kind)
    }

    pub(super) fn next(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    pub(super) fn text_of(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// The text between two places of the statement.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end.min(self.text.len())).unwrap_or_default()
    }

    /// Where the token before the current one ends.
    pub(super) fn last_end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.end)
    }

    /// True if the current token is this keyword or sign.
    pub(super) fn is(&self, what: &str) -> bool {
        let token = self.peek();
        matches!(token.kind, Kind::Word | Kind::Sign) && self.text_of(token).eq_ignore_ascii_case(what)
    }

    /// Takes this keyword or sign if it is there.
    pub(super) fn take(&mut self, what: &str) -> bool {
        let there = self.is(what);
        if there {
            self.at += 1;
        }
        there
    }

    pub(super) fn expect(&mut self, what: &str) -> Parsed<()> {
        if self.take(what) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// A name: a word that is not reserved, or a quoted text. Names are in lower case.
    pub(super) fn name(&mut self) -> Parsed<String> {
        self.name_as_written().map(|name| name.to_lowercase())
    }

    /// A name or quoted text, as it is written but for its quotes.
    pub(super) fn name_as_written(&mut self) -> Parsed<String> {
        let token = self.peek();
        match token.kind {
            Kind::Word if !is_reserved(self.text_of(token)) => {}
            Kind::Text => {}
            _ => return Err(self.unexpected()),
        }
        self.at += 1;
        Ok(unquote(self.text_of(token)))
    }

    pub(super) fn integer(&mut self) -> Parsed<i64> {
        let token = self.peek();
        if token.kind != Kind::Integer {
            return Err(self.unexpected());
        }
        self.at += 1;
        // strtol saturates.
        Ok(self.text_of(token).parse().unwrap_or(i64::MAX))
    }

    /// The statement must end here.
    pub(super) fn end(&mut self) -> Parsed<()> {
        match self.peek().kind {
            Kind::Semicolon | Kind::End => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    /// True at the end of the statement.
    pub(super) fn at_end(&self) -> bool {
        matches!(self.peek().kind, Kind::Semicolon | Kind::End)
    }

    /// The error of the grammar at the current token.
    pub(super) fn unexpected(&self) -> SqlError {
        let token = self.peek();
        let rest = self.text.get(token.start..).unwrap_or_default();
        let text = match token.kind {
            Kind::End => "syntax error near 'Incomplete SQL statement'".to_owned(),
            Kind::Illegal if !rest.starts_with(['\'', '"']) => {
                let inner = format!("unrecognized token: \"{rest}\"");
                format!("syntax error near '{}'", cut(&inner))
            }
            _ => cut(&format!("syntax error near \"{rest}\"")).to_owned(),
        };
        SqlError::new(codes::TSC_SQL_SYNTAX_ERROR, text)
    }

    /// The error of the client's own parser of `insert`: near a place, with what it misses.
    pub(super) fn near(&self, place: usize, what: &str) -> SqlError {
        let rest = self.text.get(place..).unwrap_or_default();
        SqlError::new(codes::TSC_SQL_SYNTAX_ERROR, format!("syntax error near '{}' ({what})", cut(rest)))
    }

    /// Like [`Self::near`], as an invalid statement.
    pub(super) fn invalid_near(&self, place: usize, what: &str) -> SqlError {
        invalid_near(self.text.get(place..).unwrap_or_default(), what)
    }
}

/// `invalid SQL: 'rest' (what)`
pub(crate) fn invalid_near(rest: &str, what: &str) -> SqlError {
    SqlError::new(codes::TSC_INVALID_SQL, format!("invalid SQL: '{}' ({what})", cut(rest)))
}

/// `invalid SQL: what`
pub(crate) fn invalid(what: &str) -> SqlError {
    SqlError::new(codes::TSC_INVALID_SQL, format!("invalid SQL: {what}"))
}

/// The beginning of a text that fits the client's buffer.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(NEAR);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Words that are no names unless quoted (those of 2.1.1.0's grammar without its fallbacks).
const RESERVED: &[&str] = &[
    "account",
    "accounts",
    "add",
    "alter",
    "and",
    "as",
    "between",
    "blocks",
    "by",
    "cache",
    "cachelast",
    "change",
    "column",
    "comp",
    "connection",
    "connections",
    "conns",
    "create",
    "ctime",
    "databases",
    "days",
    "dbs",
    "describe",
    "distinct",
    "dnode",
    "dnodes",
    "drop",
    "exists",
    "fill",
    "from",
    "fsync",
    "grants",
    "group",
    "having",
    "if",
    "in",
    "interval",
    "is",
    "isnull",
    "keep",
    "kill",
    "limit",
    "local",
    "maxrows",
    "minrows",
    "mnodes",
    "modules",
    "not",
    "notnull",
    "or",
    "order",
    "partitions",
    "pass",
    "pps",
    "precision",
    "privilege",
    "qtime",
    "queries",
    "query",
    "quorum",
    "replica",
    "reset",
    "scores",
    "select",
    "session",
    "set",
    "show",
    "sliding",
    "slimit",
    "soffset",
    "stables",
    "state",
    "storage",
    "stream",
    "streams",
    "syncdb",
    "table",
    "tables",
    "tag",
    "tags",
    "topic",
    "topics",
    "tseries",
    "union",
    "unsigned",
    "update",
    "use",
    "user",
    "users",
    "using",
    "variables",
    "vgroups",
    "vnodes",
    "wal",
    "where",
];

fn is_reserved(word: &str) -> bool {
    // The list is in order.
    RESERVED.binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_in_order() {
        assert!(RESERVED.is_sorted());
        assert!(is_reserved("SELECT") && !is_reserved("value"));
    }
}
