//! Events folded into a run: what every report is made from.

mod chaos;
mod cleaned;
mod fold;
mod ledger;
mod outcome;
mod run;
mod times;

pub use chaos::{Fault, Measurement, Recoveries};
pub use ledger::{Agreement, ClaimVerdict, Decision, LedgerEntry, NotTested, SetVerdict};
pub use outcome::{Counts, Outcome, Tally};
pub use run::{Attempt, Check, Mark, Model, Notice, Observed, Scenario, Seen, Step};
pub use times::{OwnTime, Times};

use chaos::quantile;

#[cfg(test)]
mod tests;
