use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// From this many values on, nine tenths of them are worth a number.
const ENOUGH: usize = 5;

/// How some lengths of time are spread, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spread {
    /// How many there are; never 0.
    pub count: u64,
    /// The middle one.
    pub p50: u64,
    /// Nine of ten are not longer; `None` of fewer than five.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90: Option<u64>,
    /// The longest.
    pub max: u64,
}

impl Spread {
    /// The spread of `values`; `None` of nothing.
    pub(super) fn of(mut values: Vec<u64>) -> Option<Self> {
        values.sort_unstable();
        let max = *values.last()?;
        // The value at or above which a share of all values lies: no number that nobody measured.
        let at = |percent: usize| values.get((values.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        let p90 = if values.len() < ENOUGH { None } else { at(90) };
        Some(Self { count: values.len() as u64, p50: at(50)?, p90, max })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(vec![7], 7, None, 7)]
    #[case(vec![4, 1, 3, 2], 2, None, 4)]
    #[case(vec![5, 4, 3, 2, 1], 3, Some(5), 5)]
    #[case((1..=100).collect(), 50, Some(90), 100)]
    fn quantiles_are_values(#[case] values: Vec<u64>, #[case] p50: u64, #[case] p90: Option<u64>, #[case] max: u64) {
        let count = values.len() as u64;
        assert_eq!(Spread::of(values), Some(Spread { count, p50, p90, max }));
    }

    #[test]
    fn nothing_has_no_spread() {
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
