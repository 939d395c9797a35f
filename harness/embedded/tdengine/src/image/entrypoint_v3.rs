//! The `entrypoint.sh` of the 3.x images, run by `sh` with `set -e` below `tini`: what it does, what it prints, how it ends.

use std::{net::Ipv4Addr, sync::Arc};

use tokio::time::{Duration, sleep};

use super::{
    adapter,
    capture::{capture, program},
    container::Machine,
};

/// Milliseconds until the script has read the configuration.
const START: (u64, u64) = (150, 350);
/// Milliseconds until the adapter listens, which the script waits for in steps of half a second.
const ADAPTER: (u64, u64) = (60, 450);

/// Runs the first process to its end.
pub(super) async fn run(machine: Arc<Machine>) -> u8 {
    let context = &machine.context;
    sleep(machine.chance("start", START)).await;
    if let Some(command) = context.command.clone().filter(|command| !command.is_empty()) {
        let args = context.args.clone().unwrap_or_default();
        return program(&machine, [command, args].concat()).await;
    }
    let args = context.args.clone().unwrap_or_else(|| vec!["taosd".to_owned()]);
    machine.configure();
    let fqdn = machine.fqdn();
    let known = machine.read("/etc/hosts").is_some_and(|text| String::from_utf8_lossy(&text).contains(&fqdn));
    if !known {
        machine.add_host(&fqdn, Ipv4Addr::LOCALHOST);
    }
    let disabled = context.env.get("TAOS_DISABLE_ADAPTER").is_some_and(|value| value != "0");
    // It ends with the container.
    let _adapter = if disabled { None } else { Some(adapter::start(&machine)) };
    if !disabled {
        sleep(machine.chance("adapter", ADAPTER)).await;
    }
    join(&machine, &fqdn).await;
    program(&machine, args).await
}

/// Makes this server a dnode of the cluster, unless it is one, or begins the cluster itself.
async fn join(machine: &Arc<Machine>, fqdn: &str) {
    let env = |name: &str| machine.context.env.get(name).cloned().unwrap_or_default();
    let data = machine.data_folder();
    let joined =
        ["dnode.json", "mnodeEpSet.json"].iter().any(|file| machine.read(&format!("{data}/dnode/{file}")).is_some());
    let first = env("TAOS_FIRST_EP");
    let (host, port) = first.rsplit_once(':').unwrap_or((&first, "6030"));
    if joined || env("TAOS_FQDN") == host {
        return;
    }
    let log = &machine.context.log;
    if first.is_empty() {
        log.out("run TDengine with single node.");
        return;
    }
    let own = Some(env("TAOS_SERVER_PORT")).filter(|port| !port.is_empty()).unwrap_or_else(|| "6030".to_owned());
    loop {
        let answer = capture(machine, "sh", &format!("taos -h {host} -P {port} --check")).await;
        let status = answer.out.lines().map(str::trim).find(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        log.out(status.unwrap_or_default());
        if status.is_some_and(|status| status.starts_with("2:")) {
            log.out("execute create dnode");
            let create = format!("taos -h {host} -P {port} -s 'create dnode \"{fqdn}:{own}\";'");
            let answer = capture(machine, "sh", &create).await;
            for line in answer.err.lines() {
                log.err(line);
            }
            for line in answer.out.lines() {
                log.out(line);
            }
            return;
        }
        sleep(Duration::from_secs(1)).await;
    }
}
