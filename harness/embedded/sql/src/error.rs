use thiserror::Error;

/// Why a statement or a connection failed, as the server or the client library says it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text}")]
pub struct SqlError {
    /// The code, the bits of `0x8000....` as the C API has them.
    pub code: i32,
    /// The text, as the shell prints it after `DB error: `.
    pub text: String,
}

impl SqlError {
    /// An error with a text of its own.
    pub fn new(code: i32, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// The low 16 bits, which REST tells.
    pub fn short_code(&self) -> u16 {
        let [_, _, high, low] = self.code.to_be_bytes();
        u16::from_be_bytes([high, low])
    }
}
