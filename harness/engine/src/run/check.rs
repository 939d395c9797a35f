use std::{collections::BTreeMap, time::Duration};

use seatrial_cluster::Snapshot;
use seatrial_record::{Blame, Body, CheckFinished, ClaimFinding, Finding, Verdict};
use tokio::time::Instant;

use super::{
    Glance, Holds, Lens, Stage, Stop,
    notice::{Dozed, Pauses},
};
use crate::{
    plan::by_watch,
    scenario::{Check, Expectation, Located, Outcome, Subject},
    title::readable,
};

/// The first pause between two looks at what cannot be watched.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The same where nobody wants to know when something happened, but only whether it did.
const IDLE_PAUSE: Duration = Duration::from_secs(5);

/// How a check ended.
#[derive(Clone, Debug)]
pub(crate) struct CheckEnd {
    pub verdict: Verdict,
    pub blame: Option<Blame>,
    pub reason: String,
}

/// What a look at a check says.
pub(super) struct Look {
    pub glance: Glance,
    /// The outcome that all is about, if there are several.
    outcome: Option<String>,
    /// For how long it must hold in all.
    hold: Duration,
    /// When the outcome that happened had held for long enough, if it had to.
    ripe: Option<Instant>,
    /// How long it took to ask for what holds, other outcomes not counted.
    answering: Duration,
}

/// Since when the parts of a check hold without a break, and from when on that is for long enough.
#[derive(Default)]
pub(super) struct Holding(BTreeMap<(usize, usize), (Instant, Duration)>);

impl Holding {
    /// When what holds of an outcome has held for long enough.
    fn ripe(&self, outcome: usize) -> Option<Instant> {
        let parts = self.0.iter().filter(|((of, _), (_, hold))| *of == outcome && !hold.is_zero());
        parts.map(|(_, (since, hold))| *since + *hold).max()
    }

    /// The first such moment of any outcome that is still to come.
    fn next(&self, now: Instant) -> Option<Instant> {
        self.0.keys().filter_map(|(outcome, _)| self.ripe(*outcome)).filter(|ripe| *ripe > now).min()
    }
}

