//! taosAdapter of 3.x on port 6041: REST, and the websocket protocol that the connectors speak.
//!
//! Source: `taosadapter`'s `controller/rest` and `controller/ws`, and what the Rust connector 0.12.3 sends.

mod binary;
mod block;
mod http;
mod json;
mod reply;
mod session;
#[cfg(test)]
mod tests;
mod websocket;

pub use http::serve_connection;

/// What differs between versions of the adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterDialect {
    /// What it answers to `version`, and what a connector chooses its dialect by.
    pub version: String,
    /// Whether `/ws` is there beside `/rest/ws`.
    pub ws: bool,
    /// Whether it takes SQL, and gives rows, in binary frames.
    pub binary: bool,
    /// `restfulRowLimit`: most rows of a REST answer; -1 in the real configuration is no limit.
    pub most_rows: usize,
    /// Most bytes of a REST request or a websocket message.
    pub longest_request: usize,
}

impl AdapterDialect {
    /// The adapter that comes with a version of the server: `/ws` since 3.1.1.15, binary frames since 3.3.0.8.
    pub fn of(version: &str) -> Self {
        let mut numbers = [0_u32; 4];
        for (slot, part) in numbers.iter_mut().zip(version.split(['.', '-'])) {
            *slot = part.parse().unwrap_or_default();
        }
        Self {
            version: version.to_owned(),
            ws: numbers >= [3, 1, 1, 15],
            binary: numbers >= [3, 3, 0, 8],
            most_rows: usize::MAX,
            longest_request: 4 * 1_024 * 1_024,
        }
    }
}
