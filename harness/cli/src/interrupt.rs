//! Ctrl-C: once asks for an orderly end, twice ends at once.

use std::process;

use tokio::sync::watch;

/// Exit code of a process that SIGINT ended, as shells give it.
const INTERRUPTED: i32 = 130;

/// Becomes true at the first Ctrl-C. Listens in a thread of its own, because a paused clock must not wait for signals.
pub fn watch() -> watch::Receiver<bool> {
    let (asked, receiver) = watch::channel(false);
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_ok() {
                eprintln!("interrupted: cleaning up and writing the report; once more to stop at once");
                asked.send_replace(true);
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                process::exit(INTERRUPTED);
            }
        });
    });
    receiver
}
