//! Two runs compared: release against release, model against kind, seed against seed.
//!
//! A difference counts only where chance does not explain it: steps are compared between runs that came to them by the
//! same named outcomes, frequencies by Fisher's exact test, and times by their quantiles.

mod build;
mod chance;
mod claims;
mod contents;
mod files;
mod lanes;
mod rules;
mod runs;
mod seen;
mod shape;
mod spread;
mod terminal;
mod times;
mod verdicts;
mod words;

pub use build::{Incomparable, compare};
pub use contents::ContentKind;
pub use files::write_comparison;
pub use rules::{Limit, Pace, Rules};
pub use shape::{
    ClaimChange, Comparison, ContentChange, Judgement, KindTimes, Often, OutcomeChange, Passed, Place, Purpose, Side,
    TimeChange, VerdictChange, Weight,
};
pub use spread::Spread;
pub use terminal::print;
pub use times::TimeKind;
