use seatrial_sql::shell::{Connector, Login, Session};
use tokio::time::{Duration, sleep};

use super::{client::Client, taosd::Taosd};

/// Milliseconds between attempts to set up the `log` database.
const PAUSE: u64 = 1_000;

/// The part of a server that writes its own figures into the database `log`.
#[derive(Default)]
pub(crate) struct Monitor;

impl Monitor {
    /// Starts it, unless the configuration says no.
    pub fn start(node: &Taosd) -> Self {
        let interval = u64::try_from(node.host.config.number("monitorInterval", 30, 1, 600)).unwrap_or(30);
        if node.host.config.number("monitor", 1, 0, 1) != 0
            && let Some(taosd) = node.weak().upgrade()
        {
            tokio::spawn(async move {
                tokio::select! {
                    _ = taosd.exited() => {}
                    () = work(&taosd, interval) => {}
                }
            });
        }
        Self
    }
}

async fn work(taosd: &Taosd, interval: u64) {
    let client = Client::inside(taosd);
    let mut session: Option<Box<dyn Session>> = None;
    let mut step = 0;
    loop {
        sleep(Duration::from_millis(PAUSE)).await;
        let dnode = taosd.state().dnode.id;
        if dnode == 0 {
            continue;
        }
        if session.is_none() {
            let login = Login { user: "monitor".into(), ..Login::default() };
            match client.connect(&login).await {
                Ok(connection) => session = Some(connection),
                Err(error) => {
                    taosd.host.log.line("MON", format!("ERROR failed to connect to database, reason:{error}"));
                    continue;
                }
            }
        }
        let Some(session) = &mut session else { continue };
        let steps = set_up(dnode, &taosd.ep.to_string());
        while let Some(sql) = steps.get(step) {
            match session.execute(sql).await {
                Ok(_) => step += 1,
                Err(error) => {
                    taosd.host.log.line("MON", format!("ERROR failed to exec sql:{sql}, reason:{error}"));
                    break;
                }
            }
        }
        if step < steps.len() {
            continue;
        }
        sleep(Duration::from_secs(interval)).await;
        let time = taosd.host.now_ms() * 1_000;
        let (cores, random) = (taosd.host.cores, taosd.chance(100, 900));
        let sql = format!(
            "insert into log.dn{dnode} values({time}, 0.{random}, 2.{random}, {cores}, 40.0, 900.0, 3900, 20.0, 100, 0.{random}, \
             0.0, 0.0, 0, 0, 0)"
        );
        if let Err(error) = session.execute(&sql).await {
            taosd.host.log.line("MON", format!("ERROR failed to save system info, reason:{error}, sql:{sql}"));
        }
    }
}

/// What the first start of each server does, in this order; most of it only once in a cluster.
fn set_up(dnode: i32, ep: &str) -> [String; 7] {
    [
        "create database if not exists log replica 1 days 10 keep 30 cache 1 blocks 3 precision 'us'".into(),
        "create table if not exists log.log(ts timestamp, level tinyint, content binary(100), ipaddr binary(15))".into(),
        "create table if not exists log.dn(ts timestamp, cpu_taosd float, cpu_system float, cpu_cores int, mem_taosd float, \
         mem_system float, mem_total int, disk_used float, disk_total int, band_speed float, io_read float, io_write float, \
         req_http int, req_select int, req_insert int) tags (dnodeid int, fqdn binary(128))"
            .into(),
        "create table if not exists log.acct(ts timestamp, currentPointsPerSecond bigint, maxPointsPerSecond bigint, \
         totalTimeSeries bigint, maxTimeSeries bigint, totalStorage bigint, maxStorage bigint, totalQueryTime bigint, \
         maxQueryTime bigint, totalInbound bigint, maxInbound bigint, totalOutbound bigint, maxOutbound bigint, \
         totalDbs smallint, maxDbs smallint, totalUsers smallint, maxUsers smallint, totalStreams smallint, \
         maxStreams smallint, totalConns smallint, maxConns smallint, accessState smallint) tags (acctId binary(24))"
            .into(),
        format!("create table if not exists log.dn{dnode} using log.dn tags({dnode}, '{ep}')"),
        "create table if not exists log.acct_root using log.acct tags('root')".into(),
        "create table if not exists log.slowquery(ts timestamp, username binary(239), created_time timestamp, time bigint, \
         sql binary(512))"
            .into(),
    ]
}
