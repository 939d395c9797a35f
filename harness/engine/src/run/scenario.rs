use std::{sync::Arc, time::Duration};

use seatrial_chaos::{Heal, measure};
use seatrial_cluster::Via;
use seatrial_record::{Blame, Body, StepFinished, Verdict};
use seatrial_taos::Version;
use tokio::time::Instant;

use super::{SQL_LIMIT, Setting, Stage, Stop, check::CheckEnd};
use crate::{
    Edits,
    plan::start_title,
    scenario::{Bound, Check, Dnodes, Expectation, Filter, Ids, Look, Place, Pods, Scenario, Subject},
    title::readable,
};

/// How long it may take until the first news of the namespace come.
const FIRST_NEWS: Duration = Duration::from_secs(30);
/// How long collecting diagnostics after a failure may take.
const DIAGNOSTICS: Duration = Duration::from_secs(150);
/// How long each action of `finally` may take.
const FINALLY: Duration = Duration::from_secs(150);

/// How a scenario ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScenarioEnd {
    pub verdict: Option<Verdict>,
    pub blame: Option<Blame>,
    pub reason: String,
    pub passed: u32,
    pub checks: u32,
    pub interrupted: bool,
    /// How much of its time the cluster would have taken anyway; none if it never began.
    pub inherent: Option<Duration>,
}

/// What must hold at the start of every scenario: all pods and all dnodes are ready.
pub(crate) fn implied(replicas: u32, within: Bound) -> Vec<Check> {
    let pods = Pods { ready: (0..replicas).collect(), ..Pods::default() };
    let end_point = |ordinal: u32| format!("${{pod({ordinal})}}").parse().ok();
    let ids = (0..replicas).map(|ordinal| (ordinal + 1, end_point(ordinal))).collect();
    let dnodes = Dnodes { ready: Ids(ids), ..Dnodes::default() };
    let check = |expectation, within| Check {
        place: Place::default(),
        title: None,
        filter: Filter::default(),
        subject: Subject::One(expectation),
        within: Some(within),
        hold: None,
        confirms: Vec::new(),
        contradicts: Vec::new(),
    };
    let after = Bound(Duration::from_secs(60));
    vec![check(Expectation::Pods(pods), within), check(Expectation::Dnodes(dnodes), after)]
}

impl ScenarioEnd {
    /// Takes the end of a check or an action into account.
    fn add(&mut self, end: &CheckEnd) {
        // The first that is worst gives the reason.
        if self.verdict.is_none_or(|verdict| verdict < end.verdict) {
            self.verdict = Some(end.verdict);
            self.blame = end.blame;
            self.reason = if end.verdict == Verdict::Pass { String::new() } else { end.reason.clone() };
        }
    }
}

