use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use seatrial_sim::{Clock, ContainerLog};

/// Lines that a log file keeps; the oldest go first.
const KEPT: usize = 4_000;

/// The log file of a server, `/var/log/taos/taosdlog.0`: in the container, so it is gone when the container is. Servers
/// print the same lines (`kubectl logs` of real 2.1.1.0 and 3.3.0.1).
#[derive(Clone)]
pub(crate) struct ServerLog {
    clock: Clock,
    printed: ContainerLog,
    /// The thread, and what else a line has before its module.
    thread: &'static str,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl ServerLog {
    /// An empty file, whose lines are printed, too.
    pub fn new(clock: Clock, printed: ContainerLog, thread: &'static str) -> Self {
        Self { clock, printed, thread, lines: Arc::default() }
    }

    /// Adds a line: the module's three letters, `ERROR ` where it is one, and the text.
    pub fn line(&self, module: &str, text: impl AsRef<str>) {
        let time = self.clock.now().strftime("%m/%d %H:%M:%S%.6f");
        let line = format!("{time} {} {module} {}", self.thread, text.as_ref());
        self.printed.out(line.clone());
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
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
