//! Joins what the shards of one run told into the stream that the whole run would have told.

mod belong;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, path::PathBuf};

pub use belong::MergeError;
use belong::{belong_together, starts, whole};
use jiff::Timestamp;

use crate::{Body, Event, EventLog, Renumbering, RunFinished, WriteError};

/// What one shard told, and where that is, for messages.
#[derive(Clone, Debug)]
pub struct Part {
    /// The folder or file.
    pub path: PathBuf,
    /// Its events.
    pub events: Vec<Event>,
}

/// Tells `log` what `parts` told, which must be all shards of one run: the scenarios in the order of the whole plan. A
/// shard without an end, say of a killed job, gives a run without one.
pub fn merge(parts: &[Part], log: &mut EventLog) -> Result<(), MergeError> {
    let starts = starts(parts)?;
    belong_together(&starts)?;
    let Some(whole) = whole(&starts) else { return Ok(()) };
    let times =
        |first: bool| parts.iter().filter_map(move |part| if first { part.events.first() } else { part.events.last() });
    let begun = times(true).map(|event| event.at).min().unwrap_or(Timestamp::UNIX_EPOCH);
    let order: Vec<String> = whole.scenarios.iter().map(|planned| planned.key.clone()).collect();
    log.append(begun, Body::RunStarted(Box::new(whole)))?;

    let mut streams: Vec<Stream<'_>> = parts.iter().map(|part| Stream::of(&part.events)).collect();
    for stream in &mut streams {
        stream.tell(None, log)?;
    }
    for key in &order {
        for stream in &mut streams {
            stream.tell(Some(key), log)?;
        }
    }
    let ends: Option<Vec<_>> = streams.iter().map(|stream| stream.end).collect();
    if let Some(ends) = ends {
        let all = parts.iter().flat_map(|part| &part.events);
        let finished: BTreeMap<&str, _> = all
            .filter_map(|event| match &event.body {
                Body::ScenarioFinished(end) => Some((end.scenario.as_str(), end)),
                _ => None,
            })
            .collect();
        let finished = order.iter().filter_map(|key| finished.get(key.as_str()).copied());
        let end = RunFinished::of(finished, ends.iter().any(|end| end.interrupted));
        log.append(times(false).map(|event| event.at).max().unwrap_or(begun), Body::RunFinished(end))?;
    }
    Ok(())
}

/// What one shard told, by scenario; by `None` what belongs to none.
struct Stream<'a> {
    events: BTreeMap<Option<&'a str>, Vec<&'a Event>>,
    numbers: Renumbering,
    end: Option<&'a RunFinished>,
}

impl<'a> Stream<'a> {
    fn of(events: &'a [Event]) -> Self {
        let mut stream = Self { events: BTreeMap::new(), numbers: Renumbering::default(), end: None };
        for event in events {
            match &event.body {
                Body::RunStarted(_) => {}
                Body::RunFinished(end) => stream.end = Some(end),
                body => stream.events.entry(body.scenario()).or_default().push(event),
            }
        }
        stream
    }

    fn tell(&mut self, scenario: Option<&str>, log: &mut EventLog) -> Result<(), WriteError> {
        let events = self.events.get(&scenario).into_iter().flatten();
        events.into_iter().try_for_each(|event| log.adopt(event.at, event.body.clone(), &mut self.numbers))
    }
}
