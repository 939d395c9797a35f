use std::fmt;

use seatrial_engine::RunError;
use seatrial_environments::EnvironmentError;
use seatrial_record::ExitCode;

/// Why the command ends without doing what was asked: what was tried, what happened, what to do.
#[derive(Debug)]
pub struct Complaint {
    /// The exit code.
    pub exit: ExitCode,
    text: String,
}

impl Complaint {
    /// Bad usage, or a file that is not valid.
    pub fn usage(text: impl fmt::Display) -> Self {
        Self { exit: ExitCode::Usage, text: text.to_string() }
    }

    /// The machine or the cluster does not do its part.
    pub fn environment(text: impl fmt::Display) -> Self {
        Self { exit: ExitCode::Environment, text: text.to_string() }
    }

    /// Nothing would be checked.
    pub fn nothing(text: impl fmt::Display) -> Self {
        Self { exit: ExitCode::NothingChecked, text: text.to_string() }
    }
}

impl From<EnvironmentError> for Complaint {
    fn from(error: EnvironmentError) -> Self {
        let logs = error.logs.as_ref().map(|logs| format!("\n  = logs: {}", logs.display())).unwrap_or_default();
        Self { exit: error.exit(), text: format!("{error}\n  = help: {}{logs}", error.advice) }
    }
}

impl From<RunError> for Complaint {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Environment(error) => Self::environment(format!("{error}\n  = help: {}", error.advice)),
            RunError::Write(error) => Self::environment(error),
        }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The engine's mistakes say `error:` for themselves.
        let prefix = if self.text.starts_with("error") { "" } else { "error: " };
        write!(f, "{prefix}{}", self.text.trim_end())
    }
}