impl Stage<'_> {
    /// Runs a scenario from its start to its end, whatever that is. Only events that cannot be written are an error.
    pub async fn scenario(&mut self, scenario: &Scenario, setting: &Setting<'_>) -> Result<ScenarioEnd, Stop> {
        let mut end = ScenarioEnd::default();
        match self.steps(scenario, setting, &mut end).await {
            Ok(()) => {}
            Err(stop @ Stop::Write(_)) => return Err(stop),
            Err(stop) => {
                let late = matches!(stop, Stop::OutOfTime);
                end.interrupted = matches!(stop, Stop::Interrupted);
                let (verdict, blame, reason) = match stop {
                    Stop::Interrupted => (Verdict::Unknown, Blame::Harness, "it was interrupted".to_owned()),
                    Stop::OutOfTime => {
                        let reason = format!("it took longer than its `timeout` of {}", scenario.timeout);
                        (Verdict::Unknown, Blame::Harness, reason)
                    }
                    Stop::Blind(error) => (Verdict::Unknown, error.blame(), error.to_string()),
                    Stop::Write(_) => (Verdict::Unknown, Blame::Harness, String::new()),
                };
                let verdict = end.verdict.map_or(verdict, |known| known.max(verdict));
                end.verdict = Some(verdict);
                if end.blame.is_none() {
                    end.blame = Some(blame);
                    end.reason.clone_from(&reason);
                }
                if late {
                    self.last_chance(DIAGNOSTICS);
                    // What could be collected until then was recorded.
                    if let Err(stop @ Stop::Write(_)) = self.diagnose(&[]).await {
                        return Err(stop);
                    }
                }
                self.finish_step(Some(verdict), Some(blame), reason, self.acted)?;
            }
        }
        // What happened until a failure is what a reader wants to see.
        for (name, history) in self.workloads.abandon() {
            for span in measure(&history, &self.key, &name) {
                self.tell(Body::Measured(span))?;
            }
        }
        self.heal_in_any_case().await?;
        for action in &scenario.finally {
            self.last_chance(FINALLY);
            let text = match self.act(action, setting).await {
                Ok(Ok(())) => continue,
                Ok(Err(end)) => end.reason,
                Err(stop @ Stop::Write(_)) => return Err(stop),
                Err(_) => "it was broken off".to_owned(),
            };
            let text = format!("at the end, {}: {text}", action.title());
            self.tell(Body::Notice { scenario: Some(self.key.clone()), text })?;
        }
        end.inherent = Some(self.spent());
        Ok(end)
    }

    /// Takes back the faults that are left, whatever happened.
    async fn heal_in_any_case(&mut self) -> Result<(), Stop> {
        let left = self.injector.as_ref().is_some_and(|injector| injector.active().next().is_some());
        if !left {
            return Ok(());
        }
        self.last_chance(FINALLY * 2);
        let text = match Box::pin(self.heal(&Heal::All)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(end)) => end.reason,
            Err(stop @ Stop::Write(_)) => return Err(stop),
            Err(_) => "it was broken off".to_owned(),
        };
        let text = format!("at the end, taking back the faults: {text}");
        self.tell(Body::Notice { scenario: Some(self.key.clone()), text })?;
        Ok(())
    }

    async fn steps(&mut self, scenario: &Scenario, setting: &Setting<'_>, end: &mut ScenarioEnd) -> Result<(), Stop> {
        self.first_news(FIRST_NEWS).await?;
        self.begin_step(0, start_title(scenario.start.replicas)).await?;
        let begun = self.acted;
        let version = scenario.start.version.unwrap_or(setting.tdengine);
        let image = if scenario.start.version.is_some() {
            setting.edits.image_of(version)
        } else {
            setting.edits.image.clone()
        };
        let edits = Edits { image, ..setting.edits.clone() };
        let acted = self.apply_all(setting.set, &edits, scenario.start.replicas).await?;
        self.spend(begun.elapsed());
        let mut checks = implied(scenario.start.replicas, scenario.start.within);
        checks.extend(scenario.start.check.iter().cloned());
        let failure = match acted {
            Ok(()) => self.checks(&checks, &[], end).await?,
            Err(failure) => self.fail(&failure, &[], end).await?,
        };
        let failure = match failure {
            None => match self.other_version(version).await? {
                Some(other) => self.fail(&other, &[], end).await?,
                None => None,
            },
            failure => failure,
        };
        let failed = failure.is_some();
        self.finish(begun, failure)?;
        if failed {
            return Ok(());
        }
        for (number, step) in (1..).zip(&scenario.steps) {
            let title = readable(&step.title(), &self.names);
            self.begin_step(number, title).await?;
            let begun = self.acted;
            if !self.happened(&step.filter) {
                let names: Vec<&str> = step.filter.when.iter().map(|name| name.value.as_str()).collect();
                let reason = format!("not done: outcome {} did not happen", names.join(" or "));
                self.finish_step(None, None, reason, begun)?;
                continue;
            }
            let acted = match &step.action {
                Some(action) => self.act(action, setting).await?,
                None => Ok(()),
            };
            self.spend(begun.elapsed());
            let failure = match acted {
                Ok(()) => self.checks(&step.check, &step.catch, end).await?,
                Err(failure) => self.fail(&failure, &step.catch, end).await?,
            };
            let made = !step.check.is_empty();
            match failure {
                Some(failure) => {
                    self.finish(begun, Some(failure))?;
                    return Ok(());
                }
                None if made => self.finish(begun, None)?,
                None => self.finish_step(None, None, String::new(), begun)?,
            }
        }
        Ok(())
    }

    /// Asks the servers for their version. An end if it is not the expected one: what was planned would be for others.
    async fn other_version(&mut self, expected: Version) -> Result<Option<CheckEnd>, Stop> {
        const ASK: &str = "select server_version()";
        let (access, pod) = (Arc::clone(&self.access), self.names.pod(0));
        let mut run = None;
        // The shell of 2.1 takes more than a second; no reader needs to see it here.
        if access.quick().is_some() {
            let quick = self.drive(access.sql(&pod, ASK, Via::Rest, SQL_LIMIT)).await?;
            run = Some(quick).filter(|run| run.outcomes.is_ok());
        }
        let run = match run {
            Some(run) => run,
            None => self.drive(access.sql(&pod, ASK, Via::Shell, SQL_LIMIT)).await?,
        };
        self.record(run.seen)?;
        let table = run.outcomes.ok().and_then(|outcomes| outcomes.last()?.table().ok().cloned());
        let said = table.and_then(|table| table.rows.first()?.first()?.clone());
        let Some(found) = said.as_deref().and_then(Version::find) else {
            let text = "the servers do not tell their version, so it was not compared".to_owned();
            self.tell(Body::Notice { scenario: Some(self.key.clone()), text })?;
            return Ok(None);
        };
        let reason = format!("the servers say that they are {found}, and not {expected}: run with --tdengine {found}");
        let end = CheckEnd { verdict: Verdict::Unknown, blame: Some(Blame::Environment), reason };
        Ok((found != expected).then_some(end))
    }

    async fn begin_step(&mut self, step: u32, title: String) -> Result<(), Stop> {
        self.step = step;
        self.before = Arc::new(self.fresh().await?);
        self.workloads.mark();
        self.acted = Instant::now();
        self.tell(Body::StepStarted { scenario: self.key.clone(), step, title })?;
        Ok(())
    }

    /// Makes checks one after the other; all of them, so that a failure shows all that is wrong. The worst is returned
    /// if one did not pass.
    async fn checks(
        &mut self,
        checks: &[Check],
        catch: &[Look],
        end: &mut ScenarioEnd,
    ) -> Result<Option<CheckEnd>, Stop> {
        let mut worst: Option<CheckEnd> = None;
        for (number, check) in (1..).zip(checks) {
            if !self.happened(&check.filter) {
                continue;
            }
            end.checks += 1;
            let hurried = worst.is_some() && !self.patience;
            let one = self.check(number, check, hurried).await?;
            end.add(&one);
            if one.verdict == Verdict::Pass {
                end.passed += 1;
            } else if worst.as_ref().is_none_or(|worst| worst.verdict < one.verdict) {
                worst = Some(one);
            }
        }
        if worst.is_some() {
            self.diagnose(catch).await?;
        }
        Ok(worst)
    }

    async fn fail(
        &mut self,
        failure: &CheckEnd,
        catch: &[Look],
        end: &mut ScenarioEnd,
    ) -> Result<Option<CheckEnd>, Stop> {
        end.add(failure);
        self.diagnose(catch).await?;
        Ok(Some(failure.clone()))
    }

    /// True if one of the outcomes that `filter` asks for has happened.
    fn happened(&self, filter: &Filter) -> bool {
        filter.when.is_empty() || filter.when.iter().any(|name| self.outcomes.contains(&name.value))
    }

    /// Records what a person would look at after a failure.
    async fn diagnose(&mut self, catch: &[Look]) -> Result<(), Stop> {
        if !self.diagnostics {
            return Ok(());
        }
        let mut lens = self.lens(self.snapshot.clone());
        for look in catch {
            let expectation = match look {
                Look::Sql(sql) => Expectation::Sql(sql.clone()),
                Look::Exec(exec) => Expectation::Exec(exec.clone()),
            };
            self.drive(lens.look(&expectation)).await?;
        }
        self.record(lens.seen)?;
        let access = Arc::clone(&self.access);
        let collected = self.drive(tokio::time::timeout(DIAGNOSTICS, access.diagnostics())).await?;
        self.record(collected.unwrap_or_default())?;
        Ok(())
    }

    fn finish(&mut self, begun: Instant, failure: Option<CheckEnd>) -> Result<(), Stop> {
        match failure {
            None => self.finish_step(Some(Verdict::Pass), None, String::new(), begun),
            Some(failure) => self.finish_step(Some(failure.verdict), failure.blame, failure.reason, begun),
        }
    }

    fn finish_step(
        &mut self,
        verdict: Option<Verdict>,
        blame: Option<Blame>,
        reason: String,
        begun: Instant,
    ) -> Result<(), Stop> {
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (scenario, step) = (self.key.clone(), self.step);
        let inherent_ms = u64::try_from(self.spent_in_step().as_millis()).unwrap_or(u64::MAX);
        let own_ms = Some(took_ms.saturating_sub(inherent_ms));
        self.tell(Body::StepFinished(StepFinished { scenario, step, verdict, blame, reason, took_ms, own_ms }))?;
        Ok(())
    }
}
