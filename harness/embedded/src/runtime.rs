use std::io;

use tokio::runtime::{Builder, Runtime};

/// A runtime of one thread whose clock is paused: waiting costs nothing, and what tokio leaves to chance (which of
/// several waiting tasks wakes first, which branch of a `select!` is polled first) is the same in every run.
///
/// The latter needs `--cfg tokio_unstable`, which this repository's `.cargo/config.toml` sets. Built without it,
/// everything works, but two runs of one seed may differ in the order of simultaneous events.
pub fn paused_runtime() -> io::Result<Runtime> {
    let mut builder = Builder::new_current_thread();
    builder.enable_time().start_paused(true);
    #[cfg(tokio_unstable)]
    builder.rng_seed(tokio::runtime::RngSeed::from_bytes(b"seatrial"));
    builder.build()
}
