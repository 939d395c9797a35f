use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

/// The longest span that a scenario may ask for: a day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A span of time as scenarios write it: `500ms`, `60s`, `5m`, `1h`, or several of them, `1m30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound(pub Duration);

/// Why a text is no span of time.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BoundError {
    /// It is not made of numbers and units.
    #[error("`{0}` is not a span of time: write a number and a unit, such as 500ms, 60s, 5m or 1m30s")]
    Form(String),
    /// It is zero: nothing can happen in no time.
    #[error("`{0}` is no time at all")]
    Zero(String),
    /// It is longer than a day.
    #[error("`{0}` is longer than a day")]
    TooLong(String),
}

impl FromStr for Bound {
    type Err = BoundError;

    fn from_str(text: &str) -> Result<Self, BoundError> {
        let form = || BoundError::Form(text.to_owned());
        let too_long = || BoundError::TooLong(text.to_owned());
        let mut total = Duration::ZERO;
        let mut last = u64::MAX;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|char: char| !char.is_ascii_digit()).ok_or_else(form)?;
            let (number, behind) = rest.split_at(digits);
            let unit = behind.find(|char: char| char.is_ascii_digit()).unwrap_or(behind.len());
            let (unit, behind) = behind.split_at(unit);
            let millis: u64 = match unit {
                "ms" => 1,
                "s" => 1_000,
                "m" => 60_000,
                "h" => 3_600_000,
                _ => return Err(form()),
            };
            // From the largest unit to the smallest, each once.
            if number.is_empty() || millis >= last {
                return Err(form());
            }
            last = millis;
            let number: u64 = number.parse().map_err(|_| too_long())?;
            total = number
                .checked_mul(millis)
                .map(Duration::from_millis)
                .and_then(|part| total.checked_add(part))
                .ok_or_else(too_long)?;
            rest = behind;
        }
        match total {
            _ if text.is_empty() => Err(form()),
            Duration::ZERO => Err(BoundError::Zero(text.to_owned())),
            total if total > LONGEST => Err(too_long()),
            total => Ok(Self(total)),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut millis = self.0.as_millis();
        for (size, unit) in [(3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")] {
            // A whole number of seconds below two minutes reads better undivided: 90s, not 1m30s.
            if unit == "m" && millis < 120_000 && !millis.is_multiple_of(60_000) {
                continue;
            }
            if millis >= size {
                write!(f, "{}{unit}", millis / size)?;
                millis %= size;
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Bound {
    fn schema_name() -> Cow<'static, str> {
        "Bound".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A span of time: 500ms, 60s, 5m, 1h, or several of them, 1m30s.",
            "type": "string",
            "pattern": "^([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$",
            "minLength": 2
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("500ms", 500)]
    #[case("60s", 60_000)]
    #[case("1m30s", 90_000)]
    #[case("2h", 7_200_000)]
    fn reads(#[case] text: &str, #[case] millis: u64) {
        assert_eq!(text.parse::<Bound>().unwrap().0, Duration::from_millis(millis));
    }

    #[rstest]
    #[case("")]
    #[case("60")]
    #[case("s")]
    #[case("-5s")]
    #[case("1.5s")]
    #[case("5 s")]
    #[case("0s")]
    #[case("25h")]
    #[case("99999999999999999999s")]
    #[case("1s1m")]
    #[case("1s1s")]
    fn refuses(#[case] text: &str) {
        assert!(text.parse::<Bound>().is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text: String) {
            if let Ok(bound) = text.parse::<Bound>() {
                prop_assert!(bound.0 <= LONGEST);
            }
        }

        #[test]
        fn prints_what_it_reads(millis in 1_u64..86_400_000) {
            let bound = Bound(Duration::from_millis(millis));
            prop_assert_eq!(bound.to_string().parse::<Bound>(), Ok(bound));
        }
    }
}
