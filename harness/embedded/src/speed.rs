use std::time::{Duration, Instant as WallClock};

use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep_until},
};

/// How long the outside world gets before simulated time moves on.
const TICK: Duration = Duration::from_millis(10);

/// Lets the paused clock of the current runtime follow the machine's clock, `factor` times as fast. Never returns.
///
/// Simulated time moves in two turns. While a blocking thread sleeps for a tick, tokio's clock stands still and only
/// sockets are served. Then the runtime may go from timer to timer, each at its exact time, as far as the tick was
/// worth. So events happen in the same order and at the same times whatever the factor.
pub(crate) async fn follow_wall_clock(factor: f64) {
    let mut target = Instant::now();
    let mut last = WallClock::now();
    loop {
        if spawn_blocking(|| std::thread::sleep(TICK)).await.is_err() {
            // The runtime is shutting down.
            return std::future::pending().await;
        }
        let now = WallClock::now();
        target += (now - last).mul_f64(factor);
        last = now;
        sleep_until(target).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn simulated_time_passes_at_the_given_speed() {
        let wall = WallClock::now();
        let start = Instant::now();
        tokio::select! {
            () = follow_wall_clock(600.0) => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
        }
        assert_eq!(start.elapsed(), Duration::from_secs(60));
        let wall = wall.elapsed();
        assert!(wall >= Duration::from_millis(90), "{wall:?}");
    }
}
