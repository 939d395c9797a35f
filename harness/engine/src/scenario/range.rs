use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use semver::{Comparator, Op, Version, VersionReq};
use serde::{Deserialize, Deserializer, de};

/// A range of TDengine versions over their first three parts, such as `>=2.1, <3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRange(VersionReq);

/// Versions from the first (included) to the second (not included), each as three numbers.
type Interval = ([u64; 3], [u64; 3]);

impl VersionRange {
    /// Reads a range.
    pub fn parse(text: &str) -> Result<Self, semver::Error> {
        VersionReq::parse(text).map(Self)
    }

    /// True if the first three parts of a version are in the range.
    pub fn matches(&self, [major, minor, patch]: [u64; 3]) -> bool {
        self.0.matches(&Version::new(major, minor, patch))
    }

    /// True if some version is in both ranges.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (low, high) = self
            .0
            .comparators
            .iter()
            .chain(&other.0.comparators)
            .map(interval)
            .fold(([0; 3], [u64::MAX; 3]), |(low, high), (next_low, next_high)| {
                (low.max(next_low), high.min(next_high))
            });
        low < high
    }

    /// True if no version can be in the range, as with `>=3, <2`.
    pub fn is_impossible(&self) -> bool {
        !self.overlaps(self)
    }
}

fn interval(comparator: &Comparator) -> Interval {
    let Comparator { op, major, minor, patch, .. } = comparator;
    let low = [*major, minor.unwrap_or(0), patch.unwrap_or(0)];
    // The first version behind all that agree with the parts that were given.
    let behind = match (minor, patch) {
        (None, _) => [major.saturating_add(1), 0, 0],
        (Some(minor), None) => [*major, minor.saturating_add(1), 0],
        (Some(minor), Some(patch)) => [*major, *minor, patch.saturating_add(1)],
    };
    let highest = [u64::MAX; 3];
    match op {
        Op::Greater => (behind, highest),
        Op::GreaterEq => (low, highest),
        Op::Less => ([0; 3], low),
        Op::LessEq => ([0; 3], behind),
        Op::Tilde => (low, if minor.is_some() { [low[0], low[1].saturating_add(1), 0] } else { behind }),
        Op::Caret => (low, caret(low, behind, minor.is_some(), patch.is_some())),
        _ => (low, behind),
    }
}

/// The end of `^1.2.3`: the left-most part that is not zero may not change.
fn caret(low: [u64; 3], behind: [u64; 3], has_minor: bool, has_patch: bool) -> [u64; 3] {
    match low {
        [0, _, _] if !has_minor => behind,
        [0, 0, _] if !has_patch => behind,
        [0, 0, patch] => [0, 0, patch.saturating_add(1)],
        [0, minor, _] => [0, minor.saturating_add(1), 0],
        [major, _, _] => [major.saturating_add(1), 0, 0],
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for VersionRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let range = Self::parse(&text)
            .map_err(|error| de::Error::custom(format!("`{text}` is not a range of versions: {error}")))?;
        if range.is_impossible() {
            return Err(de::Error::custom(format!("no version can be in `{text}`")));
        }
        Ok(range)
    }
}

impl JsonSchema for VersionRange {
    fn schema_name() -> Cow<'static, str> {
        "VersionRange".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A range of TDengine versions over their first three parts, such as `>=2.1, <3`.",
            "type": "string"
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(">=2.1, <3", [2, 1, 1], true)]
    #[case("<3", [3, 0, 0], false)]
    #[case(">=2.1", [2, 0, 20], false)]
    fn matches(#[case] range: &str, #[case] version: [u64; 3], #[case] expected: bool) {
        assert_eq!(VersionRange::parse(range).unwrap().matches(version), expected);
    }

    #[rstest]
    #[case(">=3, <2", true)]
    #[case(">=3, <3", true)]
    #[case("=2.1.1, >2.1", true)]
    #[case("^2.1, >=3", true)]
    #[case("~2.1, >=2.2", true)]
    #[case(">=2.1, <3", false)]
    #[case("2.*", false)]
    #[case("<=2.1, >=2.1.5", false)]
    #[case("^0.2, >=0.2.9", false)]
    fn knows_the_impossible(#[case] range: &str, #[case] impossible: bool) {
        assert_eq!(VersionRange::parse(range).unwrap().is_impossible(), impossible);
    }

    #[test]
    fn knows_what_overlaps() {
        let two = VersionRange::parse(">=2, <3").unwrap();
        assert!(two.overlaps(&VersionRange::parse(">=2.6").unwrap()));
        assert!(!two.overlaps(&VersionRange::parse(">=3").unwrap()));
    }
}
