use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Status};
use kube::api::{AttachParams, LogParams, Portforwarder};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, DuplexStream, ReadBuf},
    time::timeout,
};

use crate::{Cluster, ClusterError, Problem, Result};

/// What a command in a pod printed and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecOutput {
    /// Standard output, up to the limit `output_bytes`.
    pub stdout: Vec<u8>,
    /// Standard error, up to the limit `output_bytes`.
    pub stderr: Vec<u8>,
    /// Exit code; 128 + n after signal n.
    pub exit: i32,
    /// True if output beyond the limit was thrown away, or if the streams did not end within the limit `drain`.
    pub truncated: bool,
}

#[derive(Default)]
struct Captured {
    bytes: Vec<u8>,
    overflow: bool,
    ended: bool,
}

/// Reads to the end, keeping the first `limit` bytes. What was read so far stays when the future is dropped.
async fn capture(stream: Option<impl AsyncRead + Unpin>, into: &mut Captured, limit: usize) {
    let mut buffer = vec![0; 8192];
    if let Some(mut stream) = stream {
        while let Ok(read) = stream.read(&mut buffer).await {
            if read == 0 {
                break;
            }
            let room = limit.saturating_sub(into.bytes.len()).min(read);
            into.bytes.extend_from_slice(&buffer[..room]);
            into.overflow |= room < read;
        }
    }
    into.ended = true;
}

impl Cluster {
    /// Runs a command in a container (the only one, or the default one, without a name) and collects what it prints.
    /// It has to end within `limit`; after that the connection is closed, which does not end the command in the pod.
    pub async fn exec(
        &self,
        pod: &str,
        container: Option<&str>,
        argv: &[String],
        limit: Duration,
    ) -> Result<ExecOutput> {
        let tried = format!("run `{}` in pod/{pod}", argv.join(" "));
        let mut params = AttachParams::default().stdout(true).stderr(true);
        if let Some(container) = container {
            params = params.container(container);
        }
        let api = self.api::<Pod>();
        let connect = self.limits().connect;
        let opening = timeout(connect, api.exec(pod, argv, &params)).await;
        let opening = opening.map_err(|_| Self::timed_out(&tried, "connect", connect, "no answer"))?;
        let mut process = opening.map_err(|error| not_started(&tried, error))?;
        let (stdout, stderr, status) = (process.stdout(), process.stderr(), process.take_status());
        let (mut out, mut err) = (Captured::default(), Captured::default());
        let bytes = self.limits().output_bytes;
        let status = {
            let mut reading =
                pin!(async { tokio::join!(capture(stdout, &mut out, bytes), capture(stderr, &mut err, bytes)) });
            let mut read = false;
            let until_status = async {
                let mut status = pin!(async {
                    match status {
                        Some(status) => status.await,
                        None => None,
                    }
                });
                // Output is read meanwhile: a full pipe would hold back the status behind it.
                loop {
                    tokio::select! {
                        biased;
                        status = &mut status => return status,
                        _ = &mut reading, if !read => read = true,
                    }
                }
            };
            let status = timeout(limit, until_status).await;
            if matches!(status, Ok(Some(_))) && !read {
                // A connection that was lost never ends its streams.
                let _ = timeout(self.limits().drain, reading).await;
            }
            status
        };
        process.abort();
        let last = || {
            let text = seatrial_record::clean(if err.bytes.is_empty() { &out.bytes } else { &err.bytes });
            text.lines().last().unwrap_or("no output").to_owned()
        };
        let status = match status {
            Err(_) => return Err(Self::timed_out(&tried, "limit of the command", limit, last())),
            Ok(None) => return Err(ClusterError::new(tried, Problem::ConnectionLost)),
            Ok(Some(status)) => status,
        };
        let exit = exit_code(&status).map_err(|message| ClusterError::new(&tried, Problem::NotStarted(message)))?;
        let truncated = out.overflow || err.overflow || !out.ended || !err.ended;
        Ok(ExecOutput { stdout: out.bytes, stderr: err.bytes, exit, truncated })
    }

