use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::future::BoxFuture;
use seatrial_sim::{Container, ContainerContext, Defect, ExecIo, ExitStatus, Image, Signal};
use seatrial_sql::shell::{self, Connector, Files, Shell, ShellDialect, V2_1};
use tokio::{
    sync::watch,
    time::{Duration, sleep},
};

use super::{
    entrypoint::{self, Wait},
    entrypoint_v3,
    files::FileSystem,
    planted::{Planted, Through},
    userland::{self, Streams},
};
use crate::{config::Config, host::Host, log::ServerLog, v2, v3, version::Version};

/// The configuration file.
const CONFIG: &str = "/etc/taos/taos.cfg";
/// The hosts file.
const HOSTS: &str = "/etc/hosts";
/// The server's log file.
const LOG: &str = "/var/log/taos/taosdlog.0";
/// Milliseconds that the shell takes to start, and to end.
const SHELL: (u64, u64) = (250, 550);
/// Milliseconds from the start of the server's process until it listens.
const BOOT: (u64, u64) = (50, 150);
/// Milliseconds that a server takes to end on SIGTERM.
const TERM: u64 = 5_100;

/// Which generation of servers the image has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    /// 2.1
    V2,
    /// 3.x
    V3,
}

/// A running server of any generation.
#[derive(Clone)]
pub(super) enum Running {
    /// 2.1
    V2(Arc<v2::Taosd>),
    /// 3.x
    V3(Arc<v3::Taosd>),
}

impl Server {
    fn start(self, host: Host, hostname: &str) -> Running {
        match self {
            Self::V2 => Running::V2(v2::Taosd::start(host, hostname)),
            Self::V3 => Running::V3(v3::Taosd::start(host, hostname)),
        }
    }
}

impl Running {
    async fn exited(&self) -> u8 {
        match self {
            Self::V2(taosd) => taosd.exited().await,
            Self::V3(taosd) => taosd.exited().await,
        }
    }

    fn kill(&self, code: u8) {
        match self {
            Self::V2(taosd) => taosd.kill(code),
            Self::V3(taosd) => taosd.kill(code),
        }
    }

    fn stop(&self, stopped: bool) {
        match self {
            Self::V2(taosd) => taosd.stop(stopped),
            Self::V3(taosd) => taosd.stop(stopped),
        }
    }

    fn is_stopped(&self) -> bool {
        match self {
            Self::V2(taosd) => taosd.is_stopped(),
            Self::V3(taosd) => taosd.is_stopped(),
        }
    }
}

/// Signals that reach a server's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ToServer {
    /// It is gone.
    Kill,
    /// It is asked to end.
    Term,
    /// It does nothing until it is continued.
    Stop,
    /// It goes on.
    Continue,
}

/// An image.
pub(super) struct TdImage {
    pub(super) version: Version,
    pub(super) wait: Wait,
    pub(super) server: Server,
}

impl Image for TdImage {
    fn start(&self, context: ContainerContext) -> Arc<dyn Container> {
        let machine = Arc::new(Machine::new(context, self));
        let pid1 = Arc::clone(&machine);
        tokio::spawn(async move {
            let mut ended = pid1.ended.subscribe();
            let code = tokio::select! {
                biased;
                // Killed.
                _ = ended.wait_for(Option::is_some) => return,
                code = pid1.first_process() => code,
            };
            pid1.end(ExitStatus::code(code));
        });
        Arc::new(Handle(machine))
    }
}

/// The inside of a container.
pub(crate) struct Machine {
    /// What it was started with.
    pub context: ContainerContext,
    /// Its files.
    pub files: FileSystem,
    /// How its entrypoint waits.
    pub wait: Wait,
    /// The version of what is installed.
    pub version: Version,
    server: Server,
    log: ServerLog,
    /// The environment of programs.
    environment: BTreeMap<String, String>,
    /// The configuration file as it was read last, and what it said.
    known: Mutex<(Vec<u8>, Arc<Config>)>,
    running: Mutex<Option<(u32, Running)>>,
    ended: watch::Sender<Option<ExitStatus>>,
}

impl Machine {
    fn new(context: ContainerContext, image: &TdImage) -> Self {
        let TdImage { version, wait, server } = *image;
        let files = FileSystem::new(context.mounts.clone());
        let pod = &context.pod;
        let hosts = format!("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n{}\t{}\n", pod.ip, pod.name);
        files.put(HOSTS, hosts.into_bytes());
        files.put("/etc/hostname", format!("{}\n", pod.name).into_bytes());
        let search = format!("search {0}.svc.cluster.local svc.cluster.local cluster.local\n", pod.namespace);
        files.put("/etc/resolv.conf", format!("{search}nameserver 10.96.0.10\noptions ndots:5\n").into_bytes());
        let thread = if server == Server::V3 { "00000061 C" } else { "00000121" };
        let log = ServerLog::new(context.world.clock, context.log.clone(), thread);
        let (running, ended) = (Mutex::default(), watch::Sender::new(None));
        let (environment, known) = (environment(&context), Mutex::default());
        Self { context, files, wait, version, server, log, environment, known, running, ended }
    }

