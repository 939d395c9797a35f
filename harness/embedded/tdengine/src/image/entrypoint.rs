//! The image's `entrypoint.sh` of June 2021, run by `bash` with `set -ex`: what it does, what it prints, how it ends.

use std::{net::Ipv4Addr, sync::Arc};

use tokio::time::{Duration, sleep};

use super::{
    capture::{Captured, capture, program},
    container::Machine,
};

/// Milliseconds until the script runs.
const START: (u64, u64) = (80, 250);
/// Milliseconds of `env-to-cfg`, which starts many programs.
const CONFIGURE: (u64, u64) = (150, 450);
/// The same on a busy node.
const CONFIGURE_BUSY: (u64, u64) = (1_500, 4_000);
/// Milliseconds from the end of `create dnode` to the start of the server.
const AFTER_CREATE: (u64, u64) = (600, 1_150);
/// One in so many containers finds the node busy.
const BUSY: u64 = 4;

/// How the script waits for the first end point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// `taos -h HOST -s "show mnodes"`: waits until a mnode answers.
    ShowMnodes,
    /// `taos -h HOST -n startup`: ends with 0 whether the host answers or not, so it waits for nothing.
    Startup,
    /// `taos -h HOST --check` (3.x): waits until the server says that its service is ok.
    Check,
}

/// Runs PID 1 to its end.
pub(crate) async fn run(machine: Arc<Machine>) -> u8 {
    sleep(machine.chance("start", START)).await;
    let context = &machine.context;
    let args = context.args.clone().unwrap_or_else(|| vec!["taosd".to_owned()]);
    if let Some(command) = context.command.clone().filter(|command| !command.is_empty()) {
        let args = context.args.clone().unwrap_or_default();
        return program(&machine, [command, args].concat()).await;
    }
    Script { machine: &machine, args }.run().await.unwrap_or_else(|code| code)
}

struct Script<'a> {
    machine: &'a Arc<Machine>,
    args: Vec<String>,
}

impl Script<'_> {
    fn env(&self, name: &str) -> String {
        self.machine.context.env.get(name).cloned().unwrap_or_default()
    }

    /// What `set -x` prints before a command.
    fn trace(&self, text: impl AsRef<str>) {
        // The image of the `-n startup` generation has no `-x`.
        if self.machine.wait == Wait::ShowMnodes {
            self.machine.context.log.err(format!("+ {}", text.as_ref()));
        }
    }

    fn print(&self, text: &str) {
        self.machine.context.log.out(text);
    }

    /// `Err` is an exit that `set -e` or the script itself makes.
    async fn run(&self) -> Result<u8, u8> {
        let machine = self.machine;
        let zone = self.env("TZ");
        self.trace(format!("'[' {} '!=' '' ']'", quoted(&zone)));
        let first = self.args.first().cloned().unwrap_or_default();
        self.trace(format!("[[ ! {first} = *\\t\\a\\o\\s\\d ]]"));
        if !first.ends_with("taosd") {
            self.trace(self.args.join(" "));
            return Ok(program(machine, self.args.clone()).await);
        }
        let data = machine.data_folder();
        self.trace(format!("DATA_DIR={data}"));
        let fqdn = self.env("TAOS_FQDN");
        self.trace(format!("'[' {} = '' ']'", quoted(&fqdn)));
        if fqdn.is_empty() {
            self.trace("echo TAOS_FQDN must be 'setted!'");
            self.print("TAOS_FQDN must be setted!");
            return Err(255);
        }
        self.trace("ORIG_FQDN=");
        self.trace("'[' '' '!=' '' ']'");
        self.trace(format!("grep {fqdn} /etc/hosts"));
        self.trace(format!("echo '127.0.0.1 {fqdn}'"));
        machine.add_host(&fqdn, Ipv4Addr::LOCALHOST);
        self.trace("env-to-cfg");
        let busy = machine.chance("busy", (1, BUSY)).as_millis() == 1;
        sleep(machine.chance("configure", if busy { CONFIGURE_BUSY } else { CONFIGURE })).await;
        machine.configure();
        self.join(&fqdn, data).await?;
        self.trace(self.args.join(" "));
        Ok(program(machine, self.args.clone()).await)
    }

    /// Makes this server a dnode of the cluster, unless it is one, or begins the cluster itself.
    async fn join(&self, fqdn: &str, data: &str) -> Result<(), u8> {
        let machine = self.machine;
        let cluster = self.env("CLUSTER");
        self.trace(format!("CLUSTER={cluster}"));
        let first_ep = self.env("TAOS_FIRST_EP");
        let (host, first_port) = first_ep.rsplit_once(':').unwrap_or((&first_ep, &first_ep));
        self.trace(format!("FIRST_EP_HOST={host}"));
        let port =
            Some(self.env("TAOS_SERVER_PORT")).filter(|port| !port.is_empty()).unwrap_or_else(|| "6030".to_owned());
        self.trace(format!("SERVER_PORT={port}"));
        self.trace(format!("'[' -f {data}/dnode/mnodeEpSet.json ']'"));
        if machine.read(&format!("{data}/dnode/mnodeEpSet.json")).is_some() {
            return Ok(());
        }
        self.trace(format!("'[' {fqdn} = {} ']'", quoted(host)));
        if fqdn == host {
            return Ok(());
        }
        self.trace(format!("'[' {} = '' ']'", quoted(&cluster)));
        if cluster.is_empty() {
            return Ok(());
        }
        self.trace(format!("'[' {} '!=' '' ']'", quoted(&cluster)));
        self.trace(format!("'[' {} == '' ']'", quoted(&first_ep)));
        if first_ep.is_empty() {
            self.print("TAOS_FIRST_EP must be setted in cluster");
            return Err(0);
        }
        let port_flag = if machine.wait == Wait::Startup { format!("-P {first_port} ") } else { String::new() };
        loop {
            self.trace("true");
            self.trace("es=0");
            let question = match machine.wait {
                Wait::ShowMnodes => format!("taos -h {host} -s 'show mnodes'"),
                Wait::Startup | Wait::Check => format!("taos -h {host} {port_flag}-n startup"),
            };
            self.trace(&question);
            let Captured { code, err, .. } = capture(machine, "bash", &question).await;
            self.log_errors(&err);
            if code != 0 {
                self.trace(format!("es={code}"));
            }
            self.trace(format!("'[' {code} -eq 0 ']'"));
            if code == 0 {
                break;
            }
            self.trace("sleep 1s");
            sleep(Duration::from_secs(1)).await;
        }
        let create = format!("taos -h {host} {port_flag}-s 'create dnode \"{fqdn}:{port}\";'");
        self.trace(&create);
        let Captured { code, out, err } = capture(machine, "bash", &create).await;
        for line in out.lines() {
            self.print(line);
        }
        self.log_errors(&err);
        if code != 0 {
            return Err(code);
        }
        self.trace("break");
        sleep(machine.chance("after-create", AFTER_CREATE)).await;
        Ok(())
    }

    fn log_errors(&self, text: &str) {
        for line in text.lines() {
            self.machine.context.log.err(line);
        }
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "''".to_owned() } else { text.to_owned() }
}
