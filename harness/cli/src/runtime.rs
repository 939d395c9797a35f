use std::io;

use seatrial_embedded::paused_runtime;

/// Runs `future` on a runtime of one thread whose clock is paused: waiting costs nothing.
pub fn virtual_time<F: Future>(future: F) -> io::Result<F::Output> {
    Ok(paused_runtime()?.block_on(future))
}

/// Runs `future` on the machine's own clock. One thread does the run, another what watches and connections need, so
/// that a change is noticed while an answer is still being read.
pub fn real_time<F: Future>(future: F) -> io::Result<F::Output> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(future))
}
