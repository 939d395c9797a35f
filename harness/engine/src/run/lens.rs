use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::join_all;
use seatrial_chaos::Membership;
use seatrial_cluster::{PodState, Seen, Snapshot, SqlRun, Via};
use seatrial_record::{Blame, Observation, ObservedKind};
use seatrial_taos::{Kind, Profile, Reply, SqlError, SqlOutcome, kind, split};
use tokio::time::Instant;

use super::{Glance, workload::Workloads};
use crate::{
    Access,
    scenario::{Expectation, Names, Where},
};

/// What an expectation is looked at through: one moment of the cluster. What was asked is asked once only.
pub(crate) struct Lens {
    pub access: Arc<dyn Access>,
    pub names: Arc<Names>,
    pub profile: &'static Profile,
    /// The namespace as it is.
    pub snapshot: Snapshot,
    /// The namespace as it was before the action of the step.
    pub before: Arc<Snapshot>,
    pub workloads: Workloads,
    /// Who was ever a member of the cluster.
    pub roll: Arc<Mutex<Membership>>,
    /// Restarts that faults are to blame for, by UID or name of the pod.
    pub excused: BTreeMap<String, u32>,
    /// Pods whose server a fault has stopped or cut off.
    pub away: Vec<String>,
    /// Evidence of this look.
    pub seen: Vec<Seen>,
    /// States that were seen.
    pub observed: Vec<Observation>,
    pub(super) answers: BTreeMap<(String, String), Answer>,
    /// True for a look that only tells whether a thorough one is worth it: one pod is asked, by the quickest way.
    pub brief: bool,
    /// False once something could not be asked briefly.
    pub able: bool,
}

/// What SQL answered.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// One outcome a statement.
    Outcomes(Vec<SqlOutcome>),
    /// It cannot be said what became of the statements, and what was seen instead.
    Nothing(Glance),
}

/// How long SQL may take if the scenario does not say.
pub(crate) const SQL_LIMIT: Duration = Duration::from_secs(30);

impl Lens {
    /// Looks at an expectation.
    pub async fn look(&mut self, expectation: &Expectation) -> Glance {
        match expectation {
            Expectation::Dnodes(expected) => self.dnodes(expected).await,
            Expectation::Mnodes(expected) => self.mnodes(expected).await,
            Expectation::Vgroups(expected) => self.vgroups(expected).await,
            Expectation::Pods(expected) => self.pods(expected),
            Expectation::Pvcs(expected) => self.pvcs(expected),
            Expectation::Sql(expected) => self.sql(expected).await,
            Expectation::Exec(expected) => self.exec(expected).await,
            Expectation::Log(expected) => self.log(expected).await,
            Expectation::StatefulSet(expected) => self.statefulset(*expected),
            Expectation::Objects(expected) => self.objects(expected).await,
            Expectation::Namespace(_) => self.namespace().await,
            Expectation::Membership(expected) => self.membership(*expected).await,
            Expectation::Crashes(expected) => self.crashes(*expected),
            Expectation::Traces(expected) => self.traces(*expected).await,
            Expectation::Transactions(expected) => self.transactions(*expected).await,
            Expectation::Workload(expected) => self.workload(expected).await,
        }
    }

    /// The pods of the StatefulSet by ordinal.
    pub fn members(&self) -> BTreeMap<u32, &PodState> {
        members(&self.names, &self.snapshot)
    }

    /// Names of the pods that `place` means.
    pub fn pods_at(&self, place: &Where) -> Vec<String> {
        let most = if self.brief { 1 } else { usize::MAX };
        match place {
            Where::Each => {
                let live = |(_, pod): &(u32, &PodState)| pod.ready && !pod.deleting;
                self.members().into_iter().filter(live).map(|(_, pod)| pod.name.clone()).take(most).collect()
            }
            Where::Pods(ordinals) => ordinals.iter().map(|ordinal| self.names.pod(*ordinal)).take(most).collect(),
        }
    }

    /// What `sql` answers in `pod`.
    pub async fn ask(&mut self, pod: &str, sql: &str, via: Via, limit: Duration, expected: &str) -> Answer {
        if let Some(answer) = self.answers.get(&key(pod, sql, via, limit)) {
            return answer.clone();
        }
        if self.brief {
            return self.ask_briefly(pod, sql, expected).await;
        }
        let answered = timed(self.access.sql(pod, sql, via, limit)).await;
        self.keep(pod, sql, via, limit, expected, answered)
    }

