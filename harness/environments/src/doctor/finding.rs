use std::fmt;

use crate::{Cause, EnvironmentError};

/// How a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// A run may fail because of it.
    Warn,
    /// A run will fail because of it.
    Fail,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        })
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name, say `docker` or `inotify`.
    pub name: &'static str,
    /// How it stands.
    pub level: Level,
    /// What was found.
    pub what: String,
    /// Why it matters.
    pub why: &'static str,
    /// What cures it, a command where there is one; empty if nothing has to be cured.
    pub cure: String,
    /// What kind of error it is if it fails.
    pub cause: Cause,
}

impl Finding {
    pub(super) fn new(name: &'static str, cause: Cause, why: &'static str) -> Self {
        Self { name, level: Level::Ok, what: String::new(), why, cure: String::new(), cause }
    }

    pub(super) fn ok(self, what: impl Into<String>) -> Self {
        Self { what: what.into(), ..self }
    }

    pub(super) fn warn(self, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { level: Level::Warn, what: what.into(), cure: cure.into(), ..self }
    }

    pub(super) fn fail(self, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { level: Level::Fail, what: what.into(), cure: cure.into(), ..self }
    }

    pub(super) fn of(self, error: &EnvironmentError) -> Self {
        Self { cause: error.cause, ..self }.fail(error.happened.clone(), error.advice.clone())
    }
}

/// All findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// In the order in which they were looked at.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// The worst level.
    pub fn worst(&self) -> Level {
        self.findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok)
    }

    /// The finding of that name.
    pub fn find(&self, name: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.name == name)
    }

    /// The first failure, as the error that a run would end with.
    pub fn error(&self) -> Option<EnvironmentError> {
        let finding = self.findings.iter().find(|finding| finding.level == Level::Fail)?;
        let tried = format!("look at {} ({})", finding.name, finding.why);
        Some(EnvironmentError::new(finding.cause, tried, finding.what.clone(), finding.cure.clone()))
    }

    /// The warnings, a line each.
    pub fn warnings(&self) -> Vec<String> {
        let warnings = self.findings.iter().filter(|finding| finding.level == Level::Warn);
        warnings
            .map(|finding| format!("{}: {} ({}); {}", finding.name, finding.what, finding.why, finding.cure))
            .collect()
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { name, level, what, why, cure, .. } in &self.findings {
            let what = what.replace('\n', "\n                   ");
            writeln!(f, "{level:<5} {name:<12} {what}")?;
            if *level != Level::Ok {
                writeln!(f, "      {:<12} why:  {why}", "")?;
                writeln!(f, "      {:<12} cure: {cure}", "")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_counts_and_the_first_failure_is_the_error() {
        let finding = |name| Finding::new(name, Cause::Tool, "why");
        let diagnosis = Diagnosis {
            findings: vec![
                finding("a").ok("fine"),
                finding("b").warn("low", "more"),
                finding("c").fail("none", "get one"),
            ],
        };
        assert_eq!(diagnosis.worst(), Level::Fail);
        assert_eq!(diagnosis.error().unwrap().advice, "get one");
        assert_eq!(diagnosis.warnings(), ["b: low (why); more"]);
        let text = diagnosis.to_string();
        assert!(text.contains("ok    a            fine\n") && text.contains("cure: get one"), "{text}");
        assert_eq!(Diagnosis::default().error(), None);
    }
}
