use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use seatrial_record::{Event, Sink, WriteError};

use super::options::Options;
use super::screen::Screen;

/// Prints a run as it happens, and a live line below it where a person watches.
pub struct Terminal {
    screen: Screen,
    out: Box<dyn Write + Send>,
    bar: Option<ProgressBar>,
    /// Nobody reads any more, say after `| head`: the run goes on, printing stops.
    closed: bool,
}

impl Terminal {
    /// Prints to `out`. The live line, if `options` ask for one, goes to standard error.
    pub fn new(options: Options, out: Box<dyn Write + Send>) -> Self {
        let bar = options.live.then(|| {
            let bar = ProgressBar::new_spinner();
            // The default style is kept if the template should ever be refused.
            if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { screen: Screen::new(options), out, bar, closed: false }
    }

    fn print(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() || self.closed {
            return Ok(());
        }
        let out = &mut self.out;
        let mut write = || out.write_all(text.as_bytes()).and_then(|()| out.flush());
        let written = match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            other => other,
        }
    }
}

impl Sink for Terminal {
    fn take(&mut self, event: &Event) -> Result<(), WriteError> {
        let text = self.screen.take(event);
        let finished = self.screen.model.as_ref().is_some_and(|model| model.finished.is_some());
        if let Some(bar) = &self.bar {
            if finished {
                bar.finish_and_clear();
            } else if let Some(now) = self.screen.now() {
                bar.set_message(now);
            }
        }
        self.print(&text).map_err(|source| WriteError::Io { path: PathBuf::from("standard output"), source })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
