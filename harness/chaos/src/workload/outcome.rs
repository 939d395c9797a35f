use seatrial_cluster::{ClusterError, Problem};
use seatrial_taos::{Reply, SqlError, SqlOutcome, name_code, shell::ParseError};

/// What an answer says of an insert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Acknowledged.
    Ok,
    /// Certainly not written, and why.
    Fail(String),
    /// Not known, and why.
    Info(String),
}

// Errors that a server, or the client before it sends anything, gives for a statement which it then does not carry
// out. Everything else may have been written: rows that were answered with `Unable to establish connection` (2.1),
// `Sync leader is unreachable` and `Sync leader is restoring` (3.3) were found stored.
const REFUSALS: &[u16] = &[
    0x012e, // no enough disk space, 3.x: before it is queued
    0x0200, // invalid operation
    0x0216, // syntax error, 2.x
    0x0217, // database not specified
    0x0218, // table does not exist, found by the client
    0x0357, // authentication failure
    0x0362, // table does not exist, found by the mnode
    0x0380, // database not specified or available
    0x0383, // invalid database name
    0x0386, // database not available
    0x0388, // database does not exist
    0x0505, // system out of disk space, 2.x: before it is queued
    0x0512, // write operation denied
    0x2600, // syntax error, 3.x
    0x2603, // table does not exist, 3.x
];

/// What an answer says of an insert of so many rows.
pub fn outcome_of(answer: &Result<SqlOutcome, ClusterError>, rows: u64) -> Outcome {
    match answer {
        Ok(SqlOutcome { reply: Ok(Reply::Affected(count)), .. }) if *count == rows => Outcome::Ok,
        Ok(SqlOutcome { reply: Ok(other), .. }) => {
            Outcome::Info(format!("expected {rows} affected, answered: {other}"))
        }
        Ok(SqlOutcome { reply: Err(error), .. }) => of_server(error),
        Err(error) => of_way(error),
    }
}

/// What an answer says of a table that was to be made or dropped.
pub(super) fn outcome_of_change(answer: &Result<SqlOutcome, ClusterError>) -> Outcome {
    match answer {
        Ok(SqlOutcome { reply: Ok(_), .. }) => Outcome::Ok,
        Ok(SqlOutcome { reply: Err(error), .. }) => of_server(error),
        Err(error) => of_way(error),
    }
}

fn of_server(error: &SqlError) -> Outcome {
    let refused = error.code.is_some_and(|code| REFUSALS.iter().any(|low| name_code(*low) == code));
    let text = error.text.clone();
    if refused { Outcome::Fail(text) } else { Outcome::Info(text) }
}

fn of_way(error: &ClusterError) -> Outcome {
    let text = error.problem.to_string();
    let unsent = match &*error.problem {
        // The shell sends nothing before it is connected, and nothing is sent to what does not run.
        Problem::Shell(ParseError::ConnectFailed { .. }) | Problem::NotStarted(_) | Problem::Port { .. } => true,
        Problem::Refused { code, .. } => *code == 404,
        Problem::Rest(error) => !error.may_have_happened(),
        Problem::Connector(error) => !error.may_have_happened(),
        _ => false,
    };
    if unsent { Outcome::Fail(text) } else { Outcome::Info(text) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;
    use seatrial_taos::{Generation, rest::RestError};

    use super::*;

    fn said(generation: Generation, text: &str) -> Outcome {
        let error = SqlError { code: seatrial_taos::code_of(generation, text), text: text.to_owned() };
        outcome_of(&Ok(SqlOutcome { sql: String::new(), reply: Err(error), elapsed: None }), 1)
    }

    #[rstest]
    #[case(Generation::V2, "Table does not exist", true)]
    #[case(Generation::V2, "Database not specified or available", true)]
    #[case(Generation::V3, "Database not exist", true)]
    #[case(Generation::V2, "Unable to establish connection", false)]
    #[case(Generation::V2, "Unable to resolve FQDN", false)]
    #[case(Generation::V2, "Database not ready", false)]
    #[case(Generation::V3, "Sync leader is unreachable", false)]
    #[case(Generation::V3, "something new", false)]
    fn only_a_refusal_is_certain(#[case] generation: Generation, #[case] text: &str, #[case] certain: bool) {
        let expected = if certain { Outcome::Fail(text.to_owned()) } else { Outcome::Info(text.to_owned()) };
        assert_eq!(said(generation, text), expected);
    }

    #[test]
    fn a_lost_connection_says_nothing_and_none_at_all_says_no() {
        let failed = |problem: Problem| outcome_of(&Err(ClusterError::new("insert", problem)), 1);
        assert!(matches!(failed(Problem::ConnectionLost), Outcome::Info(_)));
        assert!(matches!(failed(Problem::NotStarted("no container".into())), Outcome::Fail(_)));
        let limit = Duration::from_secs(1);
        assert!(matches!(failed(Problem::Rest(RestError::TimedOut { limit })), Outcome::Info(_)));
        let connect = ParseError::ConnectFailed { reason: "Unable to resolve FQDN".into(), code: None };
        assert!(matches!(failed(Problem::Shell(connect)), Outcome::Fail(_)));
        let cut = ParseError::Incomplete { statements: 1, results: 0, errors: 0 };
        assert!(matches!(failed(Problem::Shell(cut)), Outcome::Info(_)));
    }

    #[test]
    fn an_acknowledgement_counts_the_rows() {
        let answered =
            |reply, rows| outcome_of(&Ok(SqlOutcome { sql: String::new(), reply: Ok(reply), elapsed: None }), rows);
        assert_eq!(answered(Reply::Affected(1), 1), Outcome::Ok);
        assert_eq!(answered(Reply::Affected(3), 3), Outcome::Ok);
        assert!(matches!(answered(Reply::Affected(0), 1), Outcome::Info(_)));
        assert!(matches!(answered(Reply::Affected(1), 3), Outcome::Info(_)));
    }
}
