//! The little of a shell's language that commands typed into a pod use: quotes, variables, `$(...)`, pipes, `&&`,
//! `||`, `;` and redirections.

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text as it is.
    Text(String),
    /// A variable; in quotes its value is not split.
    Variable {
        /// Its name, or `?`.
        name: String,
        /// In double quotes.
        quoted: bool,
    },
    /// The output of a command.
    Output {
        /// The command.
        script: String,
        /// In double quotes.
        quoted: bool,
    },
}

/// A word before its variables are known.
pub(crate) type Word = Vec<Piece>;

/// Where output goes instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Redirect {
    /// `> file` or `>> file`; 1 is standard output, 2 is standard error.
    ToFile {
        /// Which stream.
        stream: u8,
        /// The file.
        file: Word,
        /// `>>`
        append: bool,
    },
    /// `2>&1`
    ErrorToOutput,
    /// `1>&2` or `>&2`
    OutputToError,
    /// `< file`
    FromFile(Word),
}

/// One command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Command {
    /// The program and its arguments.
    pub words: Vec<Word>,
    /// Redirections in their order.
    pub redirects: Vec<Redirect>,
}

/// When a pipeline runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// After the one before.
    Always,
    /// If the one before succeeded.
    And,
    /// If the one before failed.
    Or,
}

/// Commands whose outputs feed each other.
pub(crate) type Pipeline = Vec<Command>;

/// A script that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError(pub String);

enum Token {
    Word(Word),
    Sign(&'static str),
}

struct Lexer<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Lexer<'_> {
    fn take(&mut self, wanted: char) -> bool {
        self.rest.next_if_eq(&wanted).is_some()
    }

    fn next(&mut self) -> Result<Option<Token>, SyntaxError> {
        while self.rest.next_if(|c| matches!(c, ' ' | '\t' | '\r')).is_some() {}
        let Some(first) = self.rest.peek().copied() else { return Ok(None) };
        let sign = match first {
            '\n' | ';' => Some(";"),
            '&' | '|' | '>' | '<' => None,
            '(' | ')' => return Err(SyntaxError(format!("Syntax error: \"{first}\" unexpected"))),
            '#' => {
                while self.rest.next_if(|c| *c != '\n').is_some() {}
                return self.next();
            }
            _ => return self.word().map(Some),
        };
        self.rest.next();
        let sign = match (sign, first) {
            (Some(sign), _) => sign,
            (None, '&') if self.take('&') => "&&",
            (None, '&') => ";",
            (None, '|') if self.take('|') => "||",
            (None, '|') => "|",
            (None, '>') if self.take('>') => ">>",
            (None, '>') if self.take('&') => {
                if self.take('2') {
                    "1>&2"
                } else {
                    self.take('1');
                    ">"
                }
            }
            (None, '>') => ">",
            _ => "<",
        };
        Ok(Some(Token::Sign(sign)))
    }

    fn word(&mut self) -> Result<Token, SyntaxError> {
        // `2>` and `2>&1` begin like a word.
        let mut ahead = self.rest.clone();
        if matches!(ahead.next(), Some('1' | '2')) && ahead.next() == Some('>') {
            let stream = self.rest.next();
            self.rest.next();
            let to_other = self.take('&');
            if to_other {
                self.rest.next();
            }
            let append = !to_other && self.take('>');
            return Ok(Token::Sign(match (stream, to_other, append) {
                (Some('2'), true, _) => "2>&1",
                (Some('2'), _, true) => "2>>",
                (Some('2'), ..) => "2>",
                (_, true, _) => "1>&2",
                (_, _, true) => ">>",
                _ => ">",
            }));
        }
        let mut word = Word::new();
        let mut any = false;
        while let Some(c) = self.rest.peek().copied() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '>' | '<' | '(' | ')' => break,
                '\'' => {
                    self.rest.next();
                    let text = self.until('\'')?;
                    push_text(&mut word, &text);
                }
                '"' => {
                    self.rest.next();
                    self.double_quoted(&mut word)?;
                }
                '\\' => {
                    self.rest.next();
                    if let Some(c) = self.rest.next() {
                        push_text(&mut word, c.encode_utf8(&mut [0; 4]));
                    }
                }
                '$' | '`' => {
                    self.rest.next();
                    self.expansion(&mut word, c, false)?;
                }
                _ => {
                    self.rest.next();
                    push_text(&mut word, c.encode_utf8(&mut [0; 4]));
                }
            }
            any = true;
        }
        if any && word.is_empty() {
            word.push(Piece::Text(String::new()));
        }
        Ok(Token::Word(word))
    }

    fn until(&mut self, end: char) -> Result<String, SyntaxError> {
        let mut text = String::new();
        for c in self.rest.by_ref() {
            if c == end {
                return Ok(text);
            }
            text.push(c);
        }
        Err(SyntaxError("Syntax error: Unterminated quoted string".to_owned()))
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        push_text(word, "");
        while let Some(c) = self.rest.next() {
            match c {
                '"' => return Ok(()),
                '\\' => {
                    let next = self.rest.next().unwrap_or('\\');
                    if !matches!(next, '"' | '\\' | '$' | '`') {
                        push_text(word, "\\");
                    }
                    push_text(word, next.encode_utf8(&mut [0; 4]));
                }
                '$' | '`' => self.expansion(word, c, true)?,
                _ => push_text(word, c.encode_utf8(&mut [0; 4])),
            }
        }
        Err(SyntaxError("Syntax error: Unterminated quoted string".to_owned()))
    }

    fn expansion(&mut self, word: &mut Word, sign: char, quoted: bool) -> Result<(), SyntaxError> {
        if sign == '`' {
            let script = self.until('`')?;
            word.push(Piece::Output { script, quoted });
        } else if self.take('(') {
            let (mut depth, mut script) = (1, String::new());
            for c in self.rest.by_ref() {
                depth += match c {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                if depth == 0 {
                    break;
                }
                script.push(c);
            }
            word.push(Piece::Output { script, quoted });
        } else if self.take('{') {
            let name = self.until('}')?;
            word.push(Piece::Variable { name, quoted });
        } else if self.take('?') {
            word.push(Piece::Variable { name: "?".to_owned(), quoted });
        } else {
            let mut name = String::new();
            while let Some(c) = self.rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                name.push(c);
            }
            if name.is_empty() {
                push_text(word, "$");
            } else {
                word.push(Piece::Variable { name, quoted });
            }
        }
        Ok(())
    }
}

