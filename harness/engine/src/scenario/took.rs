use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::Bound;

/// A limit for how long something takes: `">=10s"` or `"<2s"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Took {
    /// So long or longer.
    AtLeast(Bound),
    /// Shorter.
    LessThan(Bound),
}

impl Took {
    /// True if `took` is what is asked for.
    pub fn allows(self, took: Duration) -> bool {
        match self {
            Self::AtLeast(bound) => took >= bound.0,
            Self::LessThan(bound) => took < bound.0,
        }
    }
}

impl FromStr for Took {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bound = |text: &str| text.trim().parse::<Bound>().map_err(|error| error.to_string());
        match (text.strip_prefix(">="), text.strip_prefix('<')) {
            (Some(least), _) => bound(least).map(Self::AtLeast),
            (_, Some(less)) => bound(less).map(Self::LessThan),
            _ => Err(format!("`{text}` is not a limit for a time: write \">=10s\" or \"<2s\"")),
        }
    }
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, ">={bound}"),
            Self::LessThan(bound) => write!(f, "<{bound}"),
        }
    }
}

impl<'de> Deserialize<'de> for Took {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Took {
    fn schema_name() -> Cow<'static, str> {
        "Took".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A limit for how long something takes: `>=10s` or `<2s`.",
            "type": "string",
            "pattern": "^(>=|<) *([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(">=10s", 10_000, true)]
    #[case(">=10s", 9_999, false)]
    #[case("<500ms", 499, true)]
    #[case("< 500ms", 500, false)]
    fn allows(#[case] text: &str, #[case] millis: u64, #[case] allowed: bool) {
        let took: Took = text.parse().unwrap();
        assert_eq!(took.allows(Duration::from_millis(millis)), allowed);
        assert_eq!(took.to_string().parse(), Ok(took));
    }

    #[rstest]
    #[case("10s")]
    #[case("<=10s")]
    #[case("<0s")]
    #[case(">=10")]
    fn refuses(#[case] text: &str) {
        assert!(text.parse::<Took>().is_err());
    }
}
