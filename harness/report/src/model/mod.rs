//! Events folded into a run: what every report is made from.

mod fold;
mod ledger;
mod outcome;
mod run;

pub use ledger::{Agreement, ClaimVerdict, Decision, LedgerEntry, NotTested, SetVerdict};
pub use outcome::{Counts, Outcome, Tally};
pub use run::{Attempt, Check, Mark, Model, Notice, Observed, Scenario, Seen, Step};

#[cfg(test)]
mod tests;