fn push_text(word: &mut Word, text: &str) {
    if let Some(Piece::Text(before)) = word.last_mut() {
        before.push_str(text);
    } else {
        word.push(Piece::Text(text.to_owned()));
    }
}

/// Understands a script.
pub(crate) fn parse(script: &str) -> Result<Vec<(Link, Pipeline)>, SyntaxError> {
    let mut lexer = Lexer { rest: script.chars().peekable() };
    let mut list = Vec::new();
    let (mut link, mut pipeline, mut command) = (Link::Always, Pipeline::new(), Command::default());
    while let Some(token) = lexer.next()? {
        let sign = match token {
            Token::Word(word) => {
                command.words.push(word);
                continue;
            }
            Token::Sign(sign) => sign,
        };
        match sign {
            ";" | "&&" | "||" | "|" => {
                let empty = command.words.is_empty();
                if empty && sign != ";" {
                    return Err(SyntaxError(format!("Syntax error: \"{sign}\" unexpected")));
                }
                if !empty {
                    pipeline.push(std::mem::take(&mut command));
                }
                if sign != "|" && !pipeline.is_empty() {
                    list.push((link, std::mem::take(&mut pipeline)));
                }
                link = match sign {
                    "&&" => Link::And,
                    "||" => Link::Or,
                    "|" => link,
                    _ => Link::Always,
                };
            }
            "2>&1" => command.redirects.push(Redirect::ErrorToOutput),
            "1>&2" => command.redirects.push(Redirect::OutputToError),
            _ => {
                let Some(Token::Word(file)) = lexer.next()? else {
                    return Err(SyntaxError("Syntax error: newline unexpected".to_owned()));
                };
                command.redirects.push(match sign {
                    "<" => Redirect::FromFile(file),
                    _ => Redirect::ToFile {
                        stream: if sign.starts_with('2') { 2 } else { 1 },
                        file,
                        append: sign.ends_with(">>"),
                    },
                });
            }
        }
    }
    if !command.words.is_empty() {
        pipeline.push(command);
    }
    if !pipeline.is_empty() {
        list.push((link, pipeline));
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(pipeline: &Pipeline) -> Vec<Vec<Word>> {
        pipeline.iter().map(|command| command.words.clone()).collect()
    }

    fn text(text: &str) -> Word {
        vec![Piece::Text(text.to_owned())]
    }

    #[test]
    fn quotes_pipes_and_lists() {
        let list = parse("taos -s \"show dnodes\" | grep 'a b'; echo x && false || true").unwrap();
        assert_eq!(
            list.iter().map(|(link, _)| *link).collect::<Vec<_>>(),
            [Link::Always, Link::Always, Link::And, Link::Or]
        );
        assert_eq!(
            words(&list[0].1),
            [vec![text("taos"), text("-s"), text("show dnodes")], vec![text("grep"), text("a b")]]
        );
    }

    #[test]
    fn variables_and_redirections() {
        let list = parse("echo $HOME\"${X}\" >> /tmp/a 2>&1").unwrap();
        let command = &list[0].1[0];
        assert_eq!(
            command.words[1],
            [
                Piece::Variable { name: "HOME".into(), quoted: false },
                Piece::Text(String::new()),
                Piece::Variable { name: "X".into(), quoted: true }
            ]
        );
        assert_eq!(
            command.redirects,
            [Redirect::ToFile { stream: 1, file: text("/tmp/a"), append: true }, Redirect::ErrorToOutput]
        );
        assert!(matches!(&parse("kill $(pidof taosd)").unwrap()[0].1[0].words[1][0],
            Piece::Output { script, quoted: false } if script == "pidof taosd"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(parse("echo 'a").is_err());
        assert!(parse("| cat").is_err());
        assert!(parse("").unwrap().is_empty());
    }
}
