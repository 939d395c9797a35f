use crate::{SqlError, ast::Statement, parse::parse_in};

/// Whose SQL is spoken: that of the servers and client libraries of some versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// 2.x, as 2.1.1.0 speaks it.
    #[default]
    V2,
    /// 3.0 to 3.2, as 3.0.7.1 speaks it.
    V3_0,
    /// 3.3 and later, as 3.3.0.1 speaks it.
    V3_3,
}

impl Dialect {
    /// The dialect of a version, say `3.3.0.1`.
    pub fn of(version: &str) -> Self {
        let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
        match (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default()) {
            (0..=2, _) => Self::V2,
            (3, 0..=2) => Self::V3_0,
            _ => Self::V3_3,
        }
    }

    /// True for all of 3.x.
    pub fn is_v3(self) -> bool {
        self != Self::V2
    }

    /// Understands one statement, up to its first `;` outside quotes or its end. The error is what the client library
    /// says without asking a server.
    pub fn parse(self, sql: &str) -> Result<Statement, SqlError> {
        parse_in(self, sql)
    }

    /// What is said in 2.x, or what is said in 3.x.
    pub(crate) fn either<T>(self, v2: impl FnOnce() -> T, v3: impl FnOnce() -> T) -> T {
        if self.is_v3() { v3() } else { v2() }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2.1.1.0", Dialect::V2)]
    #[case("2.6.0.65", Dialect::V2)]
    #[case("3.0.7.1", Dialect::V3_0)]
    #[case("3.2.3.10", Dialect::V3_0)]
    #[case("3.3.0.1", Dialect::V3_3)]
    #[case("3.3.6.0-beta", Dialect::V3_3)]
    fn versions_have_dialects(#[case] version: &str, #[case] dialect: Dialect) {
        assert_eq!(Dialect::of(version), dialect);
    }
}
