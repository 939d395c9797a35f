use bytes::Bytes;
use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::Pod;
use seatrial_sim::{ExecIo, ExitStatus};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    sync::mpsc,
};

use crate::{
    ApiError,
    http::{ApiServer, Query, Target},
};

/// Bytes in flight between a command and its client, a stream.
const PIPE: usize = 16 * 1024;
const CHUNK: usize = 4 * 1024;

/// A command that is ready to run, with the ends of its pipes.
pub(super) struct Plan {
    command: BoxFuture<'static, ExitStatus>,
    stdin: Option<DuplexStream>,
    stdout: DuplexStream,
    stderr: Option<DuplexStream>,
    pub(super) wants: Wants,
}

/// The streams that the client asked for.
#[expect(clippy::struct_excessive_bools, reason = "four independent switches of the protocol")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Wants {
    pub(super) stdin: bool,
    pub(super) stdout: bool,
    pub(super) stderr: bool,
    pub(super) tty: bool,
}

/// What a client sends.
#[derive(Debug)]
pub(super) enum FromClient {
    Stdin(Bytes),
    StdinEnd,
}

/// What a command sends.
#[derive(Debug)]
pub(super) enum ToClient {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    /// How it ended, as a `metav1.Status`; nothing follows.
    Status(Value),
}

/// Asks the kubelet for the command, so that a refusal can still be answered as HTTP.
pub(super) fn plan(server: &ApiServer, target: &Target, query: &Query) -> Result<Plan, ApiError> {
    let (namespace, name) = (target.scope(), target.name.as_deref().unwrap_or_default());
    let pod = server.store().get::<Pod>(namespace, name).ok_or_else(|| ApiError::missing(target.kind, name))?;
    let argv = query.all("command");
    if argv.is_empty() {
        return Err(ApiError::bad_request("you must specify at least one command for the container"));
    }
    let container = crate::http::container(&pod, query.get("container"))?;
    let tty = query.flag("tty");
    let wants =
        Wants { stdin: query.flag("stdin"), stdout: query.flag("stdout"), stderr: query.flag("stderr") && !tty, tty };
    if !wants.stdin && !wants.stdout && !wants.stderr {
        return Err(ApiError::bad_request("you must specify at least one of stdin, stdout, stderr"));
    }
    let (stdout, their_stdout) = tokio::io::duplex(PIPE);
    let stdin = wants.stdin.then(|| tokio::io::duplex(PIPE)).unzip();
    let stderr = (!tty).then(|| tokio::io::duplex(PIPE)).unzip();
    let io = ExecIo {
        argv,
        tty,
        stdin: stdin.1.map(|pipe| Box::new(pipe) as Box<_>),
        stdout: Box::new(their_stdout),
        stderr: stderr.1.map(|pipe| Box::new(pipe) as Box<_>),
    };
    let command = server.agent().exec(namespace, name, Some(&container), io)?;
    Ok(Plan { command, stdin: stdin.0, stdout, stderr: stderr.0, wants })
}

/// Runs the command. Ends with its status, or when the client goes away, which kills it.
pub(super) async fn run(plan: Plan, from: mpsc::UnboundedReceiver<FromClient>, to: mpsc::Sender<ToClient>) {
    let Plan { command, stdin, stdout, stderr, wants } = plan;
    // The terminal is in raw mode: the command sees every key, and echoes what it wants.
    let feeding = feed(stdin, from);
    let out = copy_out(stdout, to.clone(), wants);
    let err = copy_err(stderr, to.clone(), wants);
    let output = async { tokio::join!(biased; out, err) };
    let running = async {
        // The streams are read to their end, after the command too.
        let (status, _) = tokio::join!(biased; command, output);
        status
    };
    let status = tokio::select! {
        biased;
        status = running => status,
        () = feeding => return,
        () = to.closed() => return,
    };
    let _ = to.send(ToClient::Status(status_of(status))).await;
}

/// Feeds the command's standard input. Never resolves: a command goes on without its input.
async fn feed(mut stdin: Option<DuplexStream>, mut from: mpsc::UnboundedReceiver<FromClient>) {
    while let Some(message) = from.recv().await {
        match (message, &mut stdin) {
            (FromClient::Stdin(bytes), Some(pipe)) => {
                // A command that does not read is no reason to stop listening to the client.
                let _ = pipe.write_all(&bytes).await;
            }
            (FromClient::Stdin(_), None) => {}
            (FromClient::StdinEnd, _) => stdin = None,
        }
    }
    drop(stdin);
    std::future::pending::<()>().await;
}

async fn copy_out(mut stdout: DuplexStream, to: mpsc::Sender<ToClient>, wants: Wants) {
    let mut after_cr = false;
    while let Some(bytes) = read(&mut stdout).await {
        let chunk = if wants.tty { with_carriage_returns(&bytes, &mut after_cr) } else { bytes };
        if wants.stdout && to.send(ToClient::Stdout(chunk)).await.is_err() {
            return;
        }
    }
}

async fn copy_err(stderr: Option<DuplexStream>, to: mpsc::Sender<ToClient>, wants: Wants) {
    let Some(mut stderr) = stderr else { return };
    while let Some(bytes) = read(&mut stderr).await {
        if wants.stderr && to.send(ToClient::Stderr(bytes)).await.is_err() {
            return;
        }
    }
}

/// What is there to read, a part of it at most; none at its end.
async fn read(pipe: &mut DuplexStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(CHUNK);
    pipe.read_buf(&mut bytes).await.ok().filter(|length| *length > 0).map(|_| bytes)
}

/// A terminal's line ends, also if the command wrote them already.
fn with_carriage_returns(bytes: &[u8], after_cr: &mut bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 16);
    for byte in bytes {
        if *byte == b'\n' && !*after_cr {
            out.push(b'\r');
        }
        out.push(*byte);
        *after_cr = *byte == b'\r';
    }
    out
}

fn status_of(status: ExitStatus) -> Value {
    if status.success() {
        return json!({ "metadata": {}, "status": "Success" });
    }
    let code = status.code;
    json!({
        "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
        "message": format!("command terminated with non-zero exit code: exit status {code}"),
        "details": { "causes": [{ "reason": "ExitCode", "message": code.to_string() }] },
    })
}
