use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use futures::future::BoxFuture;
use seatrial_sim::ConnectError;
use seatrial_sql::{SqlError, codes::v3 as codes};
use tokio::time::{Duration, Instant, sleep};

use crate::{
    config::EndPoint,
    host::Host,
    v3::{ports, state::RunStatus, taosd::Taosd, wire::CONNECT_TIMEOUT},
};

/// A request on a connection that is silent fails after this time (`TRANS_CONN_TIMEOUT` times ten).
const USER_TIMEOUT: Duration = Duration::from_secs(30);
/// A request that a kernel has taken and no server answers fails after this time (`tsReadTimeout`).
const READ_TIMEOUT: Duration = Duration::from_secs(900);
/// How often a silent connection sends again.
const RESEND: Duration = Duration::from_millis(500);
/// A client goes on trying for this time (`maxRetryWaitTime`).
pub(super) const MAX_RETRY_WAIT: Duration = Duration::from_secs(10);
/// Pauses between rounds of attempts.
const PAUSES: [u64; 6] = [50, 100, 200, 400, 700, 1_000];

/// What a request does at a server.
pub(super) type Work<T> = BoxFuture<'static, Result<T, SqlError>>;

/// The connections of a client: addresses that worked.
pub(super) struct Net {
    pub(super) host: Host,
    open: BTreeMap<Arc<str>, Ipv4Addr>,
}

impl Net {
    pub(super) fn new(host: Host) -> Self {
        Self { host, open: BTreeMap::new() }
    }

    /// Sends a request to a server and waits for the answer.
    ///
    /// A new connection to a silent address fails after three seconds; on an old one a request waits thirty seconds for
    /// the silence to end. A process that ends breaks the connection at once.
    pub(super) async fn call<T>(
        &mut self,
        ep: &EndPoint,
        deadline: Instant,
        request: impl FnOnce(Arc<Taosd>) -> Work<T>,
    ) -> Result<T, SqlError> {
        let (ip, taosd) = self.reach(ep, deadline).await?;
        self.host.round_trip(ip).await;
        wait_while_stopped(&taosd).await?;
        match taosd.state().run {
            RunStatus::NetworkOk => return Err(codes::error(codes::APP_IS_STARTING)),
            RunStatus::Exiting => return Err(codes::error(codes::APP_IS_STOPPING)),
            RunStatus::ServiceOk => {}
        }
        let work = request(Arc::clone(&taosd));
        let result = tokio::select! {
            biased;
            result = work => result,
            _ = taosd.exited() => Err(codes::error(codes::RPC_BROKEN_LINK)),
            () = self.cut_off(ip, ep.port) => Err(codes::error(codes::RPC_BROKEN_LINK)),
        };
        // An answer that cannot arrive now arrives when the silence ends, or never.
        let result = if self.speaks(ip, ep.port).await { result } else { Err(codes::error(codes::RPC_BROKEN_LINK)) };
        if matches!(&result, Err(error) if error.code == codes::RPC_BROKEN_LINK) {
            self.open.remove(&ep.fqdn);
        }
        result
    }

    async fn reach(&mut self, ep: &EndPoint, deadline: Instant) -> Result<(Ipv4Addr, Arc<Taosd>), SqlError> {
        if let Some(ip) = self.open.get(&ep.fqdn).copied() {
            let there = self.speaks(ip, ep.port).await;
            match ports::dial(&self.host, ip, ep.port) {
                Ok(taosd) if there => return Ok((ip, taosd)),
                _ => {
                    self.open.remove(&ep.fqdn);
                }
            }
        }
        let found = self.host.resolve(&ep.fqdn);
        self.host.wait_for_resolver().await;
        let Some(ip) = found else { return Err(codes::error(codes::RPC_FQDN_ERROR)) };
        match ports::dial(&self.host, ip, ep.port) {
            Ok(taosd) => {
                self.open.insert(Arc::clone(&ep.fqdn), ip);
                Ok((ip, taosd))
            }
            Err(error) => {
                if error == ConnectError::Unreachable {
                    let rest = deadline.saturating_duration_since(Instant::now());
                    sleep(CONNECT_TIMEOUT.min(rest.max(Duration::from_millis(10)))).await;
                }
                Err(codes::error(codes::RPC_NETWORK_UNAVAIL))
            }
        }
    }

