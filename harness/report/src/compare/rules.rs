use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Spread, TimeKind};

/// How much longer something may take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limit {
    /// The longest ratio of the second run's time to the first's, say 1.5.
    pub ratio: f64,
    /// Milliseconds: a smaller difference is none, whatever the ratio.
    pub at_least_ms: u64,
}

/// What counts as a difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// For times that `kinds` does not name.
    pub times: Limit,
    /// For times of one kind.
    pub kinds: BTreeMap<TimeKind, Limit>,
}

impl Default for Rules {
    /// Half as long again, and 5 seconds: what a look every second or two can tell.
    fn default() -> Self {
        Self::of(Limit { ratio: 1.5, at_least_ms: 5_000 })
    }
}

impl Rules {
    /// The same limit for all kinds but checks, which wait for anything: their least difference is three times as long.
    pub fn of(times: Limit) -> Self {
        let checks = Limit { at_least_ms: times.at_least_ms.saturating_mul(3), ..times };
        Self { times, kinds: BTreeMap::from([(TimeKind::Check, checks)]) }
    }
}

/// How two times compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// Within the limit.
    Same,
    /// Longer than the limit allows.
    Slower,
    /// So much shorter that the reverse would be slower.
    Faster,
}

impl Rules {
    /// How `b` compares with `a`: by the middle, and by nine tenths where both have enough values.
    pub(super) fn pace(&self, kind: TimeKind, a: &Spread, b: &Spread) -> Pace {
        let limit = self.kinds.get(&kind).unwrap_or(&self.times);
        let pairs = || [Some((a.p50, b.p50)), a.p90.zip(b.p90)].into_iter().flatten();
        if pairs().any(|(a, b)| limit.exceeded(a, b)) {
            Pace::Slower
        } else if pairs().any(|(a, b)| limit.exceeded(b, a)) {
            Pace::Faster
        } else {
            Pace::Same
        }
    }
}

impl Limit {
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of a run are far below 2^52")]
    fn exceeded(&self, from: u64, to: u64) -> bool {
        to.saturating_sub(from) >= self.at_least_ms.max(1) && to as f64 > from as f64 * self.ratio
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[10_000], &[14_000], Pace::Same)]
    #[case(&[10_000], &[16_000], Pace::Slower)]
    #[case(&[16_000], &[10_000], Pace::Faster)]
    // Ten times as long, and nobody would notice.
    #[case(&[100], &[1_000], Pace::Same)]
    // The middle is the same, one of ten is much slower.
    #[case(&[1_000, 1_000, 1_000, 1_000, 1_000], &[1_000, 1_000, 1_000, 1_000, 60_000], Pace::Slower)]
    fn limits(#[case] a: &[u64], #[case] b: &[u64], #[case] pace: Pace) {
        let spread = |values: &[u64]| Spread::of(values.to_vec()).unwrap();
        assert_eq!(Rules::default().pace(TimeKind::Join, &spread(a), &spread(b)), pace);
    }

    #[test]
    fn a_kind_may_have_a_limit_of_its_own() {
        let strict = Limit { ratio: 1.0, at_least_ms: 1 };
        let rules = Rules { kinds: BTreeMap::from([(TimeKind::Drop, strict)]), ..Rules::default() };
        let spread = |ms| Spread::of(vec![ms]).unwrap();
        assert_eq!(rules.pace(TimeKind::Drop, &spread(1_000), &spread(1_001)), Pace::Slower);
        assert_eq!(rules.pace(TimeKind::Join, &spread(1_000), &spread(1_001)), Pace::Same);
    }
}
