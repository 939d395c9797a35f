use std::time::Duration;

use seatrial_record::{EvidenceKind, Table};
use seatrial_taos::{
    Dnode, Kind, Mnode, Reply, SqlOutcome, Vgroup, ViewError, dnodes, kind, mnodes,
    rest::{self, Connection, Login, RestError},
    shell::{self, ParseError},
    split, used_database, vgroups,
};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout};

use crate::{Cluster, ClusterError, Problem, Result, Seen, exec::Refusal, seen::table_text};

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

/// How end points are asked for through the shell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Full {
    /// The statement as the documents have it: end points are cut to 30 characters.
    #[default]
    AsShown,
    /// With `\G`, which shows them as far as the server's column holds them: whole but for 2.1, where it has 40 bytes.
    Vertical,
}

/// What became of a line of statements, and the evidence of it, which is there in any case.
#[derive(Debug)]
pub struct SqlRun {
    /// One outcome a statement, in order; or why it cannot be said what became of them.
    pub outcomes: Result<Vec<SqlOutcome>>,
    /// What was seen.
    pub seen: Vec<Seen>,
}

/// A table of the server, read.
#[derive(Debug)]
pub struct Viewed<T> {
    /// Its rows.
    pub rows: Result<Vec<T>>,
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
            Via::Rest => self.by_rest(pod, &statements, deadline, &mut seen).await,
            Via::Connector => self.by_connector(pod, &statements, deadline, &mut seen).await,
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

    async fn by_rest(
        &self,
        pod: &str,
        statements: &[&str],
        deadline: Instant,
        seen: &mut Vec<Seen>,
    ) -> Result<Vec<SqlOutcome>> {
        let mut session = self.rest(pod);
        let mut outcomes = Vec::with_capacity(statements.len());
        for &sql in statements {
            let source = format!("POST {} to port {} of pod/{pod}", session.path(), rest::PORT);
            let answer = session.query(sql, deadline.saturating_duration_since(Instant::now())).await;
            seen.push(self.answered(format!("{sql} by REST in {pod}"), source, &answer));
            outcomes.push(answer?);
        }
        Ok(outcomes)
    }

