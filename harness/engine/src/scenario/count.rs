use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

/// A number, or a limit for one: `3`, `">=1"`, `"<5"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    how: How,
    number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Exactly,
    AtLeast,
    MoreThan,
    AtMost,
    LessThan,
}

const EXPECTED: &str = "a number or a limit, such as 3, \">=1\" or \"<5\"";

impl Count {
    /// Exactly this number.
    pub fn exactly(number: u64) -> Self {
        Self { how: How::Exactly, number }
    }

    /// True if `number` is what is asked for.
    pub fn allows(self, number: u64) -> bool {
        match self.how {
            How::Exactly => number == self.number,
            How::AtLeast => number >= self.number,
            How::MoreThan => number > self.number,
            How::AtMost => number <= self.number,
            How::LessThan => number < self.number,
        }
    }

    /// True if no number is what is asked for.
    fn is_impossible(self) -> bool {
        matches!(self, Self { how: How::LessThan, number: 0 } | Self { how: How::MoreThan, number: u64::MAX })
    }

    /// True if every number is what is asked for, so that a check of it could not fail.
    fn is_empty_talk(self) -> bool {
        matches!(self, Self { how: How::AtLeast, number: 0 } | Self { how: How::AtMost, number: u64::MAX })
    }
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let forms = [
            (">=", How::AtLeast),
            ("<=", How::AtMost),
            (">", How::MoreThan),
            ("<", How::LessThan),
            ("=", How::Exactly),
            ("", How::Exactly),
        ];
        let (number, how) = forms
            .into_iter()
            .find_map(|(prefix, how)| Some((text.strip_prefix(prefix)?, how)))
            .unwrap_or((text, How::Exactly));
        let number = number.trim().parse().map_err(|_| format!("`{text}` is not {EXPECTED}"))?;
        match (Self { how, number }) {
            count if count.is_impossible() => Err(format!("no number is `{text}`")),
            count if count.is_empty_talk() => Err(format!("every number is `{text}`: the check could not fail")),
            count => Ok(count),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.how {
            How::Exactly => "",
            How::AtLeast => ">=",
            How::MoreThan => ">",
            How::AtMost => "<=",
            How::LessThan => "<",
        };
        write!(f, "{sign}{}", self.number)
    }
}

struct CountVisitor;

impl Visitor<'_> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Count, E> {
        Ok(Count::exactly(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Count, E> {
        u64::try_from(number).map(Count::exactly).map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Count, E> {
        text.parse().map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

impl JsonSchema for Count {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number, or a limit for one: 3, \">=1\", \"<5\".",
            "oneOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^(>=|<=|>|<|=)? *[0-9]+$" }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("3", 3, true)]
    #[case(">=1", 1, true)]
    #[case(">1", 1, false)]
    #[case("< 5", 5, false)]
    #[case("<=5", 5, true)]
    fn allows(#[case] text: &str, #[case] number: u64, #[case] allowed: bool) {
        assert_eq!(text.parse::<Count>().unwrap().allows(number), allowed);
    }

    #[rstest]
    #[case("<0")]
    #[case(">=0")]
    #[case("many")]
    #[case("")]
    #[case("-1")]
    fn refuses(#[case] text: &str) {
        assert!(text.parse::<Count>().is_err());
    }
}
