use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use seatrial_taos::Version;
use serde::{Deserialize, Deserializer, de};

/// Which TDengine a server runs: the version under test, `tested`, or another, such as `3.0.7.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// The version under test.
    Tested,
    /// This one.
    Version(Version),
}

impl FromStr for Release {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "tested" => Ok(Self::Tested),
            _ => text.parse().map(Self::Version).map_err(|_| {
                format!(
                    "`{text}` is no version: write four numbers, such as 3.0.7.1, or `tested` for the one under test"
                )
            }),
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tested => f.write_str("the version under test"),
            Self::Version(version) => version.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for Release {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Release {
    fn schema_name() -> Cow<'static, str> {
        "Release".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A version of TDengine, such as `3.0.7.1`, or `tested` for the one under test.",
            "type": "string",
            "pattern": "^(tested|[0-9]+(\\.[0-9]+){1,3})$"
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("tested", Some(Release::Tested))]
    #[case("3.0.7.1", Some(Release::Version(Version(3, 0, 7, 1))))]
    #[case("newest", None)]
    #[case("", None)]
    fn reads(#[case] text: &str, #[case] release: Option<Release>) {
        assert_eq!(text.parse().ok(), release);
    }
}
