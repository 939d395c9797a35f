use std::{
    cell::Cell,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use seatrial_record::{Body, EventLog, Renumbering, WriteError};

/// The one stream of a run, told by several scenarios at once.
pub(crate) struct Chronicle {
    state: Mutex<State>,
}

struct State {
    log: EventLog,
    lines: Vec<Line>,
    /// Scenarios tell one after the other; otherwise they tell as it happens.
    in_order: bool,
    /// The scenario that may tell now, if they do in order.
    front: usize,
    /// The latest time that was told.
    latest: Timestamp,
}

/// What one scenario tells.
#[derive(Default)]
struct Line {
    waiting: Vec<(Timestamp, Body)>,
    ended: bool,
    numbers: Renumbering,
}

impl Chronicle {
    /// Tells to `log` what happens in `scenarios` scenarios. With `in_order` the stream does not depend on how they run
    /// side by side: the first that has not ended tells as it happens, and the others wait for it.
    pub fn new(log: EventLog, scenarios: usize, in_order: bool, now: Timestamp) -> Self {
        let lines = std::iter::repeat_with(Line::default).take(scenarios).collect();
        Self { state: Mutex::new(State { log, lines, in_order, front: 0, latest: now }) }
    }

    /// What tells for the scenario at `place` of the plan.
    pub fn teller(&self, place: usize) -> Teller<'_> {
        Teller { chronicle: self, place, evidence: Cell::new(0) }
    }

    /// The log again, and the latest time that it was told.
    pub fn close(self) -> (EventLog, Timestamp) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        (state.log, state.latest)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tell(&mut self, place: usize, at: Timestamp, body: Body) -> Result<(), WriteError> {
        let waits = self.in_order && place != self.front;
        let Some(line) = self.lines.get_mut(place) else { return Ok(()) };
        if waits {
            line.waiting.push((at, body));
            return Ok(());
        }
        self.latest = self.latest.max(at);
        self.log.adopt(at, body, &mut line.numbers)
    }

    /// Notes that the scenario at `place` tells no more, and lets those tell that waited for it.
    fn end(&mut self, place: usize) -> Result<(), WriteError> {
        if let Some(line) = self.lines.get_mut(place) {
            line.ended = true;
        }
        while self.in_order && self.lines.get(self.front).is_some_and(|line| line.ended) {
            self.front += 1;
            let Some(next) = self.lines.get_mut(self.front) else { break };
            for (at, body) in std::mem::take(&mut next.waiting) {
                self.tell(self.front, at, body)?;
            }
        }
        Ok(())
    }
}

/// Tells what happens in one scenario.
pub(crate) struct Teller<'a> {
    chronicle: &'a Chronicle,
    place: usize,
    evidence: Cell<u64>,
}

impl Teller<'_> {
    /// Adds an event that happened at `at`.
    pub fn tell(&self, at: Timestamp, body: Body) -> Result<(), WriteError> {
        self.chronicle.lock().tell(self.place, at, body)
    }

    /// A number for evidence, unique in the scenario. In the stream it has another one.
    pub fn next_evidence(&self) -> u64 {
        self.evidence.set(self.evidence.get() + 1);
        self.evidence.get()
    }

    /// Nothing more will be told.
    pub fn end(self) -> Result<(), WriteError> {
        self.chronicle.lock().end(self.place)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seatrial_record::{Event, Sink};

    use super::*;

    #[derive(Clone, Default)]
    struct Told(Arc<Mutex<Vec<String>>>);

    impl Sink for Told {
        fn take(&mut self, event: &Event) -> Result<(), WriteError> {
            let Body::Notice { text, .. } = &event.body else { panic!("not a notice") };
            self.0.lock().unwrap().push(text.clone());
            Ok(())
        }
    }

    /// Three scenarios tell in turns; the last one to begin is the first to end.
    fn told(in_order: bool) -> Vec<String> {
        let seen = Told::default();
        let log = EventLog::new(vec![Box::new(seen.clone())]);
        let chronicle = Chronicle::new(log, 3, in_order, Timestamp::UNIX_EPOCH);
        let tellers: Vec<_> = (0..3).map(|place| chronicle.teller(place)).collect();
        for turn in 1..=2 {
            for (teller, name) in tellers.iter().zip(["a", "b", "c"]) {
                let text = format!("{name}{turn}");
                teller.tell(Timestamp::UNIX_EPOCH, Body::Notice { scenario: None, text }).unwrap();
            }
        }
        // Only the first may have been told by now, and it was told at once.
        assert_eq!(seen.0.lock().unwrap().len(), if in_order { 2 } else { 6 });
        for teller in tellers.into_iter().rev() {
            teller.end().unwrap();
        }
        seen.0.lock().unwrap().clone()
    }

    #[test]
    fn scenarios_tell_in_the_order_of_the_plan_or_as_it_happens() {
        assert_eq!(told(true), ["a1", "a2", "b1", "b2", "c1", "c2"]);
        assert_eq!(told(false), ["a1", "b1", "c1", "a2", "b2", "c2"]);
    }
}
