//! What the `taos` shell prints, read back.
//!
//! The shell prints a banner, the prompt with the whole line of statements, and then one result per statement that
//! succeeded, in order, all on standard output; errors go to standard error, in order, with exit code 0. So it is
//! not printed *which* statements failed. They are matched by kind: a result fits only statements that can have it
//! (`Database changed.` only `use`, a table with a column `vnodes` only what is not `show mnodes`, and so on). If
//! that leaves one possibility it is certain; if it leaves several, [`parse`] says so instead of guessing, and
//! [`groups`] tells beforehand how to spread statements over calls so that it cannot happen.

mod block;
mod matching;
mod table;

use std::time::Duration;

use thiserror::Error;

pub use matching::groups;

use crate::{SqlError, SqlOutcome, Version};

/// Why the shell's output does not say what became of each statement.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// The shell could not connect to its server. Nothing was carried out.
    #[error("taos connect failed, reason: {reason}")]
    ConnectFailed {
        /// The shell's reason, say `Unable to resolve FQDN`.
        reason: String,
        /// Its code, if it is known.
        code: Option<i32>,
    },
    /// The shell itself failed or is missing.
    #[error("the shell ended with exit code {exit}: {message}")]
    ShellFailed {
        /// Its exit code.
        exit: i32,
        /// The last line that it printed.
        message: String,
    },
    /// A result was cut short: the footer counts more rows than were printed, or the query was interrupted.
    #[error("the result of `{near}` is cut short: {shown} row(s) were printed, the footer says {footer}")]
    CutShort {
        /// Rows that were printed.
        shown: usize,
        /// The footer.
        footer: String,
        /// The statement, or the statements among which it is.
        near: String,
    },
    /// There are not as many results and errors as statements.
    #[error("{statements} statement(s), but {results} result(s) and {errors} error(s) were printed")]
    Incomplete {
        /// Statements that were sent.
        statements: usize,
        /// Results on standard output.
        results: usize,
        /// Errors on standard error.
        errors: usize,
    },
    /// Results and errors can be matched to the statements in more than one way.
    #[error("of {statements} statements {errors} failed, and the output does not say which: {}", texts.join("; "))]
    Ambiguous {
        /// Statements that were sent.
        statements: usize,
        /// How many of them failed.
        errors: usize,
        /// The error texts.
        texts: Vec<String>,
    },
    /// A result fits none of the statements.
    #[error("the results that were printed do not fit the statements: {message}")]
    Misfit {
        /// The first results, in words.
        message: String,
    },
    /// A line that cannot be part of the output.
    #[error("line {line} of the output cannot be read: `{text}`")]
    Unreadable {
        /// Number of the line, from 1.
        line: usize,
        /// The line, or its beginning.
        text: String,
    },
}

/// Reads what the shell printed for `statements`, which are in the order in which they were sent. `stderr` may be
/// empty and its text be merged into `stdout`, as a terminal does.
pub fn parse(stdout: &[u8], stderr: &[u8], exit: i32, statements: &[&str]) -> Result<Vec<SqlOutcome>, ParseError> {
    let stdout = seatrial_record::clean(stdout);
    let stderr = seatrial_record::clean(stderr);
    let output = block::Output::read(&stdout, &stderr, exit, statements)?;
    matching::assign(output, statements)
}

/// The version in the shell's banner.
pub fn client_version(stdout: &[u8]) -> Option<Version> {
    let stdout = seatrial_record::clean(stdout);
    let line = stdout.lines().find(|line| line.contains("Client Version:"))?;
    Version::find(line.rsplit(':').next()?)
}

/// The arguments that run `statements` in the shell, as the documents do.
pub fn argv(statements: &[&str]) -> Vec<String> {
    vec!["taos".to_owned(), "-s".to_owned(), line(statements)]
}

/// The statements as one line. `use` gets its semicolon, without which 2.x answers it like a definition.
pub fn line(statements: &[&str]) -> String {
    let mut line = statements.join("; ");
    if statements.last().is_some_and(|last| crate::used_database(last).is_some()) {
        line.push(';');
    }
    line
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Failure {
    error: SqlError,
    elapsed: Option<Duration>,
}