    async fn by_connector(
        &self,
        pod: &str,
        statements: &[&str],
        deadline: Instant,
        seen: &mut Vec<Seen>,
    ) -> Result<Vec<SqlOutcome>> {
        let mut session = self.connector(pod);
        let mut outcomes = Vec::with_capacity(statements.len());
        for &sql in statements {
            let source = format!("websocket to port {} of pod/{pod}", rest::PORT);
            let answer = session.query(sql, deadline.saturating_duration_since(Instant::now())).await;
            seen.push(self.answered(format!("{sql} by the connector in {pod}"), source, &answer));
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

    /// A session with the REST service of a pod.
    pub fn rest(&self, pod: &str) -> RestSession {
        RestSession { cluster: self.clone(), pod: pod.to_owned(), connection: None, database: None }
    }

    async fn view<T>(
        &self,
        pod: &str,
        sql: &str,
        via: Via,
        read: fn(&Table) -> std::result::Result<Vec<T>, ViewError>,
    ) -> Viewed<T> {
        let SqlRun { outcomes, seen } = self.sql(pod, sql, via, self.limits().query).await;
        let tried = || format!("run `{sql}` in pod/{pod}");
        let rows = outcomes.and_then(|outcomes| {
            let Some(outcome) = outcomes.first() else {
                return Err(ClusterError::new(tried(), Problem::Invalid("no statement".to_owned())));
            };
            let table = outcome.table().map_err(|error| ClusterError::new(tried(), error))?;
            read(table).map_err(|error| ClusterError::new(tried(), error))
        });
        Viewed { rows, seen }
    }

    /// `show dnodes` as this pod's server answers it, within the limit `query`. `full` is for the shell; REST gives all
    /// that the server's column holds.
    pub async fn dnodes(&self, pod: &str, via: Via, full: Full) -> Viewed<Dnode> {
        self.view(pod, &statement("show dnodes", via, full), via, dnodes).await
    }

    /// `show mnodes`.
    pub async fn mnodes(&self, pod: &str, via: Via, full: Full) -> Viewed<Mnode> {
        self.view(pod, &statement("show mnodes", via, full), via, mnodes).await
    }

    /// `show DATABASE.vgroups`.
    pub async fn vgroups(&self, pod: &str, database: &str, via: Via) -> Viewed<Vgroup> {
        self.view(pod, &format!("show {database}.vgroups"), via, vgroups).await
    }

    /// The databases, by `show databases`.
    pub async fn databases(&self, pod: &str, via: Via) -> Viewed<String> {
        self.view(pod, "show databases", via, names).await
    }
}

fn names(table: &Table) -> std::result::Result<Vec<String>, ViewError> {
    if table.rows.is_empty() {
        return Ok(Vec::new());
    }
    let column = table.columns.iter().position(|column| column == "name").ok_or_else(|| ViewError::Column {
        view: "show databases",
        wanted: &["name"],
        found: table.columns.clone(),
    })?;
    Ok(table.rows.iter().filter_map(|row| row.get(column)?.clone()).collect())
}

fn statement(sql: &str, via: Via, full: Full) -> String {
    if via == Via::Shell && full == Full::Vertical { format!("{sql}\\G") } else { sql.to_owned() }
}

fn is_ambiguous(error: &ClusterError) -> bool {
    matches!(&*error.problem, Problem::Shell(ParseError::Ambiguous { .. }))
}

/// A session with the REST service of a pod, through a port-forward that is made when it is needed, and made again
/// when it broke, say because the pod was replaced by another of the same name.
#[derive(Debug)]
pub struct RestSession {
    cluster: Cluster,
    pod: String,
    connection: Option<(Connection, Refusal)>,
    database: Option<String>,
}

impl RestSession {
    /// The pod.
    pub fn pod(&self) -> &str {
        &self.pod
    }

    fn path(&self) -> String {
        self.database.as_ref().map_or_else(|| "/rest/sql".to_owned(), |name| format!("/rest/sql/{name}"))
    }

    /// Sends one statement. A database that was chosen with `use` stays chosen. A statement is sent again only if it
    /// certainly did not reach the server.
    pub async fn query(&mut self, sql: &str, limit: Duration) -> Result<SqlOutcome> {
        let tried = format!("run `{sql}` by REST in pod/{}", self.pod);
        let work = async {
            let reused = self.connection.is_some();
            match self.attempt(sql, limit).await {
                Err(error) if reused && certainly_unsent(&error) => self.attempt(sql, limit).await,
                other => other,
            }
        };
        let outcome = match timeout(limit, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ClusterError::new(&tried, RestError::TimedOut { limit })),
        };
        match &outcome {
            Ok(SqlOutcome { reply: Ok(_), .. }) => {
                if let Some(database) = used_database(sql) {
                    self.database = Some(database);
                }
            }
            Ok(_) => {}
            Err(_) => self.connection = None,
        }
        outcome
    }

    async fn attempt(&mut self, sql: &str, limit: Duration) -> Result<SqlOutcome> {
        let tried = format!("run `{sql}` by REST in pod/{}", self.pod);
        let fresh = self.connection.as_ref().is_none_or(|(connection, _)| connection.is_closed());
        if fresh {
            let stream = self.cluster.forward(&self.pod, rest::PORT).await?;
            let refusal = stream.refusal();
            let connection = Connection::open(stream, Login::default()).await;
            self.connection = Some((connection.map_err(|error| ClusterError::new(&tried, error))?, refusal));
        }
        let Some((connection, refusal)) = &mut self.connection else {
            return Err(ClusterError::new(tried, Problem::ConnectionLost));
        };
        let answer = connection.query(sql, self.database.as_deref(), limit).await;
        if answer.is_err() {
            // The refusal comes on a channel of its own, at the same time.
            tokio::task::yield_now().await;
        }
        // Only of a new connection does it say that nothing was sent: others may break later, with a message, too.
        let refused = refusal.get().filter(|message| fresh && message.contains("refused"));
        answer.map_err(|error| {
            self.connection = None;
            match refused {
                Some(message) => ClusterError::new(tried, Problem::Port { port: rest::PORT, message }),
                None => ClusterError::new(tried, error),
            }
        })
    }
}

fn certainly_unsent(error: &ClusterError) -> bool {
    match &*error.problem {
        Problem::Rest(error) => !error.may_have_happened() && matches!(error, RestError::NoHttp { .. }),
        _ => false,
    }
}
