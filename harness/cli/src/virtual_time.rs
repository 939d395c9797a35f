use std::io;

use tokio::runtime::Builder;

/// Runs `future` on a runtime of one thread whose clock is paused: waiting costs nothing.
pub fn block_on<F: Future>(future: F) -> io::Result<F::Output> {
    Ok(Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(future))
}
