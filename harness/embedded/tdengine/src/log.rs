use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use seatrial_sim::Clock;

/// Lines that a log file keeps; the oldest go first.
const KEPT: usize = 4_000;

/// The log file of a server, `/var/log/taos/taosdlog.0`: in the container, so it is gone when the container is.
#[derive(Clone)]
pub(crate) struct ServerLog {
    clock: Clock,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl ServerLog {
    /// An empty file.
    pub fn new(clock: Clock) -> Self {
        Self { clock, lines: Arc::default() }
    }

    /// Adds a line: the module's three letters, `ERROR ` where it is one, and the text.
    pub fn line(&self, module: &str, text: impl AsRef<str>) {
        let time = self.clock.now().strftime("%m/%d %H:%M:%S%.6f");
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let text = text.as_ref();
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(format!("{time} 00000121 {module} {text}"));
    }

    /// The content of the file.
    pub fn text(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        })
    }
}