    /// Opens a byte stream to a port of a pod. It binds no local port. Shutting down its write side ends the read
    /// side, too.
    pub async fn forward(&self, pod: &str, port: u16) -> Result<Forwarded> {
        let tried = format!("forward port {port} of pod/{pod}");
        let connect = self.limits().connect;
        let api = self.api::<Pod>();
        let opening = timeout(connect, api.portforward(pod, &[port])).await;
        let opening = opening.map_err(|_| Self::timed_out(&tried, "connect", connect, "no answer"))?;
        let mut forwarder = opening.map_err(ClusterError::of(tried.clone()))?;
        let refusal = Refusal::default();
        if let Some(error) = forwarder.take_error(port) {
            let refusal = refusal.clone();
            tokio::spawn(async move {
                if let Some(message) = error.await {
                    refusal.set(message);
                }
            });
        }
        match forwarder.take_stream(port) {
            Some(stream) => Ok(Forwarded { stream, forwarder, refusal }),
            None => Err(ClusterError::new(tried, Problem::Port { port, message: "no stream".to_owned() })),
        }
    }

    /// The last lines of a container's log, cleaned. `previous` asks for the container before its last restart.
    pub async fn logs(&self, pod: &str, container: Option<&str>, previous: bool) -> Result<String> {
        let params = LogParams {
            container: container.map(str::to_owned),
            previous,
            tail_lines: Some(self.limits().log_lines.into()),
            ..LogParams::default()
        };
        let tried = format!("read the log of pod/{pod}{}", if previous { " (previous container)" } else { "" });
        let text = self.request(&tried, self.api::<Pod>().logs(pod, &params)).await?;
        Ok(seatrial_record::clean(text.as_bytes()))
    }
}

fn not_started(tried: &str, error: kube::Error) -> ClusterError {
    match Problem::from(error) {
        // Not a missing pod but a container that does not run: 400, or 500 "container not found".
        Problem::Refused { code: 400 | 500, message, .. } => ClusterError::new(tried, Problem::NotStarted(message)),
        Problem::Unreachable(message) if message.contains("switch protocol") => {
            ClusterError::new(tried, Problem::NotStarted(message))
        }
        other => ClusterError::new(tried, other),
    }
}

/// The exit code in the status that ends an exec, or why the command was not started.
fn exit_code(status: &Status) -> std::result::Result<i32, String> {
    if status.status.as_deref() == Some("Success") {
        return Ok(0);
    }
    let causes = status.details.as_ref().and_then(|details| details.causes.as_deref()).unwrap_or_default();
    let code = causes.iter().find(|cause| cause.reason.as_deref() == Some("ExitCode"));
    let code = code.and_then(|cause| cause.message.as_deref()?.trim().parse().ok());
    code.ok_or_else(|| status.message.clone().unwrap_or_else(|| "no reason was given".to_owned()))
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Refusal(Arc<Mutex<Option<String>>>);

impl Refusal {
    fn set(&self, message: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
    }

    pub(crate) fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A byte stream to a port of a pod.
pub struct Forwarded {
    stream: DuplexStream,
    forwarder: Portforwarder,
    refusal: Refusal,
}

impl Forwarded {
    pub(crate) fn refusal(&self) -> Refusal {
        self.refusal.clone()
    }
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        self.forwarder.abort();
    }
}

impl std::fmt::Debug for Forwarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forwarded").field("refusal", &self.refusal.get()).finish_non_exhaustive()
    }
}

impl AsyncRead for Forwarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Forwarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    #[rstest]
    #[case(json!({ "status": "Success" }), Ok(0))]
    #[case(json!({ "status": "Failure", "reason": "NonZeroExitCode", "details": { "causes": [{ "reason": "ExitCode", "message": "7" }] } }), Ok(7))]
    #[case(json!({ "status": "Failure", "message": "executable file not found" }), Err("executable file not found".to_owned()))]
    fn the_status_tells_the_exit_code(#[case] status: Value, #[case] expected: std::result::Result<i32, String>) {
        assert_eq!(exit_code(&serde_json::from_value(status).unwrap()), expected);
    }

    #[tokio::test]
    async fn output_beyond_the_limit_is_thrown_away() {
        let mut captured = Captured::default();
        capture(Some(&b"0123456789"[..]), &mut captured, 4).await;
        assert_eq!((captured.bytes.as_slice(), captured.overflow, captured.ended), (&b"0123"[..], true, true));
    }
}
