use seatrial_cluster::{ClusterError, Via};
use seatrial_record::{Blame, SeenBy, Verdict};

/// Whether an expectation holds at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Yes,
    No,
    /// It could not be looked at.
    Unknown,
}

/// One look at an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glance {
    pub holds: Holds,
    /// What was expected.
    pub expected: String,
    /// What was seen, in the same form.
    pub seen: String,
    /// Why it does not hold, in a sentence; empty if it does.
    pub why: String,
    pub blame: Option<Blame>,
    /// Which client saw it, if it is not the shell.
    pub client: Option<String>,
}

/// A client in a sentence: `by ...`.
pub(crate) fn client_name(via: Via) -> &'static str {
    match via {
        Via::Shell => "the shell",
        Via::Rest => "REST",
        Via::Connector => "the connector",
    }
}

impl Glance {
    /// The glance of a client. The shell's, by which the documents look, goes without saying.
    pub fn by(self, via: Via, place: &str) -> Self {
        let client = (via != Via::Shell).then(|| format!("{} {place}", client_name(via)));
        Self { client, ..self }
    }

    /// What its client saw, for the events.
    pub fn seen_by(&self, verdict: Verdict) -> Vec<SeenBy> {
        let client = self.client.clone().into_iter();
        client.map(|client| SeenBy { client, verdict, seen: self.seen.clone() }).collect()
    }

    pub fn yes(expected: impl Into<String>, seen: impl Into<String>) -> Self {
        Self {
            holds: Holds::Yes,
            expected: expected.into(),
            seen: seen.into(),
            why: String::new(),
            blame: None,
            client: None,
        }
    }

    pub fn no(expected: impl Into<String>, seen: impl Into<String>, why: impl Into<String>) -> Self {
        let (expected, seen, why) = (expected.into(), seen.into(), why.into());
        Self { holds: Holds::No, expected, seen, why, blame: Some(Blame::Product), client: None }
    }

    /// Yes if nothing is against it, and no with the first that is.
    pub fn of(expected: impl Into<String>, seen: impl Into<String>, against: &[String]) -> Self {
        match against.first() {
            None => Self::yes(expected, seen),
            Some(why) => Self::no(expected, seen, why),
        }
    }

    /// Something that could not be looked at, because of `error`. A product that does not answer is an answer.
    pub fn error(expected: impl Into<String>, error: &ClusterError) -> Self {
        let blame = error.blame();
        let holds = if blame == Blame::Product { Holds::No } else { Holds::Unknown };
        let seen = error.problem.to_string();
        Self { holds, expected: expected.into(), seen, why: error.to_string(), blame: Some(blame), client: None }
    }
}
