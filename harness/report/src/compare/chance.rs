//! Whether two samples may differ by chance alone.

/// Differences rarer than this are not put down to chance.
const RARE: f64 = 0.01;

/// True if two samples, `a` of `all_a` and `b` of `all_b`, may well come from one source: Fisher's exact test, two-sided.
/// A single run of each never tells more than chance.
pub(super) fn may_be_chance(a: u32, all_a: u32, b: u32, all_b: u32) -> bool {
    probability(a.min(all_a), all_a, b.min(all_b), all_b) >= RARE
}

/// How probable a split at least as uneven as this one is, if both samples come from one source.
fn probability(a: u32, all_a: u32, b: u32, all_b: u32) -> f64 {
    let (hits, all) = (a + b, all_a + all_b);
    let of = |k: u32| (choose(all_a, k) + choose(all_b, hits - k) - choose(all, hits)).exp();
    let seen = of(a);
    // Sums of rounded numbers: what is as probable as the split itself must count.
    let (least, most) = (hits.saturating_sub(all_b), hits.min(all_a));
    (least..=most).map(of).filter(|probability| *probability <= seen * (1.0 + 1e-9)).sum::<f64>().min(1.0)
}

/// Logarithm of the number of ways to choose `k` of `n`.
fn choose(n: u32, k: u32) -> f64 {
    (1..=k.min(n - k)).map(|i| (f64::from(n - i + 1) / f64::from(i)).ln()).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    // The lady tasting tea: 3 of 4 against 1 of 4.
    #[case(3, 4, 1, 4, 0.485_714)]
    #[case(8, 10, 1, 10, 0.005_477)]
    #[case(1, 1, 0, 1, 1.0)]
    #[case(0, 20, 0, 20, 1.0)]
    fn known_probabilities(#[case] a: u32, #[case] all_a: u32, #[case] b: u32, #[case] all_b: u32, #[case] p: f64) {
        let found = probability(a, all_a, b, all_b);
        assert!((found - p).abs() < 1e-5, "{found}");
    }

    #[test]
    fn one_run_each_is_chance_and_twenty_are_not() {
        assert!(may_be_chance(1, 1, 0, 1));
        assert!(may_be_chance(10, 20, 7, 20));
        assert!(!may_be_chance(10, 20, 0, 20));
    }

    proptest! {
        #[test]
        fn it_is_a_probability_and_has_no_sides(a in 0_u32..30, more_a in 0_u32..30, b in 0_u32..30, more_b in 0_u32..30) {
            let (p, q) = (probability(a, a + more_a, b, b + more_b), probability(b, b + more_b, a, a + more_a));
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert!((p - q).abs() < 1e-6, "{p} {q}");
        }
    }
}
