//! Brief looks beside and between those that count, so that a change is noticed soon although a thorough look takes long:
//! the shell of 2.1 alone takes a second to end.

use std::{convert::Infallible, time::Duration};

use seatrial_cluster::Snapshot;
use tokio::time::{Instant, sleep};

use super::{
    Holds, Lens, Stage, Stop,
    check::{Holding, Look, look},
    lens::reads,
};
use crate::{
    plan::by_watch,
    scenario::{Check, Expectation, Outcome, Sql, SqlExpect, Subject, Way},
};

/// Between two brief looks.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest time without a thorough look while brief ones can be made.
const LONGEST: Duration = Duration::from_secs(10);
/// The same where something has to hold for a while, which thorough looks alone can tell.
const LONGEST_HOLDING: Duration = Duration::from_secs(5);

/// What brief looks brought.
#[derive(Default)]
pub(super) struct Dozed {
    /// When the last brief look began that said no, if there was one.
    pub doubted: Option<Instant>,
    /// When a brief look said that the check may hold.
    pub noticed: Option<Instant>,
}

/// How to wait for the next thorough look.
pub(super) struct Pauses {
    /// The pause if nothing tells more.
    pub pause: Duration,
    /// When an outcome has held for long enough, if one holds.
    pub ripe: Option<Instant>,
    /// The end of all waiting.
    pub deadline: Instant,
    /// If the watch tells everything: how often it had told something when the look began.
    pub told: Option<u64>,
}

impl Stage<'_> {
    /// Waits after a thorough look that began at `looked` and said no, until another is worth it. What brief looks `beside`
    /// it and since then brought.
    pub(super) async fn await_change(
        &mut self,
        check: &Check,
        looked: Instant,
        beside: Dozed,
        pauses: Pauses,
    ) -> Result<Dozed, Stop> {
        let doubted = beside.doubted.or(Some(looked));
        if let Some(told) = pauses.told {
            self.pause_unless_changed(told, pauses.deadline).await?;
            // What the watch told woke it: until then nothing was known to have changed.
            let told = self.told().filter(|told| *told > looked);
            return Ok(Dozed { doubted: told.or(doubted), noticed: beside.noticed });
        }
        if beside.noticed.is_some() {
            self.pause((Instant::now() + PAUSE).min(pauses.deadline), false).await?;
            return Ok(Dozed { doubted, ..beside });
        }
        let dozed = self.doze(check, pauses.pause, pauses.ripe, pauses.deadline).await?;
        Ok(Dozed { doubted: dozed.doubted.or(doubted), ..dozed })
    }

    /// Waits for the next look at what holds and has to hold until `held`: when the watch tells something, if it tells
    /// everything and had `told` so much before the last look, else at `next`.
    pub(super) async fn keep_looking(&mut self, told: Option<u64>, next: Instant, held: Instant) -> Result<(), Stop> {
        match told {
            Some(told) => self.pause_unless_changed(told, held).await,
            None => self.pause(next.min(held), false).await.map(drop),
        }
    }

    /// A thorough look at a check, with brief ones beside it where they can be made. The lens has what was seen.
    pub(super) async fn look_closely(
        &mut self,
        check: &Check,
        snapshot: Snapshot,
        holding: &mut Holding,
    ) -> Result<(Look, Lens, Dozed), Stop> {
        // What the watch tells meanwhile does not reach the brief looks.
        let brief = brief(check).map(|(brief, _)| brief);
        let brief =
            brief.filter(|brief| self.access.quick().is_some() && !brief.expectations().into_iter().any(by_watch));
        let (mut lens, mut quick) = (self.lens(snapshot), self.lens(self.snapshot.clone()));
        quick.brief = true;
        let mut dozed = Dozed::default();
        let both = async {
            tokio::select! {
                biased;
                look = look(&mut lens, check, holding) => look,
                never = beside(quick, brief, &mut dozed) => match never {},
            }
        };
        let look = self.drive(Box::pin(both)).await?;
        Ok((look, lens, dozed))
    }

    /// Waits for `pause` before the next thorough look at a check. Where brief looks can be made it waits until one says
    /// yes, or for [`LONGEST`], but not beyond `deadline`, nor beyond `ripe`, when an outcome has held for long enough.
    async fn doze(
        &mut self,
        check: &Check,
        pause: Duration,
        ripe: Option<Instant>,
        deadline: Instant,
    ) -> Result<Dozed, Stop> {
        let begun = Instant::now();
        let deadline = ripe.map_or(deadline, |ripe| deadline.min(ripe.max(begun + PAUSE)));
        let thorough = (begun + pause).min(deadline);
        let mut dozed = Dozed::default();
        let Some((brief, longest)) = brief(check).filter(|_| self.access.quick().is_some()) else {
            self.pause(thorough, false).await?;
            return Ok(dozed);
        };
        let until = (begun + longest).min(deadline);
        while Instant::now() < until {
            let looked = Instant::now();
            let mut lens = self.lens(self.snapshot.clone());
            lens.brief = true;
            let seen = self.drive(look(&mut lens, &brief, &mut Holding::default())).await?;
            if !lens.able {
                self.pause(thorough, false).await?;
                break;
            }
            self.observed(lens.observed)?;
            let now = Instant::now();
            if seen.glance.holds == Holds::Yes {
                // A thorough look that says no after a brief one that says yes is not repeated at once.
                self.pause(now.max((begun + PAUSE).min(deadline)), false).await?;
                dozed.noticed = Some(now);
                break;
            }
            dozed.doubted = Some(looked);
            self.pause((now + PAUSE).min(until), false).await?;
        }
        Ok(dozed)
    }
}

/// Looks briefly again and again.
async fn beside(mut lens: Lens, brief: Option<Check>, dozed: &mut Dozed) -> Infallible {
    if let Some(brief) = brief {
        loop {
            let looked = Instant::now();
            lens.able = true;
            let seen = look(&mut lens, &brief, &mut Holding::default()).await;
            match seen.glance.holds {
                // Who could not be asked says nothing.
                _ if !lens.able => {}
                Holds::Yes => _ = dozed.noticed.get_or_insert(Instant::now()),
                _ => *dozed = Dozed { doubted: Some(looked), noticed: None },
            }
            sleep(PAUSE).await;
        }
    }
    std::future::pending().await
}

/// The part of a check that brief looks can be made at: what can be asked for by SQL that only reads, and need not hold
/// for a while. With it, the longest time without a thorough look.
fn brief(check: &Check) -> Option<(Check, Duration)> {
    match &check.subject {
        Subject::One(expectation) => is_brief(expectation).then(|| (check.clone(), LONGEST)),
        Subject::Outcomes(all) => {
            let brief = |outcome: &&Outcome| {
                outcome.all.iter().all(|condition| condition.hold.is_none() && is_brief(&condition.expectation))
            };
            let some: Vec<Outcome> = all.iter().filter(brief).cloned().collect();
            let longest = if some.len() == all.len() { LONGEST } else { LONGEST_HOLDING };
            (!some.is_empty()).then(|| (Check { subject: Subject::Outcomes(some), ..check.clone() }, longest))
        }
    }
}

fn is_brief(expectation: &Expectation) -> bool {
    match expectation {
        Expectation::Dnodes(_) | Expectation::Mnodes(_) | Expectation::Vgroups(_) => true,
        Expectation::Sql(Sql { run, via: Way::Shell, expect, took: None, .. }) => {
            // What an error is depends on the way that was asked.
            !matches!(expect, SqlExpect::Any | SqlExpect::Fails | SqlExpect::Error(_)) && reads(&run.to_string())
        }
        watched => by_watch(watched),
    }
}
