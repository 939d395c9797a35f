use tokio::sync::mpsc::UnboundedSender;

const INTERRUPT: u8 = 0x03;
const END: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const ERASE_LINE: u8 = 0x15;
const DELETE: u8 = 0x7f;
const ESCAPE: u8 = 0x1b;

/// The line discipline of a pseudo-terminal: it echoes what is typed and hands over whole lines.
pub(super) struct Terminal {
    echo: UnboundedSender<Vec<u8>>,
    line: Vec<u8>,
    escape: Escape,
}

// Cursor keys and the like mean nothing to a cooked terminal's reader.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Started,
    Sequence,
}

/// What typing led to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    /// Lines for the command.
    pub(super) input: Vec<u8>,
    /// Ctrl-D on an empty line.
    pub(super) end: bool,
    /// Ctrl-C.
    pub(super) interrupt: bool,
}

impl Terminal {
    pub(super) fn new(echo: UnboundedSender<Vec<u8>>) -> Self {
        Self { echo, line: Vec::new(), escape: Escape::None }
    }

    pub(super) fn type_in(&mut self, bytes: &[u8]) -> Typed {
        let mut typed = Typed::default();
        let mut shown = Vec::new();
        for byte in bytes {
            if self.in_escape(*byte) {
                continue;
            }
            match *byte {
                b'\r' | b'\n' => {
                    shown.extend_from_slice(b"\r\n");
                    self.line.push(b'\n');
                    typed.input.append(&mut self.line);
                }
                INTERRUPT => {
                    shown.extend_from_slice(b"^C\r\n");
                    typed.interrupt = true;
                }
                END if self.line.is_empty() => typed.end = true,
                END => typed.input.append(&mut self.line),
                BACKSPACE | DELETE => self.erase(&mut shown),
                ERASE_LINE => {
                    while !self.line.is_empty() {
                        self.erase(&mut shown);
                    }
                }
                other => {
                    self.line.push(other);
                    shown.push(other);
                }
            }
        }
        if !shown.is_empty() {
            let _ = self.echo.send(shown);
        }
        typed
    }

    /// True if the byte belongs to an escape sequence.
    fn in_escape(&mut self, byte: u8) -> bool {
        let before = self.escape;
        self.escape = match (before, byte) {
            (Escape::None, ESCAPE) => Escape::Started,
            (Escape::Started, b'[' | b'O') => Escape::Sequence,
            (Escape::Sequence, 0x20..=0x3f) => Escape::Sequence,
            _ => Escape::None,
        };
        before != Escape::None || self.escape != Escape::None
    }

    /// Takes back one character, which may be several bytes.
    fn erase(&mut self, shown: &mut Vec<u8>) {
        while let Some(byte) = self.line.pop() {
            if byte & 0xc0 != 0x80 {
                shown.extend_from_slice(b"\x08 \x08");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[test]
    fn lines_are_edited_and_echoed() {
        let (echo, mut echoed) = mpsc::unbounded_channel();
        let mut terminal = Terminal::new(echo);
        let typed = terminal.type_in(b"shox\x7fw\x1b[A\r");
        assert_eq!(typed, Typed { input: b"show\n".to_vec(), end: false, interrupt: false });
        assert_eq!(echoed.try_recv().unwrap(), b"shox\x08 \x08w\r\n");
        assert!(terminal.type_in(&[END]).end);
        assert!(terminal.type_in(b"x\x03").interrupt);
    }
}
