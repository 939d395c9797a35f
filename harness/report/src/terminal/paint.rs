use crate::model::{ClaimVerdict, Mark};

/// Puts colours on text, or does not.
#[derive(Clone, Copy)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(crate) fn mark(self, mark: Mark, text: &str) -> String {
        match mark {
            Mark::Pass => self.green(text),
            Mark::Fail => self.with("1;31", text),
            Mark::Unknown | Mark::Unfinished => self.with("33", text),
            Mark::Nothing => self.dim(text),
        }
    }

    /// A claim that does not hold is news, not a failure: it is not red.
    pub(crate) fn claim(self, verdict: ClaimVerdict, text: &str) -> String {
        match verdict {
            ClaimVerdict::Confirmed => self.green(text),
            ClaimVerdict::Contradicted => self.with("35", text),
            ClaimVerdict::ByChance | ClaimVerdict::ByManifest => self.with("36", text),
            ClaimVerdict::Unknown => self.with("33", text),
            ClaimVerdict::NotTested => self.dim(text),
        }
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