    /// Runs the image's entrypoint to its end.
    async fn first_process(self: &Arc<Self>) -> u8 {
        match self.server {
            Server::V2 => entrypoint::run(Arc::clone(self)).await,
            Server::V3 => entrypoint_v3::run(Arc::clone(self)).await,
        }
    }

    /// The client library of the image.
    pub fn client(&self) -> Box<dyn Connector> {
        let (host, name) = (self.host(), &self.context.pod.name);
        match self.server {
            Server::V2 => Box::new(v2::Client::new(host, name)),
            Server::V3 => Box::new(v3::Client::new(host, name)),
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<(u32, Running)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves when the container has ended.
    pub async fn ended(&self) {
        // The sender lives as long as this.
        let _ = self.ended.subscribe().wait_for(Option::is_some).await;
    }

    fn end(&self, status: ExitStatus) {
        if let Some((_, server)) = self.running().take() {
            server.kill(status.code);
        }
        self.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            if first {
                *ended = Some(status);
            }
            first
        });
    }

    /// A random number of milliseconds for a step of this container's life.
    pub fn chance(&self, step: &str, (low, high): (u64, u64)) -> Duration {
        let now = self.context.world.clock.now().as_millisecond();
        let stream = format!("container/{}/{}/{step}/{now}", self.context.pod.uid, self.context.restarts);
        self.context.world.chance.stream(&stream).millis(low, high)
    }

    /// The environment of programs.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// The content of a file.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        if path == LOG {
            return Some(self.log.text().into_bytes());
        }
        if path == "/proc/self/mountinfo" {
            return Some(self.files.mount_info().into_bytes());
        }
        if path.starts_with("/proc/") {
            return self.stat(path).map(String::into_bytes);
        }
        self.files.read(path)
    }

    /// The name that the pod's server goes by.
    pub fn fqdn(&self) -> String {
        self.context.env.get("TAOS_FQDN").cloned().unwrap_or_else(|| self.context.pod.name.clone())
    }

    /// Writes the configuration file from the environment.
    pub fn configure(&self) {
        let mut env = self.context.env.clone();
        if self.context.world.defects.has(Defect::SettingsNotWritten) {
            env.retain(|name, _| ["TAOS_FQDN", "TAOS_FIRST_EP", "TAOS_SERVER_PORT"].contains(&name.as_str()));
        }
        self.files.put(CONFIG, Config::from_env(&env).text().into_bytes());
    }

    /// Adds a line to the hosts file.
    pub fn add_host(&self, name: &str, ip: Ipv4Addr) {
        let before = self.files.read(HOSTS).unwrap_or_default();
        let text = format!("{}{ip} {name}\n", String::from_utf8_lossy(&before));
        self.files.put(HOSTS, text.into_bytes());
        self.context.world.network.add_hosts_entry(self.context.pod.ip, name, ip);
    }

    /// What the configuration file says; it is read anew only if it has changed.
    fn config(&self) -> Arc<Config> {
        let text = self.files.read(CONFIG).unwrap_or_default();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 != text {
            let config = Arc::new(Config::parse(&String::from_utf8_lossy(&text)));
            *known = (text, config);
        }
        Arc::clone(&known.1)
    }

    fn host(&self) -> Host {
        Host {
            world: self.context.world.clone(),
            version: self.version,
            ip: self.context.pod.ip,
            cores: self.context.cores,
            volume: self.files.volume_at(self.data_folder()),
            config: self.config(),
            log: self.log.clone(),
            search: format!("{}.svc.cluster.local", self.context.pod.namespace).into(),
            resolving: Arc::default(),
        }
    }

    /// Where the data are.
    pub fn data_folder(&self) -> &str {
        self.context.env.get("TAOS_DATA_DIR").map_or("/var/lib/taos", String::as_str)
    }

    /// Waits as long as a question to the name server takes.
    pub async fn wait_for_name(&self, name: &str) {
        sleep(self.context.world.network.name_delay(self.context.pod.ip, name)).await;
    }

    /// Looks a name up as programs in the pod do.
    pub fn lookup(&self, name: &str) -> Option<Ipv4Addr> {
        let host = self.host();
        host.search_names(name).find_map(|name| self.context.world.network.resolve(self.context.pod.ip, &name).ok())
    }

    /// Asks the name server alone.
    pub fn lookup_dns(&self, name: &str) -> Option<Ipv4Addr> {
        let names = self.context.world.network.names();
        self.host().search_names(name).find_map(|name| names.get(&name.to_ascii_lowercase())?.first().copied())
    }

    /// Process id of the server, if it runs.
    pub fn server_pid(&self) -> Option<u32> {
        self.running().as_ref().map(|(pid, _)| *pid)
    }

    /// Sends a signal to the server.
    pub fn signal_server(&self, signal: ToServer) {
        let Some((_, server)) = self.running().clone() else { return };
        match signal {
            ToServer::Kill => server.kill(137),
            ToServer::Stop => server.stop(true),
            ToServer::Continue => server.stop(false),
            ToServer::Term => {
                tokio::spawn(async move {
                    sleep(Duration::from_millis(TERM)).await;
                    server.kill(0);
                });
            }
        }
    }

    /// What the kernel tells of the server's process in `/proc/PID/stat`, if it runs.
    fn stat(&self, path: &str) -> Option<String> {
        let (pid, server) = self.running().clone()?;
        let state = if server.is_stopped() { 'T' } else { 'S' };
        (path == format!("/proc/{pid}/stat")).then(|| format!("{pid} (taosd) {state} 1 1 1 0 -1 4194560\n"))
    }

    /// `taosd`: runs the server until it ends.
    pub async fn taosd(&self, streams: &Streams) -> u8 {
        if self.server_pid().is_some() {
            streams.complain("failed to lock file:/var/lib/taos/.running, database may be running, quit\n").await;
            return 0;
        }
        sleep(self.chance("boot", BOOT)).await;
        let server = self.server.start(self.host(), &self.context.pod.name);
        *self.running() = Some((24, server.clone()));
        let code = server.exited().await;
        *self.running() = None;
        code
    }

    /// `taos`: the shell.
    pub async fn taos(self: &Arc<Self>, argv: Vec<String>, streams: Streams) -> u8 {
        sleep(self.chance("taos", SHELL)).await;
        let Streams { stdin, out, err, tty } = streams;
        let io = ExecIo {
            argv,
            tty,
            stdin: stdin.take(),
            stdout: Box::new(out),
            stderr: if tty { None } else { Some(Box::new(err)) },
        };
        let host = self.host();
        let first = host.config.first_ep(&self.context.pod.name);
        let text_width = usize::try_from(host.config.number("maxBinaryDisplayWidth", 30, 1, 65_536)).unwrap_or(30);
        let (world, failed) = (self.context.world.clone(), Arc::new(AtomicBool::new(false)));
        let version = self.version.to_string();
        let dialect = if self.server == Server::V2 { &V2_1 } else { ShellDialect::v3(&version) };
        let connector = Planted {
            inner: self.client(),
            defects: world.defects.clone(),
            through: Through::Shell,
            failed: Arc::clone(&failed),
        };
        let millis = world.clock.now().as_millisecond();
        let shell = Shell {
            dialect,
            version: &version,
            connector: &connector,
            files: &MachineFiles(Arc::clone(self)),
            now: &|| world.now_at(self.context.pod.ip),
            dice: world.chance.stream(&format!("taos/{}/{millis}", self.context.pod.uid)),
            first_host: &first.fqdn,
            first_port: first.port,
            text_width,
        };
        let mut status = shell::run(io, shell).await;
        if world.defects.has(Defect::ShellFailsOnSqlError) && failed.load(Ordering::Relaxed) {
            status = ExitStatus::code(1);
        }
        sleep(self.chance("taos-end", SHELL)).await;
        status.code
    }
}