impl Stage<'_> {
    /// Makes a check and tells how it ended. One that is `hurried` is not waited for.
    pub async fn check(&mut self, number: u32, check: &Check, hurried: bool) -> Result<CheckEnd, Stop> {
        let begun = Instant::now();
        let deadline = check.within.filter(|_| !hurried).map_or(begun, |within| begun + within.0);
        let watched = check.expectations().into_iter().all(by_watch);
        // What a workload has done so far is known without asking anybody.
        let counted = check.expectations().into_iter().all(|expected| matches!(expected, Expectation::Workload(_)));
        let (mut pause, longest) = (FIRST_PAUSE, if self.patience { LONGEST_PAUSE } else { IDLE_PAUSE });
        let mut holding = Holding::default();
        let mut fulfilled: Option<(Instant, Vec<u64>)> = None;
        let mut first = true;
        // The last moment at which it was known not to hold, and when it was noticed to hold.
        let (mut doubted, mut noticed): (Option<Instant>, Option<Instant>) = (None, None);
        // How long servers took to answer the last look; when they last answered no; how long the look that noticed it took.
        let mut answering;
        let (mut answered, mut answer) = (begun, None);
        let (verdict, last, evidence) = loop {
            let (looked, told) = (Instant::now(), watched.then_some(self.changes()));
            let snapshot = if first && !watched { self.fresh().await? } else { self.snapshot.clone() };
            first = false;
            let asked = Instant::now();
            let (look, Lens { seen, observed, .. }, beside) =
                self.look_surely(check, snapshot, watched.then_some(deadline), &mut holding).await?;
            self.observed(observed)?;
            let now = Instant::now();
            answering = now - asked;
            match look.glance.holds {
                Holds::Yes => {
                    let since = if let Some((since, _)) = &fulfilled {
                        *since
                    } else {
                        let ids = self.record(seen.clone())?;
                        fulfilled = Some((now, ids));
                        answer = noticed.or(beside.noticed).is_none().then_some(look.answering);
                        noticed.get_or_insert(beside.noticed.unwrap_or(now));
                        doubted = doubted.max(beside.doubted).max(look.ripe);
                        now
                    };
                    if now >= since + look.hold {
                        let mut evidence = fulfilled.take().map(|(_, ids)| ids).unwrap_or_default();
                        if now > since {
                            evidence.extend(self.record(seen)?);
                        }
                        break (Verdict::Pass, look, evidence);
                    }
                    // Something that holds is looked at until it has held for long enough, whatever the deadline.
                    self.keep_looking(told, now + pause, since + look.hold).await?;
                }
                no => {
                    let broken = fulfilled.take();
                    if now >= deadline {
                        let evidence = self.record(seen)?;
                        let verdict = if no == Holds::Unknown { Verdict::Unknown } else { Verdict::Fail };
                        let look = match broken {
                            Some((since, _)) if no == Holds::No => broke(look, now - since),
                            _ => look,
                        };
                        break (verdict, look, evidence);
                    }
                    if broken.is_some() {
                        pause = FIRST_PAUSE;
                    }
                    // The look that finds it ripe should end then, and not begin.
                    let ripe = holding.next(now).map(|ripe| ripe.checked_sub(answering).unwrap_or(ripe));
                    let pauses = Pauses { pause, ripe, deadline, told };
                    let dozed = self.await_change(check, looked, beside, pauses).await?;
                    (doubted, noticed, answered) = (dozed.doubted, dozed.noticed, now);
                }
            }
            if !counted {
                pause = (pause * 3 / 2).min(longest);
            }
        };
        let blame = (verdict != Verdict::Pass).then(|| last.glance.blame.unwrap_or(Blame::Product));
        // An environment that fails says nothing about the product.
        let verdict = if blame == Some(Blame::Environment) { Verdict::Unknown } else { verdict };
        let outcome = if verdict == Verdict::Pass { last.outcome.clone() } else { None };
        self.outcomes.extend(outcome.clone());
        let seen_by = last.glance.seen_by(verdict);
        let end = CheckEnd { verdict, blame, reason: last.glance.why.clone() };
        let noticed = noticed.filter(|_| verdict == Verdict::Pass);
        let changed = doubted.filter(|_| noticed.is_some());
        // What was awaited, how long it had to hold, and the answers that decided it, which anybody would have to wait
        // for, are the cluster's time; so is all of a wait that was in vain.
        let awaited = changed.map_or(Duration::ZERO, |changed| changed.max(answered).saturating_duration_since(begun));
        let passed = verdict == Verdict::Pass;
        self.spend(if passed { (awaited + last.hold + answering).min(begun.elapsed()) } else { begun.elapsed() });
        let since_action = |moment: Instant| moment.saturating_duration_since(self.acted);
        self.tell(Body::CheckFinished(Box::new(CheckFinished {
            scenario: self.key.clone(),
            step: self.step,
            check: number,
            title: readable(&check.title(), &self.names),
            verdict,
            blame,
            expected: last.glance.expected,
            seen_by,
            seen: last.glance.seen,
            reason: last.glance.why,
            findings: findings(check, verdict, outcome.as_deref()),
            outcome,
            changed_after_ms: changed.map(|moment| millis(since_action(moment))),
            fulfilled_after_ms: noticed.map(|moment| millis(since_action(moment))),
            answer_ms: answered_between(answer, changed, noticed),
            took_ms: millis(begun.elapsed()),
            evidence,
        })))?;
        Ok(end)
    }

    /// A look at a check. With a `last` moment, what is seen at `snapshot` was told by the watch, which may be behind: what
    /// decides, because it holds or because there is no more time, is seen in the namespace as it is read now.
    async fn look_surely(
        &mut self,
        check: &Check,
        snapshot: Snapshot,
        last: Option<Instant>,
        holding: &mut Holding,
    ) -> Result<(Look, Lens, Dozed), Stop> {
        let looked = self.look_closely(check, snapshot, holding).await?;
        if last.is_some_and(|last| looked.0.glance.holds == Holds::Yes || Instant::now() >= last) {
            let fresh = self.fresh().await?;
            if fresh != looked.1.snapshot {
                return self.look_closely(check, fresh, holding).await;
            }
        }
        Ok(looked)
    }
}

