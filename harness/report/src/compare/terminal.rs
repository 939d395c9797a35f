use super::shape::Comparison;
use super::words::page;
use crate::terminal::Options;

/// The comparison for a terminal.
pub fn print(comparison: &Comparison, options: &Options) -> String {
    crate::tables::terminal(&page(comparison), options)
}