/// The environment of a container's programs.
fn environment(context: &ContainerContext) -> BTreeMap<String, String> {
    let mut env = context.env.clone();
    let defaults = [
        ("HOME", "/root"),
        ("HOSTNAME", context.pod.name.as_str()),
        ("LANG", "en_US.UTF-8"),
        ("LANGUAGE", "en_US.UTF-8"),
        ("LC_ALL", "en_US.UTF-8"),
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ];
    for (name, value) in defaults {
        env.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    env
}

struct MachineFiles(Arc<Machine>);

impl Files for MachineFiles {
    fn write(&self, path: &str, bytes: Vec<u8>) -> bool {
        self.0.files.write(&absolute(path), bytes).is_ok()
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.0.read(&absolute(path))
    }
}

fn absolute(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/etc/taos/{path}") }
}

/// What the kubelet holds.
struct Handle(Arc<Machine>);

impl Container for Handle {
    fn exec(&self, io: ExecIo) -> BoxFuture<'static, ExitStatus> {
        let machine = Arc::clone(&self.0);
        Box::pin(async move {
            let mut ended = machine.ended.subscribe();
            let (argv, streams) = Streams::of(io);
            tokio::select! {
                biased;
                _ = ended.wait_for(Option::is_some) => ExitStatus::KILLED,
                result = userland::start(&machine, machine.environment(), argv, streams) => {
                    ExitStatus::code(result)
                }
            }
        })
    }

    fn signal(&self, signal: Signal) {
        match signal {
            Signal::Kill => self.0.end(ExitStatus::KILLED),
            // PID 1 of 2.x is a shell that waits for its child and has no handler. That of 3.x tells a shell that is not
            // PID 1, which ends at once; the server is killed with the container.
            Signal::Term => {
                if self.0.server == Server::V3 {
                    self.0.end(ExitStatus::code(143));
                }
            }
        }
    }

    fn wait(&self) -> BoxFuture<'static, ExitStatus> {
        let mut ended = self.0.ended.subscribe();
        Box::pin(async move {
            let status = ended.wait_for(Option::is_some).await.ok().and_then(|ended| *ended);
            status.unwrap_or(ExitStatus::KILLED)
        })
    }
}
