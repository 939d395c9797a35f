use std::collections::BTreeMap;

use tokio::time::Instant;

/// Names an event that has not happened yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket(Instant, u64);

/// Events by their moment, and by their order within a moment.
pub(crate) struct Queue<E> {
    events: BTreeMap<(Instant, u64), E>,
    next: u64,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self { events: BTreeMap::new(), next: 0 }
    }
}

impl<E> Queue<E> {
    /// Adds an event; its ticket, and whether it is now the first.
    pub fn push(&mut self, at: Instant, event: E) -> (Ticket, bool) {
        let first = self.events.first_key_value().is_none_or(|((earliest, _), _)| at < *earliest);
        self.next += 1;
        self.events.insert((at, self.next), event);
        (Ticket(at, self.next), first)
    }

    /// Takes an event out before its moment.
    pub fn cancel(&mut self, ticket: Ticket) {
        self.events.remove(&(ticket.0, ticket.1));
    }

    /// The moment of the first event.
    pub fn first(&self) -> Option<Instant> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the first event if its moment has come.
    pub fn pop(&mut self, now: Instant) -> Option<E> {
        let entry = self.events.first_entry()?;
        if entry.key().0 <= now { Some(entry.remove()) } else { None }
    }

    /// Forgets all events.
    pub fn clear(&mut self) {
        self.events.clear();
    }
}