    /// Asks several pods at once what they will be asked anyway: on a real cluster each answer may take a second.
    pub async fn ask_ahead(&mut self, pods: &[String], sql: &str, via: Via, limit: Duration, expected: &str) {
        if !reads(sql) {
            return;
        }
        let access = Arc::clone(&self.access);
        let all = join_all(pods.iter().map(|pod| timed(access.sql(pod, sql, via, limit)))).await;
        for (pod, answered) in pods.iter().zip(all) {
            self.keep(pod, sql, via, limit, expected, answered);
        }
    }

    async fn ask_briefly(&mut self, pod: &str, sql: &str, expected: &str) -> Answer {
        let access = Arc::clone(&self.access);
        if reads(sql)
            && let Some(quick) = access.quick()
            && let Ok(outcomes) = quick.glimpse(pod, sql).await
        {
            return Answer::Outcomes(outcomes);
        }
        self.able = false;
        Answer::Nothing(Glance {
            blame: Some(Blame::Harness),
            ..Glance::no(expected, "", "it cannot be asked briefly")
        })
    }

    fn keep(
        &mut self,
        pod: &str,
        sql: &str,
        via: Via,
        limit: Duration,
        expected: &str,
        (SqlRun { outcomes, seen }, measured): (SqlRun, Duration),
    ) -> Answer {
        self.seen.extend(seen);
        let answer = match outcomes {
            Ok(mut outcomes) => {
                if let [only] = outcomes.as_mut_slice() {
                    only.elapsed.get_or_insert(measured);
                }
                Answer::Outcomes(outcomes)
            }
            // The shell could not connect: that is what a person would see, too.
            Err(error) => match error.sql_error() {
                Some(answer) => {
                    let elapsed = Some(measured);
                    Answer::Outcomes(vec![SqlOutcome { sql: sql.to_owned(), reply: Err(answer), elapsed }])
                }
                None => Answer::Nothing(Glance::error(expected, &error)),
            },
        };
        self.answers.insert(key(pod, sql, via, limit), answer.clone());
        answer
    }

    /// The rows of a table that the server shows, or what there was instead.
    pub async fn view<T, E: std::fmt::Display>(
        &mut self,
        pod: &str,
        sql: &str,
        expected: &str,
        read: fn(&seatrial_record::Table) -> Result<Vec<T>, E>,
    ) -> Result<Vec<T>, Glance> {
        let outcomes = match self.ask(pod, sql, Via::Shell, SQL_LIMIT, expected).await {
            Answer::Outcomes(outcomes) => outcomes,
            Answer::Nothing(glance) => return Err(glance),
        };
        match outcomes.into_iter().next().map(|outcome| outcome.reply) {
            Some(Ok(Reply::Rows(table))) => read(&table).map_err(|error| Glance {
                holds: super::Holds::Unknown,
                blame: Some(Blame::Harness),
                ..Glance::no(expected, "", format!("the answer to `{sql}` in {pod} cannot be read: {error}"))
            }),
            Some(Ok(other)) => {
                Err(Glance::no(expected, other.to_string(), format!("`{sql}` in {pod} answered: {other}")))
            }
            Some(Err(SqlError { text, .. })) => {
                Err(Glance::no(expected, format!("error: {text}"), format!("`{sql}` in {pod} answered: {text}")))
            }
            None => Err(Glance::no(expected, "nothing", format!("`{sql}` in {pod} answered nothing"))),
        }
    }

    /// Notes the state of something.
    pub fn observe(&mut self, kind: ObservedKind, name: String, state: String) {
        self.observed.push(Observation { kind, name, state });
    }
}

/// The pods of the StatefulSet by ordinal.
pub(crate) fn members<'a>(names: &Names, snapshot: &'a Snapshot) -> BTreeMap<u32, &'a PodState> {
    snapshot.pods.values().filter_map(|pod| Some((names.ordinal(&pod.name)?, pod))).collect()
}

fn key(pod: &str, sql: &str, via: Via, limit: Duration) -> (String, String) {
    (pod.to_owned(), format!("{via:?} {limit:?} {sql}"))
}

/// True if the statements change nothing, so that they may be asked once more.
pub(crate) fn reads(sql: &str) -> bool {
    split(sql).into_iter().all(|statement| matches!(kind(statement), Kind::Rows | Kind::Use))
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    let value = work.await;
    (value, begun.elapsed())
}
