use std::{fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Fault;

/// Faults and heals in the order in which they happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Schedule(pub Vec<Happening>);

/// One fault or one heal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Happening {
    /// When, since the schedule began: `1500ms`, `3s`, `2m`. It is later if what came before took longer.
    pub at: Moment,
    /// The fault that happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The faults that end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heal: Option<Heal>,
}

/// A time since the beginning of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(pub Duration);

/// A time forwards, or with a minus sign backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shift {
    /// How far.
    pub by: Moment,
    /// True if it is backwards.
    pub back: bool,
}

impl Shift {
    /// Milliseconds forwards.
    pub fn ms(self) -> i64 {
        let ms = i64::try_from(self.by.0.as_millis()).unwrap_or(i64::MAX);
        if self.back { -ms } else { ms }
    }
}

impl FromStr for Shift {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (back, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        Ok(Self { by: rest.parse()?, back })
    }
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.back { "-" } else { "" }, self.by)
    }
}

/// The faults that end: `all`, or those of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Heal {
    /// All that last.
    All,
    /// Those of this kind.
    Kind(String),
}

impl Heal {
    /// True if this fault is meant.
    pub fn means(&self, fault: &Fault) -> bool {
        match self {
            Self::All => true,
            Self::Kind(kind) => fault.kind() == kind,
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a moment: write a number and a unit, such as 1500ms, 3s or 2m");
        let digits = text.find(|char: char| !char.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, unit) = text.split_at(digits);
        let size = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            _ => return Err(wrong()),
        };
        let number: u64 = number.parse().map_err(|_| wrong())?;
        number.checked_mul(size).map(|ms| Self(Duration::from_millis(ms))).ok_or_else(wrong)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.as_millis();
        if ms.is_multiple_of(1_000) { write!(f, "{}s", ms / 1_000) } else { write!(f, "{ms}ms") }
    }
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

impl fmt::Display for Heal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Kind(kind) => kind,
        })
    }
}

impl TryFrom<String> for Heal {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match Fault::KINDS.iter().find(|kind| **kind == text) {
            _ if text == "all" => Ok(Self::All),
            Some(_) => Ok(Self::Kind(text)),
            None => Err(format!("no fault is of the kind `{text}`; write all, {}", Fault::KINDS.join(", "))),
        }
    }
}

impl From<Heal> for String {
    fn from(heal: Heal) -> Self {
        heal.to_string()
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A time since the beginning: 1500ms, 3s, 2m.", "type": "string", "pattern": "^[0-9]+(ms|s|m)$" })
    }
}

impl TryFrom<String> for Shift {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shift> for String {
    fn from(shift: Shift) -> Self {
        shift.to_string()
    }
}

impl JsonSchema for Shift {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Shift".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A time forwards, or with a minus sign backwards: 90s, -2m.", "type": "string", "pattern": "^-?[0-9]+(ms|s|m)$" })
    }
}

impl JsonSchema for Heal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Heal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let kinds: Vec<&str> = std::iter::once("all").chain(Fault::KINDS).collect();
        json_schema!({ "description": "The faults that end: all, or those of a kind.", "enum": kinds })
    }
}

impl fmt::Display for Schedule {
    /// One line for each happening.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Happening { at, fault, heal }) in self.0.iter().enumerate() {
            let line = if number > 0 { "\n" } else { "" };
            write!(f, "{line}     {:>6}  ", at.to_string())?;
            match (fault, heal) {
                (Some(fault), _) => write!(f, "{fault}")?,
                (None, Some(heal)) => write!(f, "heal {heal}")?,
                (None, None) => {}
            }
        }
        Ok(())
    }
}

impl Schedule {
    /// The faults in it.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter().filter_map(|happening| happening.fault.as_ref())
    }

    /// What is wrong with it; `None` if nothing is.
    pub fn complaint(&self) -> Option<String> {
        self.mistake().map(|(_, complaint)| complaint)
    }

    /// What is wrong with it, and the index of the happening that it is about.
    pub fn mistake(&self) -> Option<(usize, String)> {
        if self.faults().next().is_none() {
            return Some((0, "a schedule without any fault".to_owned()));
        }
        let mut before = Moment(Duration::ZERO);
        for (index, Happening { at, fault, heal }) in self.0.iter().enumerate() {
            let number = index + 1;
            if fault.is_some() == heal.is_some() {
                let text = format!("number {number} of the schedule has to be either a `fault` or a `heal`");
                return Some((index, text));
            }
            if let Some(complaint) = fault.as_ref().and_then(Fault::complaint) {
                return Some((index, format!("number {number} of the schedule: {complaint}")));
            }
            if *at < before {
                let text = format!("number {number} of the schedule, at {at}, is before the one above it, at {before}");
                return Some((index, text));
            }
            before = *at;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Schedule, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn a_schedule_is_written_and_read() {
        let text = r#"[{"at":"1500ms","fault":{"partition":{"pair":[0,1]}}},{"at":"31s","heal":"partition"}]"#;
        let schedule = read(text).unwrap();
        assert_eq!(serde_json::to_string(&schedule).unwrap(), text);
        assert_eq!(schedule.complaint(), None);
        assert!(read(r#"[{"at":"1h","heal":"all"}]"#).is_err());
        assert!(read(r#"[{"at":"1s","heal":"everything"}]"#).unwrap_err().to_string().contains("kill-process"));
    }

    #[test]
    fn nonsense_is_told() {
        let complaint = |text: &str| read(text).unwrap().complaint().unwrap_or_default();
        assert!(complaint(r#"[{"at":"1s","heal":"all"}]"#).contains("without any fault"));
        let late = r#"[{"at":"2s","fault":{"rolling-restart":{}}},{"at":"1s","heal":"all"}]"#;
        assert!(complaint(late).contains("number 2"));
        assert!(complaint(r#"[{"at":"2s","fault":{"rolling-restart":{}},"heal":"all"}]"#).contains("either"));
        assert!(
            complaint(r#"[{"at":"2s","fault":{"packets":{"pod":1}}}]"#).contains("number 1 of the schedule: nothing")
        );
    }
}