/// How much of the time between a change and its being noticed an answer took: it may have been asked for before the change.
fn answered_between(answer: Option<Duration>, changed: Option<Instant>, noticed: Option<Instant>) -> Option<u64> {
    Some(millis(answer?.min(noticed?.saturating_duration_since(changed?)))).filter(|ms| *ms > 0)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn broke(mut look: Look, after: Duration) -> Look {
    look.glance.why = format!("it held for {:.1} s, then: {}", after.as_secs_f64(), look.glance.why);
    look
}

pub(super) async fn look(lens: &mut Lens, check: &Check, holding: &mut Holding) -> Look {
    let begun = Instant::now();
    match &check.subject {
        Subject::One(expectation) => Look {
            glance: lens.look(expectation).await,
            outcome: None,
            hold: check.hold.map_or(Duration::ZERO, |hold| hold.0),
            ripe: None,
            answering: begun.elapsed(),
        },
        Subject::Outcomes(outcomes) => several(lens, outcomes, holding).await,
    }
}

/// Looks which of several outcomes has happened.
async fn several(lens: &mut Lens, outcomes: &[Outcome], holding: &mut Holding) -> Look {
    let mut near: Vec<(&str, Glance)> = Vec::new();
    for (index, outcome) in outcomes.iter().enumerate() {
        let begun = Instant::now();
        let glance = one(lens, index, outcome, holding).await;
        if glance.holds == Holds::Yes {
            let (ripe, answering) = (holding.ripe(index), begun.elapsed());
            return Look { glance, outcome: Some(outcome.name.clone()), hold: Duration::ZERO, ripe, answering };
        }
        near.push((&outcome.name, glance));
    }
    // If one could not be looked at, it may be the one that happened.
    let unknown = near.iter().find(|(_, glance)| glance.holds == Holds::Unknown).map(|(_, glance)| glance.blame);
    let text = |part: fn(&Glance) -> &str| {
        let text = |(name, glance): &(&str, Glance)| format!("outcome {name}:\n{}", part(glance));
        near.iter().map(text).collect::<Vec<_>>().join("\n\n")
    };
    let why = |(name, glance): &(&str, Glance)| format!("not {name}: {}", glance.why);
    let why =
        format!("no outcome happened that the scenario names; {}", near.iter().map(why).collect::<Vec<_>>().join("; "));
    let mut glance = Glance::no(text(|glance| &glance.expected), text(|glance| &glance.seen), why);
    if let Some(blame) = unknown {
        glance.holds = Holds::Unknown;
        glance.blame = blame;
    }
    Look { glance, outcome: None, hold: Duration::ZERO, ripe: None, answering: Duration::ZERO }
}

/// Looks whether an outcome has happened: all its parts hold, each for long enough.
async fn one(lens: &mut Lens, index: usize, outcome: &Outcome, holding: &mut Holding) -> Glance {
    let mut whole: Option<Glance> = None;
    let mut not_yet: Option<Glance> = None;
    for (part, condition) in outcome.all.iter().enumerate() {
        let glance = lens.look(&condition.expectation).await;
        let now = Instant::now();
        if glance.holds != Holds::Yes {
            holding.0.retain(|(outcome, later), _| *outcome != index || *later < part);
            return glance;
        }
        let hold = condition.hold.map_or(Duration::ZERO, |hold| hold.0);
        let (since, _) = *holding.0.entry((index, part)).or_insert((now, hold));
        if let Some(hold) = condition.hold.filter(|hold| now < since + hold.0) {
            let so_far = (now - since).as_secs_f64();
            let why = format!("it holds since {so_far:.1} s, not yet for {hold}");
            not_yet.get_or_insert_with(|| Glance::no(glance.expected.clone(), glance.seen.clone(), why));
        }
        whole = Some(match whole {
            None => glance,
            Some(whole) => Glance::yes(
                format!("{}\n\n{}", whole.expected, glance.expected),
                format!("{}\n\n{}", whole.seen, glance.seen),
            ),
        });
    }
    not_yet.or(whole).unwrap_or_else(|| Glance::no("", "", "the outcome has no parts"))
}

/// What a check that ended so found about claims.
fn findings(check: &Check, verdict: Verdict, outcome: Option<&str>) -> Vec<ClaimFinding> {
    let mut findings: BTreeMap<String, Finding> = BTreeMap::new();
    let mut note = |claims: &[Located<String>], finding: Finding| {
        for claim in claims {
            // If one check says two things of a claim, the worse counts.
            let known = findings.entry(claim.value.clone()).or_insert(finding);
            *known = (*known).max(finding);
        }
    };
    let (confirms, contradicts) = match verdict {
        Verdict::Pass => (Finding::Confirmed, Finding::Contradicted),
        Verdict::Fail => (Finding::Contradicted, Finding::Unknown),
        Verdict::Unknown => (Finding::Unknown, Finding::Unknown),
    };
    note(&check.confirms, confirms);
    note(&check.contradicts, contradicts);
    if let Subject::Outcomes(outcomes) = &check.subject {
        match outcomes.iter().find(|known| Some(known.name.as_str()) == outcome) {
            Some(outcome) => {
                note(&outcome.confirms, Finding::Confirmed);
                note(&outcome.contradicts, Finding::Contradicted);
            }
            None => {
                for outcome in outcomes {
                    note(&outcome.confirms, Finding::Unknown);
                    note(&outcome.contradicts, Finding::Unknown);
                }
            }
        }
    }
    findings.into_iter().map(|(claim, finding)| ClaimFinding { claim, finding }).collect()
}
