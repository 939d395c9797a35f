use std::time::Duration;

use seatrial_record::EvidenceKind;
use seatrial_taos::{
    Kind, Reply, SqlOutcome, kind,
    shell::{self, ParseError},
    split,
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{Cluster, ClusterError, Problem, Result, Seen, seen::table_text, session::Session};

/// How statements reach a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// `taos -s` in the pod, as the documents do. It asks the cluster of the first end point.
    #[default]
    Shell,
    /// The REST service of the pod, through a port-forward.
    Rest,
    /// The official connector, by websocket through a tunnel (3.x). It needs the time of the machine.
    Connector,
}

/// What became of a line of statements, and the evidence of it, which is there in any case.
#[derive(Debug)]
pub struct SqlRun {
    /// One outcome a statement, in order; or why it cannot be said what became of them.
    pub outcomes: Result<Vec<SqlOutcome>>,
    /// What was seen.
    pub seen: Vec<Seen>,
}

impl Cluster {
    /// Runs a line of statements in one session as far as the server allows it, within `limit` altogether.
    ///
    /// The shell runs them in one call if it can be told from the output which of them failed, and in several calls
    /// otherwise, each of which begins with the last `use`.
    pub async fn sql(&self, pod: &str, sql: &str, via: Via, limit: Duration) -> SqlRun {
        let mut seen = Vec::new();
        let statements = split(sql);
        let deadline = Instant::now() + limit;
        let outcomes = match via {
            _ if statements.is_empty() => {
                let problem = Problem::Invalid(format!("`{sql}` holds no statement"));
                Err(ClusterError::new(format!("run SQL in pod/{pod}"), problem))
            }
            Via::Shell => self.by_shell(pod, &statements, limit, deadline, &mut seen).await,
            Via::Rest => self.by_session(Session::Rest(self.rest(pod)), &statements, deadline, &mut seen).await,
            Via::Connector => {
                self.by_session(Session::Connector(self.connector(pod)), &statements, deadline, &mut seen).await
            }
        };
        SqlRun { outcomes, seen }
    }

    async fn by_shell(
        &self,
        pod: &str,
        statements: &[&str],
        limit: Duration,
        deadline: Instant,
        seen: &mut Vec<Seen>,
    ) -> Result<Vec<SqlOutcome>> {
        let mut outcomes = Vec::with_capacity(statements.len());
        for (carried, group) in shell::groups(statements) {
            match self.shell_call(pod, &group, limit, deadline, seen).await {
                Ok(answers) => outcomes.extend(answers.into_iter().skip(carried)),
                Err(error)
                    if is_ambiguous(&error) && group.iter().all(|sql| matches!(kind(sql), Kind::Rows | Kind::Use)) =>
                {
                    // Reading may be repeated, one by one.
                    let mut used = None;
                    for (index, &sql) in group.iter().enumerate() {
                        let call: Vec<&str> = used.into_iter().chain([sql]).collect();
                        let answers = self.shell_call(pod, &call, limit, deadline, seen).await?;
                        if index >= carried {
                            outcomes.extend(answers.into_iter().next_back());
                        }
                        if kind(sql) == Kind::Use {
                            used = Some(sql);
                        }
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(outcomes)
    }

    async fn shell_call(
        &self,
        pod: &str,
        statements: &[&str],
        limit: Duration,
        deadline: Instant,
        seen: &mut Vec<Seen>,
    ) -> Result<Vec<SqlOutcome>> {
        let line = shell::line(statements);
        let (tried, source) = (format!("run `{line}` in pod/{pod}"), self.command_line(pod, &line));
        let title = format!("{line} in {pod}");
        let remaining = deadline.saturating_duration_since(Instant::now());
        let output = match self.exec(pod, None, &shell::argv(statements), remaining).await {
            Ok(output) => output,
            Err(error) => {
                let error = if error.is_timeout() && remaining < limit {
                    Self::timed_out(&tried, "limit of the statements", limit, error.problem.to_string())
                } else {
                    error
                };
                let text = error.problem.to_string();
                seen.push(self.see(EvidenceKind::Command, title, source, text.as_bytes()));
                return Err(error);
            }
        };
        let mut text = output.stdout.clone();
        if !output.stderr.is_empty() {
            text.extend_from_slice(b"\n[standard error]");
            text.extend_from_slice(&output.stderr);
        }
        if output.exit != 0 {
            text.extend_from_slice(format!("\n[exit code {}]\n", output.exit).as_bytes());
        }
        let evidence = self.see(EvidenceKind::Command, title, source, &text);
        if output.truncated {
            seen.push(evidence);
            let near = ParseError::CutShort { shown: 0, footer: "output beyond the limit".to_owned(), near: line };
            return Err(ClusterError::new(tried, near));
        }
        let outcomes = shell::parse(&output.stdout, &output.stderr, output.exit, statements);
        let table = outcomes.as_ref().ok().and_then(|outcomes| match outcomes.as_slice() {
            [only] => only.table().ok().cloned(),
            _ => None,
        });
        seen.push(evidence.with_table(table));
        outcomes.map_err(|error| ClusterError::new(tried, error))
    }

    /// The command as a person would type it.
    fn command_line(&self, pod: &str, line: &str) -> String {
        let quoted = line.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('`', "\\`");
        format!("kubectl exec -n {} {pod} -- taos -s \"{quoted}\"", self.namespace())
    }

    pub(crate) fn see(&self, kind: EvidenceKind, title: String, source: String, text: &[u8]) -> Seen {
        Seen::new(kind, title, source, self.now(), text, self.limits().evidence_bytes)
    }

    async fn by_session(
        &self,
        mut session: Session,
        statements: &[&str],
        deadline: Instant,
        seen: &mut Vec<Seen>,
    ) -> Result<Vec<SqlOutcome>> {
        let mut outcomes = Vec::with_capacity(statements.len());
        for &sql in statements {
            let (title, source) = (session.title(sql), session.source());
            let answer = session.query(sql, deadline.saturating_duration_since(Instant::now())).await;
            seen.push(self.answered(title, source, &answer));
            outcomes.push(answer?);
        }
        Ok(outcomes)
    }

    /// The evidence of an answer.
    fn answered(&self, title: String, source: String, answer: &Result<SqlOutcome>) -> Seen {
        let text = match answer {
            Ok(SqlOutcome { reply: Ok(Reply::Rows(table)), .. }) => table_text(table),
            Ok(SqlOutcome { reply: Ok(reply), .. }) => reply.to_string(),
            Ok(SqlOutcome { reply: Err(error), .. }) => {
                format!("error {}: {error}", error.code_text().unwrap_or_default())
            }
            Err(error) => error.problem.to_string(),
        };
        let table = answer.as_ref().ok().and_then(|outcome| outcome.table().ok().cloned());
        self.see(EvidenceKind::Sql, title, source, text.as_bytes()).with_table(table)
    }
}

fn is_ambiguous(error: &ClusterError) -> bool {
    matches!(&*error.problem, Problem::Shell(ParseError::Ambiguous { .. }))
}
