//! External commands, each with a bound: `docker`, `kind`, `kubectl`.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    time::timeout,
};

use crate::{Cause, EnvironmentError, Result};

/// Bytes kept of each output stream of a command: its end, which tells why it failed.
const KEPT: usize = 1024 * 1024;

/// Where commands are looked up, and the environment that they get besides.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    path: OsString,
    variables: Vec<(OsString, OsString)>,
}

/// What a command printed and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Standard output, cleaned.
    pub stdout: String,
    /// Standard error, cleaned.
    pub stderr: String,
    /// Exit code; `None` after a signal.
    pub exit: Option<i32>,
}

impl Output {
    /// True if it ended with 0.
    pub fn ok(&self) -> bool {
        self.exit == Some(0)
    }

    /// The end of what it printed against itself, at most `lines` lines.
    pub fn complaint(&self, lines: usize) -> String {
        let text = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let all: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let text = all[all.len().saturating_sub(lines)..].join("\n");
        if text.is_empty() { format!("exit code {}, no output", self.exit_text()) } else { text }
    }

    /// Both streams, standard error last.
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    fn exit_text(&self) -> String {
        self.exit.map_or_else(|| "none (a signal)".to_owned(), |code| code.to_string())
    }
}

impl Tools {
    /// The commands that the `PATH` of this process finds.
    pub fn from_env() -> Self {
        Self { path: std::env::var_os("PATH").unwrap_or_default(), variables: Vec::new() }
    }

    /// The commands that another `PATH` finds.
    pub fn with_path(path: impl Into<OsString>) -> Self {
        Self { path: path.into(), variables: Vec::new() }
    }

    /// The same with one more environment variable for each command.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The file of a command.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.path).map(|folder| folder.join(program)).find(|file| is_program(file))
    }

    /// Runs a command that has to end within `limit`; afterwards it and what it started are killed. They are also
    /// killed when the future is dropped. A command that ends with another code than 0 is no error here.
    pub async fn run<S: AsRef<OsStr>>(&self, program: &str, arguments: &[S], limit: Duration) -> Result<Output> {
        let tried = || line(program, arguments);
        let Some(file) = self.find(program) else { return Err(missing(program, tried())) };
        let mut command = Command::new(&file);
        command.args(arguments.iter().map(AsRef::as_ref)).env("PATH", &self.path);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own: Ctrl-C reaches us, who then stop it and remove what it made.
        command.kill_on_drop(true).process_group(0);
        let failed = |error: std::io::Error| {
            EnvironmentError::new(
                Cause::Tool,
                tried(),
                error.to_string(),
                format!("see whether `{}` runs by hand", tried()),
            )
        };
        let mut child = command.spawn().map_err(failed)?;
        let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let work = async { tokio::join!(read(stdout), read(stderr), child.wait()) };
        let Ok((stdout, stderr, status)) = timeout(limit, work).await else {
            drop(group);
            let advice = format!("see why `{}` hangs; on a slow machine repeat the run", tried());
            return Err(EnvironmentError::new(Cause::Tool, tried(), format!("no end within {limit:?}"), advice));
        };
        group.ended();
        let status = status.map_err(failed)?;
        let output = Output {
            stdout: seatrial_record::clean(&stdout),
            stderr: seatrial_record::clean(&stderr),
            exit: status.code(),
        };
        tracing::debug!(command = tried(), exit = ?output.exit, "ran");
        Ok(output)
    }

    /// Runs a command whose failure is an error of `cause`.
    pub async fn need<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: &[S],
        limit: Duration,
        cause: Cause,
        advice: &str,
    ) -> Result<Output> {
        let output = self.run(program, arguments, limit).await?;
        if output.ok() {
            return Ok(output);
        }
        Err(EnvironmentError::new(cause, line(program, arguments), output.complaint(12), advice))
    }

    /// Runs a command where nothing may be awaited, say while a panic unwinds. Its output is thrown away. True if it
    /// ended with 0 within `limit`.
    pub(crate) fn run_blocking(&self, program: &str, arguments: &[&str], limit: Duration) -> bool {
        let Some(file) = self.find(program) else { return false };
        let mut command = std::process::Command::new(file);
        command.args(arguments).env("PATH", &self.path);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut child) = command.spawn() else { return false };
        let started = std::time::Instant::now();
        while started.elapsed() < limit {
            match child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                Err(_) => return false,
            }
        }
        let _ = child.kill();
        let _ = child.wait();
        false
    }
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn line<S: AsRef<OsStr>>(program: &str, arguments: &[S]) -> String {
    let mut text = program.to_owned();
    for argument in arguments {
        text.push(' ');
        text.push_str(&argument.as_ref().to_string_lossy());
    }
    text
}

fn missing(program: &str, tried: String) -> EnvironmentError {
    let (cause, advice) = match program {
        "docker" => (
            Cause::DockerMissing,
            "install Docker (https://docs.docker.com/engine/install), or run with `--env embedded`",
        ),
        "kind" => (
            Cause::KindMissing,
            "install kind (https://kind.sigs.k8s.io/docs/user/quick-start#installation) somewhere in PATH, or run with `--env embedded`",
        ),
        _ => (Cause::Tool, "install it, or put its folder into PATH"),
    };
    EnvironmentError::new(cause, tried, format!("no command `{program}` in PATH"), advice)
}

/// The process group of a command; killed when this is dropped before the command ended.
struct Group(Option<Pid>);

impl Group {
    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0.take() {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Reads to the end, keeping the last [`KEPT`] bytes.
async fn read(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    if let Some(mut stream) = stream {
        while let Ok(length) = stream.read(&mut buffer).await {
            if length == 0 {
                break;
            }
            kept.extend_from_slice(&buffer[..length]);
            if kept.len() > 2 * KEPT {
                kept.drain(..kept.len() - KEPT);
            }
        }
    }
    kept.drain(..kept.len().saturating_sub(KEPT));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn output_and_exit_code_are_captured() {
        let output = Tools::from_env().run("sh", &["-c", "echo out; echo err >&2; exit 3"], LIMIT).await.unwrap();
        assert_eq!((output.stdout.as_str(), output.stderr.as_str(), output.exit), ("out\n", "err\n", Some(3)));
        assert_eq!(output.complaint(5), "err");
    }

    #[tokio::test]
    async fn what_does_not_end_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let script = format!("sleep 300 & echo $! > {}; wait", file.display());
        let error = Tools::from_env().run("sh", &["-c", &script], Duration::from_millis(500)).await.unwrap_err();
        assert_eq!(error.cause, Cause::Tool);
        let child: i32 = std::fs::read_to_string(file).unwrap().trim().parse().unwrap();
        let gone = || {
            let state = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        };
        for _ in 0..100 {
            if gone() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the child of the command still runs");
    }

    #[tokio::test]
    async fn a_missing_command_says_how_to_get_it() {
        let tools = Tools::with_path("/nonexistent");
        let error = tools.run("kind", &["version"], LIMIT).await.unwrap_err();
        assert_eq!(error.cause, Cause::KindMissing);
        assert!(error.advice.contains("install kind"), "{error:?}");
        let error = tools.run("docker", &["version"], LIMIT).await.unwrap_err();
        assert_eq!(error.cause, Cause::DockerMissing);
    }

    #[tokio::test]
    async fn only_the_end_of_long_output_is_kept() {
        let output = Tools::from_env().run("sh", &["-c", "yes | head -c 4000000; echo end"], LIMIT).await.unwrap();
        assert!(output.stdout.len() <= KEPT && output.stdout.ends_with("end\n"));
    }
}
