use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::Precision;

/// A time as the shell and REST print it: `2026-11-23 05:26:24.249`, in UTC.
///
/// A time that no calendar has (a database may hold any 64 bits) is printed as its number.
pub fn format_timestamp(units: i64, precision: Precision) -> String {
    let per_second = precision.per_milli() * 1_000;
    let (seconds, rest) = (units.div_euclid(per_second), units.rem_euclid(per_second));
    match Timestamp::from_second(seconds) {
        Ok(at) => {
            let civil = TimeZone::UTC.to_datetime(at);
            format!("{} {}.{rest:0width$}", civil.date(), civil.time(), width = precision.digits())
        }
        Err(_) => units.to_string(),
    }
}

/// Reads a quoted time: `2026-11-23 05:26:24[.249]` (a date alone is none), with `T` for the blank, and `Z` or `+08:00` or
/// `+0800` after it if it is not UTC. More digits than `precision` has are cut off.
pub fn parse_timestamp(text: &str, precision: Precision) -> Option<i64> {
    let text = text.trim();
    let (text, offset) = split_offset(text)?;
    let normal = text.replacen(' ', "T", 1);
    if !normal.contains('T') {
        return None;
    }
    let at = normal.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let nanos = at.as_nanosecond() - i128::from(offset) * 1_000_000_000;
    let per_unit = i128::from(1_000_000 / precision.per_milli());
    i64::try_from(nanos.div_euclid(per_unit)).ok()
}

/// The text before a zone, and the zone's seconds east of UTC.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(rest) = text.strip_suffix(['Z', 'z']) {
        return Some((rest, 0));
    }
    // A sign after the time of day is a zone; before that it is the date's own dash.
    let Some(at) = text.rfind(['+', '-']).filter(|at| text[..*at].contains(':')) else {
        return Some((text, 0));
    };
    let digits: String = text[at + 1..].chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i64>().ok()?, 0),
        4 if digits.is_ascii() => (digits[..2].parse::<i64>().ok()?, digits[2..].parse::<i64>().ok()?),
        _ => return None,
    };
    if hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3_600 + minutes * 60;
    Some((&text[..at], if text[at..].starts_with('-') { -seconds } else { seconds }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("1970-01-01 00:00:01", Precision::Milli, Some(1_000))]
    #[case("1970-01-01T00:00:01.5Z", Precision::Micro, Some(1_500_000))]
    #[case("1970-01-01 08:00:00.123456+08:00", Precision::Micro, Some(123_456))]
    #[case("1970-01-01 08:00:00.123999+0800", Precision::Milli, Some(123))]
    #[case("2018-12-01", Precision::Milli, None)]
    #[case("yesterday", Precision::Milli, None)]
    #[case("1970-01-01 00:00:00+99", Precision::Milli, None)]
    fn reads_quoted_times(#[case] text: &str, #[case] precision: Precision, #[case] units: Option<i64>) {
        assert_eq!(parse_timestamp(text, precision), units);
    }

    proptest! {
        #[test]
        fn any_units_print(units: i64) {
            for precision in [Precision::Milli, Precision::Micro, Precision::Nano] {
                prop_assert!(!format_timestamp(units, precision).is_empty());
            }
        }

        #[test]
        fn printed_times_read_back(units in 0_i64..4_000_000_000_000) {
            let text = format_timestamp(units, Precision::Milli);
            prop_assert_eq!(parse_timestamp(&text, Precision::Milli), Some(units));
        }

        #[test]
        fn any_text_is_safe(text in "\\PC{0,40}") {
            let _ = parse_timestamp(&text, Precision::Milli);
        }
    }
}
