use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use seatrial_sim::{Clock, ContainerLog};

/// Lines that a log file keeps; the oldest go first.
const KEPT: usize = 4_000;

/// The log file of a server, `/var/log/taos/taosdlog.0`: in the container, so it is gone when the container is. Servers of
/// 3.x print the same lines (recording of 3.3.0.1 on kind: `kubectl logs`).
#[derive(Clone)]
pub(crate) struct ServerLog {
    clock: Clock,
    printed: Option<ContainerLog>,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl ServerLog {
    /// An empty file, whose lines are also printed if there is a log to print them to.
    pub fn new(clock: Clock, printed: Option<ContainerLog>) -> Self {
        Self { clock, printed, lines: Arc::default() }
    }

    /// Adds a line: the module's three letters, `ERROR ` where it is one, and the text.
    pub fn line(&self, module: &str, text: impl AsRef<str>) {
        let time = self.clock.now().strftime("%m/%d %H:%M:%S%.6f");
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let text = text.as_ref();
        if lines.len() == KEPT {
            lines.pop_front();
        }
        let line = match &self.printed {
            None => format!("{time} 00000121 {module} {text}"),
            Some(printed) => {
                let line = format!("{time} 00000061 C {module} {text}");
                printed.out(line.clone());
                line
            }
        };
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
