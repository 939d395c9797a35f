//! Spans of time and numbers as people read them.

use jiff::Timestamp;

/// A length of time: `340 ms`, `9.3 s`, `1 min 05 s`, `3 h 12 min`.
pub(crate) fn length(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {:02} s", ms / 60_000, ms % 60_000 / 1_000),
        _ => format!("{} h {:02} min", ms / 3_600_000, ms % 3_600_000 / 60_000),
    }
}

/// A point in time since a beginning: `0:41.2`, `12:05.0`, `1:02:05`.
pub(crate) fn offset(ms: u64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms % 3_600_000 / 60_000, ms % 60_000 / 1_000);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}.{}", ms % 1_000 / 100)
    }
}

/// Milliseconds from `from` to `to`; none if the clock went back.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond().saturating_sub(from.as_millisecond())).unwrap_or(0)
}

/// A date and time in UTC, to the second.
pub(crate) fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A number with its thousands apart: `12,345`.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size: `812 B`, `24 KB`, `9.5 MB`.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0 ms", "0:00.0")]
    #[case(999, "999 ms", "0:00.9")]
    #[case(9_340, "9.3 s", "0:09.3")]
    #[case(65_000, "1 min 05 s", "1:05.0")]
    #[case(11_520_000, "3 h 12 min", "3:12:00")]
    fn spans(#[case] ms: u64, #[case] as_length: &str, #[case] as_offset: &str) {
        assert_eq!(length(ms), as_length);
        assert_eq!(offset(ms), as_offset);
    }

    #[rstest]
    #[case(7, "7")]
    #[case(1_000, "1,000")]
    #[case(12_345_678, "12,345,678")]
    fn thousands(#[case] value: u64, #[case] text: &str) {
        assert_eq!(number(value), text);
    }

    #[test]
    fn a_clock_that_went_back_gives_nothing() {
        let later = Timestamp::from_second(100).unwrap();
        assert_eq!(between(later, Timestamp::UNIX_EPOCH), 0);
        assert_eq!(between(Timestamp::UNIX_EPOCH, later), 100_000);
    }
}
