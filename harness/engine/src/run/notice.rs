//! Brief looks between those that count, so that a change is noticed soon although a thorough look takes long: the shell
//! of 2.1 alone takes a second to end.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Holds, Stage, Stop,
    check::{Holding, look},
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

/// What a pause between two thorough looks brought.
#[derive(Default)]
pub(super) struct Dozed {
    /// When the last brief look began that said no, if there was one.
    pub doubted: Option<Instant>,
    /// When a brief look said that the check may hold.
    pub noticed: Option<Instant>,
}

impl Stage<'_> {
    /// Waits for `pause` before the next thorough look at a check. Where brief looks can be made it waits until one says
    /// yes, or for [`LONGEST`], but not beyond `deadline`.
    pub(super) async fn doze(&mut self, check: &Check, pause: Duration, deadline: Instant) -> Result<Dozed, Stop> {
        let begun = Instant::now();
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
