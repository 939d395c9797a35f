use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    sync::watch,
};

use crate::{Clock, Volume, World};

/// A container image: it knows how to start its first process.
pub trait Image: Send + Sync {
    /// Starts a container. Never blocks; a container that fails at once exits at once.
    fn start(&self, context: ContainerContext) -> Arc<dyn Container>;
}

/// A running (or ended) container.
pub trait Container: Send + Sync {
    /// Runs a command in the container, as `kubectl exec` and exec probes do. The future ends with the command;
    /// dropping it kills the command. Exit code 126 and 127 as a shell gives them.
    fn exec(&self, io: ExecIo) -> BoxFuture<'static, ExitStatus>;

    /// Sends a signal to PID 1.
    fn signal(&self, signal: Signal);

    /// Resolves when PID 1 has ended, at once if it already has.
    fn wait(&self) -> BoxFuture<'static, ExitStatus>;
}

/// Signals that a kubelet sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Please end. A PID 1 that is a shell ignores it.
    Term,
    /// Ends the container at once with exit code 137.
    Kill,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitStatus {
    /// 0 to 255; 128 + n after signal n.
    pub code: u8,
}

impl ExitStatus {
    /// Exit code 0.
    pub const SUCCESS: Self = Self { code: 0 };
    /// Killed by SIGKILL.
    pub const KILLED: Self = Self { code: 137 };

    /// The status of exit code `code`.
    pub fn code(code: u8) -> Self {
        Self { code }
    }

    /// True for exit code 0.
    pub fn success(self) -> bool {
        self.code == 0
    }
}

/// Who a pod is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodIdentity {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod, which is also its host name.
    pub name: String,
    /// UID of the pod object.
    pub uid: String,
    /// Address of the pod; a new one at every pod start.
    pub ip: Ipv4Addr,
    /// The node that it runs on.
    pub node: String,
}

/// What a container starts with.
#[derive(Clone)]
pub struct ContainerContext {
    /// The world it lives in.
    pub world: World,
    /// The pod it belongs to.
    pub pod: PodIdentity,
    /// Name of the container in the pod.
    pub container: String,
    /// The image reference as the pod has it, say `tdengine/tdengine:2.1.1.0`.
    pub image: String,
    /// `command` of the pod's container: replaces the image's entrypoint.
    pub command: Option<Vec<String>>,
    /// `args` of the pod's container: replaces the image's arguments.
    pub args: Option<Vec<String>>,
    /// Environment, with references expanded.
    pub env: BTreeMap<String, String>,
    /// Volumes by mount path. What is not below one of them is gone when the container ends.
    pub mounts: BTreeMap<String, Volume>,
    /// CPU cores that a process in the container sees.
    pub cores: u32,
    /// Standard output and error of PID 1.
    pub log: ContainerLog,
    /// How often this container was started before in this pod.
    pub restarts: u32,
}

/// Standard streams of a command run in a container.
pub struct ExecIo {
    /// The command and its arguments.
    pub argv: Vec<String>,
    /// True if the streams are a terminal: line ends become CRLF, and standard error joins standard output. The
    /// terminal is in raw mode: the command gets every key as typed and does echo and line editing itself.
    pub tty: bool,
    /// Standard input, if it was asked for.
    pub stdin: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// Standard output.
    pub stdout: Box<dyn AsyncWrite + Send + Unpin>,
    /// Standard error; none if `tty`.
    pub stderr: Option<Box<dyn AsyncWrite + Send + Unpin>>,
}

/// Which stream a line of a log came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line of a container's log, without its line end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// When it was written.
    pub at: Timestamp,
    /// Where it was written.
    pub stream: LogStream,
    /// The text.
    pub line: String,
}

/// What PID 1 wrote to its standard streams. A clone is another handle to the same log.
#[derive(Clone, Debug)]
pub struct ContainerLog {
    clock: Clock,
    entries: Arc<Mutex<Vec<LogEntry>>>,
    length: Arc<watch::Sender<usize>>,
}

impl ContainerLog {
    /// An empty log whose lines are stamped by `clock`.
    pub fn new(clock: Clock) -> Self {
        Self { clock, entries: Arc::default(), length: Arc::new(watch::Sender::new(0)) }
    }

    /// Adds a line to standard output.
    pub fn out(&self, line: impl Into<String>) {
        self.push(LogStream::Stdout, line.into());
    }

    /// Adds a line to standard error.
    pub fn err(&self, line: impl Into<String>) {
        self.push(LogStream::Stderr, line.into());
    }

    fn push(&self, stream: LogStream, line: String) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push(LogEntry { at: self.clock.now(), stream, line });
        self.length.send_replace(entries.len());
    }

    /// The lines from number `first` on.
    pub fn entries(&self, first: usize) -> Vec<LogEntry> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(first..).unwrap_or_default().to_vec()
    }

    /// Tells the number of lines, now and after every change.
    pub fn subscribe(&self) -> watch::Receiver<usize> {
        self.length.subscribe()
    }
}

/// What a command printed and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// How it ended; `None` if it was stopped at its time limit.
    pub status: Option<ExitStatus>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

/// Runs a command without input in `container` and collects what it prints, for at most `limit`.
pub async fn run_captured(container: &dyn Container, argv: Vec<String>, limit: Duration) -> Captured {
    const PIPE: usize = 64 * 1024;
    let (out_end, mut out) = tokio::io::duplex(PIPE);
    let (err_end, mut err) = tokio::io::duplex(PIPE);
    let io = ExecIo { argv, tty: false, stdin: None, stdout: Box::new(out_end), stderr: Some(Box::new(err_end)) };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let command = container.exec(io);
    let status = {
        let reading = async { tokio::join!(command, out.read_to_end(&mut stdout), err.read_to_end(&mut stderr)).0 };
        tokio::time::timeout(limit, reading).await.ok()
    };
    Captured { status, stdout, stderr }
}
