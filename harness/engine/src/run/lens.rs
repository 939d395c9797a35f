use std::{collections::BTreeMap, sync::Arc, time::Duration};

use seatrial_cluster::{PodState, Seen, Snapshot, SqlRun, Via};
use seatrial_record::{Observation, ObservedKind};
use seatrial_taos::{Profile, Reply, SqlError, SqlOutcome};

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
    /// Evidence of this look.
    pub seen: Vec<Seen>,
    /// States that were seen.
    pub observed: Vec<Observation>,
    pub(super) answers: BTreeMap<(String, String), Answer>,
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
            Expectation::Workload(expected) => self.workload(expected).await,
        }
    }

    /// The pods of the StatefulSet by ordinal.
    pub fn members(&self) -> BTreeMap<u32, &PodState> {
        members(&self.names, &self.snapshot)
    }

    /// Names of the pods that `place` means.
    pub fn pods_at(&self, place: &Where) -> Vec<String> {
        match place {
            Where::Each => {
                let live = |(_, pod): &(u32, &PodState)| pod.ready && !pod.deleting;
                self.members().into_iter().filter(live).map(|(_, pod)| pod.name.clone()).collect()
            }
            Where::Pods(ordinals) => ordinals.iter().map(|ordinal| self.names.pod(*ordinal)).collect(),
        }
    }

    /// What `sql` answers in `pod`.
    pub async fn ask(&mut self, pod: &str, sql: &str, via: Via, limit: Duration, expected: &str) -> Answer {
        let key = (pod.to_owned(), format!("{via:?} {limit:?} {sql}"));
        if let Some(answer) = self.answers.get(&key) {
            return answer.clone();
        }
        let begun = Instant::now();
        let SqlRun { outcomes, seen } = self.access.sql(pod, sql, via, limit).await;
        let measured = begun.elapsed();
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
        self.answers.insert(key, answer.clone());
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
                blame: Some(seatrial_record::Blame::Harness),
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
