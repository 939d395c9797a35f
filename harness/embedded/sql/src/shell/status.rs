use tokio::time::{Duration, sleep};

use super::{Connector, ServerStatus, output::Output};

/// Milliseconds between two questions of `--startup`.
const PAUSE: u64 = 10;

/// `taos --check` of 3.x; with `wait`, as `--startup` does, until the server has more to offer than its network.
pub(super) async fn check(
    output: &mut Output,
    connector: &dyn Connector,
    (host, port): (Option<&str>, Option<u16>),
    wait: bool,
) {
    loop {
        let (status, detail) = connector.server_status(host, port).await;
        let line = match status {
            ServerStatus::Unavailable => "0: unavailable",
            ServerStatus::NetworkOk => "1: network ok",
            ServerStatus::ServiceOk => "2: service ok",
            ServerStatus::ServiceDegraded => "3: service degraded",
            ServerStatus::Exiting => "4: exiting",
        };
        output.out(&format!("{line}\r\n")).await;
        if !detail.is_empty() {
            output.out(&format!("{detail}\r\n\r\n")).await;
        }
        output.flush().await;
        if !wait || status != ServerStatus::NetworkOk {
            return;
        }
        sleep(Duration::from_millis(PAUSE)).await;
    }
}
