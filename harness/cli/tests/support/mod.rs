//! A served embedded cluster, and `kubectl` typed against it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::{Duration, Instant},
};

use libtest_mimic::Failed;

/// Sixty virtual seconds a second: long enough a second that `kubectl` itself is not what is waited for.
const SPEED: &str = "30";
const PATIENCE: Duration = Duration::from_secs(60);

/// True if `program` can be started.
pub fn has(program: &str) -> bool {
    Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// The folder of the document's manifests, as printed.
pub fn docs_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/doc-2x/doc")
}

/// A running `seatrial serve`; it ends with this value.
pub struct Served {
    process: Child,
    folder: tempfile::TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Served {
    /// Starts `seatrial serve` and waits until it says that it serves.
    pub fn start() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let kubeconfig = folder.path().join("kubeconfig");
        let mut process = Command::new(env!("CARGO_BIN_EXE_seatrial"))
            .args(["serve", "--port", "0", "--speed", SPEED, "--kubeconfig"])
            .arg(&kubeconfig)
            .stdout(Stdio::piped())
            .spawn()?;
        let Some(stdout) = process.stdout.take() else { return Err("serve has no output".into()) };
        let mut said = String::new();
        let mut lines = BufReader::new(stdout);
        while !kubeconfig.exists() || !said.contains("kubectl") {
            if lines.read_line(&mut said)? == 0 {
                return Err(format!("serve ended: {said}").into());
            }
        }
        // Whatever it prints later must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Ok(Self { process, folder })
    }

    /// Types the document's three `kubectl apply` commands and waits until both pods are ready.
    pub fn apply_document(&self) -> Result<(), Failed> {
        for file in ["taoscfg.yaml", "taosd-service.yaml", "tdengine.yaml"] {
            self.kubectl(&format!("apply -f {file}"))?;
        }
        self.kubectl("rollout status statefulset/tdengine --timeout=120s")?;
        self.until_dnodes(&[["1", "ready"], ["2", "ready"]])
    }

    fn run(&self, command: &str, input: Option<&str>) -> Result<Output, Failed> {
        let mut child = Command::new("kubectl")
            .args(words(command))
            .current_dir(docs_folder())
            .env("KUBECONFIG", self.folder.path().join("kubeconfig"))
            .env("HOME", self.folder.path())
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            stdin.write_all(input.as_bytes())?;
        }
        Ok(child.wait_with_output()?)
    }

    /// What `kubectl COMMAND` prints; an error if it fails.
    pub fn kubectl(&self, command: &str) -> Result<String, Failed> {
        let output = self.run(command, None)?;
        let stdout = String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n");
        if output.status.success() {
            return Ok(stdout);
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(format!("kubectl {command}: {}\n{stdout}{stderr}", output.status).into())
    }

    /// What `kubectl COMMAND` complains of; an error if it succeeds.
    pub fn refused(&self, command: &str) -> Result<String, Failed> {
        self.refused_with(command, None)
    }

    /// The same with text on its standard input.
    pub fn refused_with_input(&self, command: &str, input: &str) -> Result<String, Failed> {
        self.refused_with(command, Some(input))
    }

    fn refused_with(&self, command: &str, input: Option<&str>) -> Result<String, Failed> {
        let output = self.run(command, input)?;
        if output.status.success() {
            return Err(format!("kubectl {command} should have failed").into());
        }
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Repeats `kubectl COMMAND` until `wanted` says so, for a bounded time.
    pub fn until(&self, command: &str, wanted: impl Fn(&str) -> bool) -> Result<String, Failed> {
        let start = Instant::now();
        loop {
            let shown = self.run(command, None)?;
            let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
            if wanted(&shown) {
                return Ok(shown);
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("kubectl {command}: not as wanted after {PATIENCE:?}; last:\n{shown}").into());
            }
        }
    }

    /// Repeats `show dnodes` in tdengine-0 until it shows these ids with these states, and no others.
    pub fn until_dnodes(&self, wanted: &[[&str; 2]]) -> Result<(), Failed> {
        let shows = |shown: &str| rows_of(shown, &["id", "status"]) == wanted;
        self.until(r#"exec tdengine-0 -- taos -s "show dnodes""#, shows).map(drop)
    }

    /// Sends statements to the REST port of tdengine-0 through `kubectl port-forward`, and returns the bodies.
    pub fn rest(&self, statements: &[&str]) -> Result<Vec<String>, Failed> {
        let mut forward = Command::new("kubectl")
            .args(["port-forward", "tdengine-0", ":6041"])
            .env("KUBECONFIG", self.folder.path().join("kubeconfig"))
            .stdout(Stdio::piped())
            .spawn()?;
        // kubectl goes on printing: its output must stay open as long as it runs.
        let said = forward.stdout.take().map(BufReader::new);
        let bodies = forwarded_port(said).and_then(|(port, _said)| {
            statements.iter().map(|statement| post(port, statement)).collect::<Result<Vec<_>, _>>()
        });
        forward.kill()?;
        forward.wait()?;
        bodies
    }
}

fn forwarded_port(said: Option<BufReader<ChildStdout>>) -> Result<(u16, BufReader<ChildStdout>), Failed> {
    let Some(mut said) = said else { return Err("port-forward has no output".into()) };
    let mut line = String::new();
    said.read_line(&mut line)?;
    let port = line.split_once("127.0.0.1:").and_then(|(_, rest)| rest.split_once(' ')).map(|(port, _)| port.parse());
    match port {
        Some(Ok(port)) => Ok((port, said)),
        _ => Err(format!("port-forward said: {line}").into()),
    }
}

/// One HTTP request without a client: what `curl -u root:taosdata -d STATEMENT` sends.
fn post(port: u16, statement: &str) -> Result<String, Failed> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST /rest/sql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic cm9vdDp0YW9zZGF0YQ==\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{statement}",
        statement.len()
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    // The server answers in one chunk or with a length; the body is its only line that begins with a brace.
    match answer.lines().find(|line| line.starts_with('{')) {
        Some(body) => Ok(body.to_owned()),
        None => Err(format!("no JSON in the answer: {answer}").into()),
    }
}

/// Splits a command line at blanks, outside of quotes.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut open) = (Vec::new(), String::new(), None, false);
    for char in command.chars() {
        match (quote, char) {
            (Some(end), _) if char == end => quote = None,
            (None, ' ') => {
                if open {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            // A quote in the middle of a word is the word's own, as in JSON given to `-p`.
            (None, '"' | '\'') if word.is_empty() => {
                quote = Some(char);
                open = true;
            }
            _ => {
                word.push(char);
                open = true;
            }
        }
    }
    if open {
        words.push(word);
    }
    words
}

/// The cells of the named columns of a table that the `taos` shell printed.
pub fn rows_of(shown: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let mut lines = shown.lines().skip_while(|line| !line.contains(" | "));
    let Some(header) = lines.next() else { return Vec::new() };
    let names: Vec<_> = header.split('|').map(str::trim).collect();
    let wanted: Vec<_> = columns.iter().filter_map(|column| names.iter().position(|name| name == column)).collect();
    lines
        .filter(|line| line.contains(" | "))
        .map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            wanted.iter().filter_map(|index| cells.get(*index)).map(|cell| (*cell).to_owned()).collect()
        })
        .collect()
}
