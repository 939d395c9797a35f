use std::fmt;

/// A version of TDengine: `3.3.0.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version([u16; 4]);

impl Version {
    /// A version from its numbers.
    pub const fn new(numbers: [u16; 4]) -> Self {
        Self(numbers)
    }

    /// The version that a text begins with; what comes after a hyphen does not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = [0; 4];
        let mut parts = text.split('-').next().unwrap_or_default().split('.');
        for number in &mut numbers {
            *number = parts.next()?.parse().ok()?;
        }
        parts.next().is_none().then_some(Self(numbers))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.map(|number| number.to_string()).join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("3.0.7.1") < version("3.1.1.0"));
        assert!(version("3.3.0.1") > version("3.2.3.10"));
        assert_eq!(version("2.1.1.0-startup").to_string(), "2.1.1.0");
        assert_eq!(Version::parse("3.3"), None);
        assert_eq!(Version::parse("3.3.0.1.2"), None);
    }
}
