use std::time::Duration;

use k8s_openapi::api::core::v1::Probe;

/// Which question a probe answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProbeKind {
    /// Has the container started? Gates the other two.
    Startup,
    /// May it get traffic?
    Readiness,
    /// Must it be restarted?
    Liveness,
}

impl ProbeKind {
    /// As events name it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Readiness => "Readiness",
            Self::Liveness => "Liveness",
        }
    }

    /// What holds before the first answer: a container is alive, but neither started nor ready.
    pub(crate) fn initial(self) -> bool {
        self == Self::Liveness
    }
}

/// The numbers of a probe, with Kubernetes' defaults filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    pub(crate) initial_delay: Duration,
    pub(crate) period: Duration,
    pub(crate) timeout: Duration,
    pub(crate) success_threshold: u32,
    pub(crate) failure_threshold: u32,
}

impl Timing {
    pub(crate) fn of(probe: &Probe) -> Self {
        let seconds = |value: Option<i32>, default: u32| {
            let value = value.and_then(|value| u32::try_from(value).ok()).filter(|value| *value > 0);
            Duration::from_secs(u64::from(value.unwrap_or(default)))
        };
        let count = |value: Option<i32>, default: u32| {
            value.and_then(|value| u32::try_from(value).ok()).filter(|value| *value > 0).unwrap_or(default)
        };
        Self {
            initial_delay: seconds(probe.initial_delay_seconds, 0),
            period: seconds(probe.period_seconds, 10),
            timeout: seconds(probe.timeout_seconds, 1),
            success_threshold: count(probe.success_threshold, 1),
            failure_threshold: count(probe.failure_threshold, 3),
        }
    }

    /// True if a container that has run for `age` may be asked. The kubelet compares whole seconds.
    pub(crate) fn due(&self, age: Duration) -> bool {
        age.as_secs() >= self.initial_delay.as_secs()
    }
}

/// Counts answers of one probe and tells when the thresholds are reached.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    last: Option<bool>,
    run: u32,
}

impl Tally {
    /// Counts an answer. The new result, once enough equal answers came in a row.
    pub(crate) fn count(&mut self, success: bool, timing: &Timing) -> Option<bool> {
        if self.last == Some(success) {
            self.run = self.run.saturating_add(1);
        } else {
            self.last = Some(success);
            self.run = 1;
        }
        let threshold = if success { timing.success_threshold } else { timing.failure_threshold };
        (self.run >= threshold).then_some(success)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(success: i32, failure: i32) -> Timing {
        Timing::of(&Probe {
            success_threshold: Some(success),
            failure_threshold: Some(failure),
            initial_delay_seconds: Some(5),
            ..Probe::default()
        })
    }

    #[test]
    fn defaults_are_those_of_kubernetes() {
        let timing = Timing::of(&Probe::default());
        assert_eq!(timing.initial_delay, Duration::ZERO);
        assert_eq!(timing.period, Duration::from_secs(10));
        assert_eq!(timing.timeout, Duration::from_secs(1));
        assert_eq!((timing.success_threshold, timing.failure_threshold), (1, 3));
    }

    #[test]
    fn nothing_is_asked_before_the_initial_delay() {
        let timing = timing(1, 3);
        assert!(!timing.due(Duration::from_millis(4_999)));
        assert!(timing.due(Duration::from_secs(5)));
    }

    #[test]
    fn thresholds_count_equal_answers_in_a_row() {
        let timing = timing(2, 3);
        let mut tally = Tally::default();
        let answers = [false, false, true, true, true, false, false, false];
        let settled: Vec<_> = answers.into_iter().map(|answer| tally.count(answer, &timing)).collect();
        assert_eq!(settled, [None, None, None, Some(true), Some(true), None, None, Some(false)]);
    }
}
