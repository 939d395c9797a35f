use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// How long ago a timestamp of an object was, as `kubectl` prints it.
pub(super) fn since(value: Option<&Value>, now: Timestamp) -> String {
    let at = value.and_then(Value::as_str).and_then(|text| text.parse::<Timestamp>().ok());
    at.map_or_else(|| "<unknown>".into(), |at| human(now.duration_since(at)))
}

/// A duration in at most two units, the smaller the rougher: `90s`, `5m3s`, `3h20m`, `2d5h`, `3y40d`.
pub(super) fn human(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    if seconds < -1 {
        return "<invalid>".into();
    }
    let seconds = seconds.max(0);
    if seconds < 60 * 2 {
        return format!("{seconds}s");
    }
    let two = |large: i64, large_unit: char, small: i64, small_unit: char| {
        if small == 0 { format!("{large}{large_unit}") } else { format!("{large}{large_unit}{small}{small_unit}") }
    };
    let minutes = seconds / 60;
    if minutes < 10 {
        return two(minutes, 'm', seconds % 60, 's');
    }
    if minutes < 60 * 3 {
        return format!("{minutes}m");
    }
    let hours = minutes / 60;
    if hours < 8 {
        return two(hours, 'h', minutes % 60, 'm');
    }
    if hours < 48 {
        return format!("{hours}h");
    }
    let days = hours / 24;
    if hours < 24 * 8 {
        return two(days, 'd', hours % 24, 'h');
    }
    if days < 365 * 2 {
        return format!("{days}d");
    }
    if days < 365 * 8 {
        return two(days / 365, 'y', days % 365, 'd');
    }
    format!("{}y", days / 365)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0s")]
    #[case(119, "119s")]
    #[case(120, "2m")]
    #[case(303, "5m3s")]
    #[case(600, "10m")]
    #[case(10_799, "179m")]
    #[case(10_800 + 60 * 20, "3h20m")]
    #[case(8 * 3600, "8h")]
    #[case(47 * 3600, "47h")]
    #[case(53 * 3600, "2d5h")]
    #[case(8 * 86_400, "8d")]
    #[case(365 * 86_400 * 3, "3y")]
    #[case(-5, "<invalid>")]
    fn durations_read_as_kubectl_prints_them(#[case] seconds: i64, #[case] text: &str) {
        assert_eq!(human(SignedDuration::from_secs(seconds)), text);
    }
}
