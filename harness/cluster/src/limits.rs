use std::time::Duration;

/// The bounds of everything that this crate waits for or reads. Each can be overridden; a wait that runs out names
/// its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One request to the API server, watches excepted. 30 s: a loaded kind node answers within a few.
    pub request: Duration,
    /// Opening an exec or a port-forward, until the first byte can flow. 20 s.
    pub connect: Duration,
    /// A command in a pod, or a line of statements, for callers that have no limit of their own. 60 s.
    pub exec: Duration,
    /// Reading what is left of a command's output after its status came. 5 s: a connection that was lost in
    /// mid-command never ends its streams.
    pub drain: Duration,
    /// Until an object is gone after it was deleted. 120 s: the document's pods use their grace period of 30 s, and
    /// volumes wait for them.
    pub delete: Duration,
    /// Until a namespace is gone with all that is in it. 300 s.
    pub namespace: Duration,
    /// One statement of the built-in queries (`show dnodes` and the like). 30 s: a shell gives up to connect after 9.
    pub query: Duration,
    /// All diagnostics together. 120 s; what was collected until then is kept.
    pub diagnostics: Duration,
    /// Pause before a broken watch is opened again. 500 ms.
    pub watch_retry: Duration,
    /// Bytes kept of each output stream of a command. 4 MiB.
    pub output_bytes: usize,
    /// Bytes kept of one piece of evidence. 64 KiB.
    pub evidence_bytes: usize,
    /// Lines asked for of one container's log. 400.
    pub log_lines: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(30),
            connect: Duration::from_secs(20),
            exec: Duration::from_secs(60),
            drain: Duration::from_secs(5),
            delete: Duration::from_secs(120),
            namespace: Duration::from_secs(300),
            query: Duration::from_secs(30),
            diagnostics: Duration::from_secs(120),
            watch_retry: Duration::from_millis(500),
            output_bytes: 4 * 1024 * 1024,
            evidence_bytes: 64 * 1024,
            log_lines: 400,
        }
    }
}
