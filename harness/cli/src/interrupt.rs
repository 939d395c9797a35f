//! Ctrl-C, and SIGTERM, by which CI systems cancel a job: once asks for an orderly end, twice ends at once.

use std::{process, sync::OnceLock};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use crate::complaint::Complaint;

/// Exit code of a process that SIGINT ended, as shells give it.
const INTERRUPTED: i32 = 130;

/// Becomes true at the first signal.
pub fn watch() -> watch::Receiver<bool> {
    static ASKED: OnceLock<watch::Receiver<bool>> = OnceLock::new();
    ASKED.get_or_init(listen).clone()
}

/// Listens in a thread of its own, because a paused clock must not wait for signals.
fn listen() -> watch::Receiver<bool> {
    let (asked, receiver) = watch::channel(false);
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(async {
            let Some(mut signals) = Signals::listen() else { return };
            signals.next().await;
            eprintln!("interrupted: cleaning up and writing the report; once more to stop at once");
            asked.send_replace(true);
            signals.next().await;
            eprintln!("stopped at once: `seatrial clean` removes what is left");
            process::exit(INTERRUPTED);
        });
    });
    receiver
}

/// What comes of `work`, or a complaint as soon as somebody asks for an end: `work` is dropped then, and cleans up.
pub async fn unless<T>(asked: &watch::Receiver<bool>, work: impl Future<Output = T>) -> Result<T, Complaint> {
    let mut asked = asked.clone();
    tokio::select! {
        Ok(_) = asked.wait_for(|asked| *asked) => {}
        value = work => return Ok(value),
    }
    Err(Complaint::environment("it was interrupted before anything was run"))
}

struct Signals(Signal, Signal);

impl Signals {
    fn listen() -> Option<Self> {
        Some(Self(signal(SignalKind::interrupt()).ok()?, signal(SignalKind::terminate()).ok()?))
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}
