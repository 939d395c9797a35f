use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// A version of TDengine: four numbers, say `2.1.1.0` or `3.3.0.1`. Missing ones count as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16, pub u16, pub u16, pub u16);

/// A text that is no version of TDengine.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is no version of TDengine: expected up to four numbers with dots between them, say 2.1.1.0")]
pub struct VersionError {
    /// The text.
    pub text: String,
}

impl Version {
    /// The first three numbers, which is what version ranges are about: semver knows no fourth.
    pub fn semver(self) -> semver::Version {
        let [major, minor, patch] = self.first_three();
        semver::Version::new(major, minor, patch)
    }

    /// The first three numbers.
    pub fn first_three(self) -> [u64; 3] {
        [self.0, self.1, self.2].map(u64::from)
    }

    /// True if the first three numbers are within `range`.
    pub fn satisfies(self, range: &semver::VersionReq) -> bool {
        range.matches(&self.semver())
    }

    /// The version in a text of which it is a part, say a shell's banner `... Client Version:2.1.1.0`. What follows its
    /// four numbers, as the date in `3.0.7.1.202307190706`, does not count.
    pub fn find(text: &str) -> Option<Self> {
        text.split(|char: char| !char.is_ascii_digit() && char != '.')
            .map(|part| part.trim_matches('.'))
            .filter(|part| part.bytes().filter(|byte| *byte == b'.').count() >= 2)
            .find_map(|part| part.splitn(5, '.').take(4).collect::<Vec<_>>().join(".").parse().ok())
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = || VersionError { text: text.to_owned() };
        let mut numbers = [0; 4];
        // A build may have a suffix, say `3.3.6.0-beta` or `3.3.8.0.alpha`: it does not count.
        let digits = text.find(|char: char| !char.is_ascii_digit() && char != '.').map_or(text, |end| &text[..end]);
        let digits = if digits.len() < text.len() { digits.trim_end_matches('.') } else { digits };
        let mut parts = digits.split('.');
        for (number, part) in numbers.iter_mut().zip(parts.by_ref()) {
            *number = part.parse().map_err(|_| error())?;
        }
        if parts.next().is_some() {
            return Err(error());
        }
        Ok(Self(numbers[0], numbers[1], numbers[2], numbers[3]))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}.{}.{}", self.0, self.1, self.2, self.3))
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2.1.1.0", Version(2, 1, 1, 0))]
    #[case("3.3.0.1", Version(3, 3, 0, 1))]
    #[case("2.6", Version(2, 6, 0, 0))]
    #[case("3.3.6.0-beta", Version(3, 3, 6, 0))]
    #[case("3.3.8.0.alpha", Version(3, 3, 8, 0))]
    fn reads(#[case] text: &str, #[case] version: Version) {
        assert_eq!(text.parse(), Ok(version));
    }

    #[rstest]
    #[case("")]
    #[case("latest")]
    #[case("2.1.1.0.5")]
    #[case("2..1")]
    #[case("2.1.99999")]
    fn refuses(#[case] text: &str) {
        assert!(text.parse::<Version>().is_err());
    }

    #[test]
    fn a_range_looks_at_three_numbers() {
        let range = semver::VersionReq::parse(">=2.1, <3").unwrap();
        assert!(Version(2, 1, 1, 0).satisfies(&range));
        assert!(!Version(3, 0, 0, 0).satisfies(&range));
        assert!(Version(2, 1, 1, 0) < Version(2, 1, 1, 1));
    }

    #[test]
    fn is_found_in_a_banner() {
        let banner = "Welcome to the TDengine shell from Linux, Client Version:2.1.1.0\n";
        assert_eq!(Version::find(banner), Some(Version(2, 1, 1, 0)));
        assert_eq!(Version::find("Client Version:3.0.7.1.202307190706"), Some(Version(3, 0, 7, 1)));
        assert_eq!(Version::find("no. 1 of 2"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            if let Ok(version) = text.parse::<Version>() {
                prop_assert_eq!(version.to_string().parse(), Ok(version));
            }
            let _ = Version::find(&text);
        }
    }
}
