use super::lexer::{Kind, Token, tokens, unquote};
use super::reserved;
use crate::{Dialect, SqlError, codes};

/// The client's buffers cut error texts to this many bytes.
const NEAR: usize = 63;

/// Goes through the tokens of one statement.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    dialect: Dialect,
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

pub(super) type Parsed<T> = Result<T, SqlError>;

impl<'a> Cursor<'a> {
    pub(super) fn new(dialect: Dialect, text: &'a str) -> Self {
        Self { dialect, text, tokens: tokens(text, dialect.is_v3()), at: 0 }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// True in 3.x.
    pub(super) fn v3(&self) -> bool {
        self.dialect.is_v3()
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

    /// True before `word(`.
    pub(super) fn is_call(&self) -> bool {
        let next = self.tokens.get(self.at + 1);
        self.peek().kind == Kind::Word && next.is_some_and(|token| self.text_of(*token) == "(")
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

    /// A name: a word that is not reserved, or one in quotes (2.x) or backquotes (3.x, which keeps their case). Other
    /// names are in lower case.
    pub(super) fn name(&mut self) -> Parsed<String> {
        let kind = self.peek().kind;
        if kind == Kind::Text && self.v3() {
            return Err(self.unexpected());
        }
        self.name_as_written().map(|name| if kind == Kind::Name { name } else { name.to_lowercase() })
    }

    /// A word, reserved or not, in lower case: a type, or a function.
    pub(super) fn word(&mut self) -> Parsed<String> {
        let token = self.peek();
        if token.kind != Kind::Word || !self.v3() {
            return self.name();
        }
        self.at += 1;
        Ok(self.text_of(token).to_lowercase())
    }

    /// A name or quoted text, as it is written but for its quotes.
    pub(super) fn name_as_written(&mut self) -> Parsed<String> {
        let token = self.peek();
        match token.kind {
            Kind::Word if !reserved::is_reserved(self.dialect, self.text_of(token)) => {}
            Kind::Text | Kind::Name => {}
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
        if self.v3() {
            return match token.kind {
                Kind::End => codes::v3::error(codes::v3::PAR_INCOMPLETE_SQL),
                _ => SqlError::new(codes::v3::PAR_SYNTAX_ERROR, format!("syntax error near \"{rest}\"")),
            };
        }
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
        if self.v3() {
            return self.near(place, what);
        }
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
