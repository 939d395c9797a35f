use std::io;

use seatrial_embedded::paused_runtime;

/// Runs `future` on a runtime of one thread whose clock is paused: waiting costs nothing.
pub fn block_on<F: Future>(future: F) -> io::Result<F::Output> {
    Ok(paused_runtime()?.block_on(future))
}