    fn is_cut(&self, ip: Ipv4Addr, port: u16) -> bool {
        matches!(ports::dial(&self.host, ip, port), Err(ConnectError::Unreachable))
    }

    /// Waits until an address is not silent any more; false if that took too long.
    async fn speaks(&self, ip: Ipv4Addr, port: u16) -> bool {
        let since = Instant::now();
        while self.is_cut(ip, port) {
            if since.elapsed() >= USER_TIMEOUT {
                return false;
            }
            sleep(RESEND).await;
        }
        true
    }

    /// Resolves when an address has been silent for too long.
    async fn cut_off(&self, ip: Ipv4Addr, port: u16) {
        let mut since = None;
        loop {
            sleep(RESEND).await;
            if !self.is_cut(ip, port) {
                since = None;
            } else if since.get_or_insert_with(Instant::now).elapsed() >= USER_TIMEOUT {
                return;
            }
        }
    }
}

/// Waits while a server is stopped: a real 3.3.0.1 under SIGSTOP leaves its clients waiting for minutes.
pub(super) async fn wait_while_stopped(taosd: &Taosd) -> Result<(), SqlError> {
    tokio::select! {
        biased;
        () = taosd.goes_on() => Ok(()),
        _ = taosd.exited() => Err(codes::error(codes::RPC_BROKEN_LINK)),
        () = sleep(READ_TIMEOUT) => Err(codes::error(codes::RPC_TIMEOUT)),
    }
}

/// Goes on trying for ten seconds.
pub(super) struct Patience {
    begun: Instant,
    round: usize,
    /// What the last server said that answered.
    answered: Option<SqlError>,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), round: 0, answered: None }
    }

    /// When it ends.
    pub(super) fn deadline(&self) -> Instant {
        self.begun + MAX_RETRY_WAIT
    }

    /// Whether an error may go away; remembers it if a server has said it.
    pub(super) fn bears(&mut self, error: &SqlError) -> bool {
        match error.code {
            codes::RPC_NETWORK_UNAVAIL | codes::RPC_BROKEN_LINK | codes::RPC_FQDN_ERROR => true,
            codes::SYN_NOT_LEADER
            | codes::SYN_RESTORING
            | codes::APP_IS_STARTING
            | codes::APP_IS_STOPPING
            | codes::MNODE_NOT_FOUND
            | codes::VND_INVALID_VGROUP_ID => {
                self.answered = Some(error.clone());
                true
            }
            _ => false,
        }
    }

    /// Waits before the next round; the final error if there is none.
    pub(super) async fn next_round(
        &mut self,
        dice: &Host,
        unreachable: i32,
        overtime: (u64, u64),
    ) -> Result<(), SqlError> {
        let pause = PAUSES.get(self.round).or(PAUSES.last()).copied().unwrap_or(1_000);
        self.round += 1;
        let rest = self.deadline().saturating_duration_since(Instant::now());
        if rest > Duration::from_millis(pause) {
            sleep(Duration::from_millis(pause)).await;
            return Ok(());
        }
        let overtime = dice.dice("retry").between(overtime.0, overtime.1);
        sleep(rest + Duration::from_millis(overtime)).await;
        let error = self.answered.take().filter(|error| error.code != codes::VND_INVALID_VGROUP_ID);
        Err(error.unwrap_or_else(|| codes::error(unreachable)))
    }

    /// How many rounds there were.
    pub(super) fn rounds(&self) -> usize {
        self.round
    }
}

/// How much longer than ten seconds it takes until a client gives up: a write or a look at a table.
pub(super) const OVERTIME: (u64, u64) = (280, 420);
/// The same for a query that is running.
pub(super) const OVERTIME_QUERY: (u64, u64) = (5, 30);
