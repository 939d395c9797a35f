use tokio::io::{AsyncRead, AsyncReadExt};

use super::{output::Output, statements::is_complete};

type Source = Box<dyn AsyncRead + Send + Unpin>;

/// Standard input of an interactive shell: a terminal whose echo the shell does itself.
pub(super) struct Input {
    source: Source,
    buffer: Vec<u8>,
    at: usize,
}

/// What was typed.
pub(super) enum Typed {
    /// A statement or several.
    Line(String),
    /// Ctrl+D, or the terminal is gone.
    End,
}

impl Input {
    pub(super) fn new(source: Source) -> Self {
        Self { source, buffer: Vec::new(), at: 0 }
    }

    async fn byte(&mut self) -> Option<u8> {
        if self.at == self.buffer.len() {
            let mut chunk = [0; 1_024];
            let read = self.source.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
            self.buffer = chunk.get(..read)?.to_vec();
            self.at = 0;
        }
        let byte = self.buffer.get(self.at).copied();
        self.at += 1;
        byte
    }

    /// Reads until a statement is complete, showing `prompt` and, for further lines, `more`.
    pub(super) async fn statement(&mut self, output: &mut Output, prompt: &str, more: &str) -> Typed {
        let mut typed = String::new();
        output.out(prompt).await;
        loop {
            let Some(line) = self.line(output, true).await else {
                return Typed::End;
            };
            typed.push_str(&line);
            if is_complete(&typed) {
                return Typed::Line(typed);
            }
            typed.push(' ');
            output.out(more).await;
        }
    }

    /// One line without its end; `echo` shows what is typed. `None` at the end of the input.
    pub(super) async fn line(&mut self, output: &mut Output, echo: bool) -> Option<String> {
        let mut line = Vec::new();
        loop {
            match self.byte().await {
                None => return None,
                Some(4) if line.is_empty() => {
                    output.out("\n").await;
                    return None;
                }
                Some(b'\r' | b'\n') => {
                    output.out("\n").await;
                    return Some(String::from_utf8_lossy(&line).into_owned());
                }
                // Ctrl+C forgets the line.
                Some(3) => {
                    line.clear();
                    output.out("\n").await;
                    return Some(String::new());
                }
                Some(8 | 0x7f) => {
                    // A character may be several bytes.
                    let removed = loop {
                        match line.pop() {
                            Some(byte) if byte & 0xc0 == 0x80 => {}
                            popped => break popped,
                        }
                    };
                    if removed.is_some() && echo {
                        output.out("\u{8} \u{8}").await;
                    }
                }
                Some(0x1b) => self.skip_escape().await,
                Some(byte) if byte >= b' ' || byte == b'\t' => {
                    line.push(byte);
                    if echo {
                        show_last(output, &line).await;
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// Skips the rest of an arrow key and the like.
    async fn skip_escape(&mut self) {
        if self.byte().await == Some(b'[') {
            while self.byte().await.is_some_and(|byte| !byte.is_ascii_alphabetic() && byte != b'~') {}
        }
    }
}

/// Shows the last character of the line once all its bytes are there.
async fn show_last(output: &mut Output, line: &[u8]) {
    let start = line.iter().rposition(|byte| byte & 0xc0 != 0x80).unwrap_or(0);
    if let Some(Ok(last)) = line.get(start..).map(std::str::from_utf8) {
        output.out(last).await;
    }
}
