use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use seatrial_sim::ExecIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{
    commands,
    container::Machine,
    script::{self, Command, Link, Piece, Pipeline, Redirect, Word},
};

/// A stream that several commands write to, one after the other.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<Box<dyn AsyncWrite + Send + Unpin>>>);

impl Output {
    /// Writes to `inner`.
    pub fn new(inner: Box<dyn AsyncWrite + Send + Unpin>) -> Self {
        Self(Arc::new(Mutex::new(inner)))
    }

    /// Writes all bytes; a reader that has gone is no error.
    pub async fn write(&self, bytes: impl AsRef<[u8]>) {
        let mut stream = self.clone();
        let _ = stream.write_all(bytes.as_ref()).await;
        let _ = stream.flush().await;
    }

    fn poll<T>(
        &self,
        poll: impl FnOnce(Pin<&mut (dyn AsyncWrite + Send + Unpin)>) -> Poll<std::io::Result<T>>,
    ) -> Poll<std::io::Result<T>> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        poll(Pin::new(&mut **inner))
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.poll(|inner| inner.poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.poll(|inner| inner.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        // The next command writes to the same stream.
        self.poll_flush(cx)
    }
}

/// A stream that is kept in memory.
#[derive(Clone, Default)]
pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    /// What was written.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AsyncWrite for Buffer {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

type Source = Box<dyn AsyncRead + Send + Unpin>;

/// Standard input, for whoever takes it first.
pub(crate) struct Input(Mutex<Option<Source>>);

impl Input {
    /// An input, or none.
    pub fn new(inner: Option<Source>) -> Self {
        Self(Mutex::new(inner))
    }

    /// Bytes as an input.
    pub fn bytes(bytes: Vec<u8>) -> Self {
        Self::new(Some(Box::new(std::io::Cursor::new(bytes))))
    }

    /// Takes it.
    pub fn take(&self) -> Option<Source> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The standard streams of a command.
pub(crate) struct Streams {
    /// Standard input.
    pub stdin: Input,
    /// Standard output.
    pub out: Output,
    /// Standard error.
    pub err: Output,
    /// They are a terminal.
    pub tty: bool,
}

impl Streams {
    /// The streams of an exec.
    pub fn of(io: ExecIo) -> (Vec<String>, Self) {
        let out = Output::new(io.stdout);
        let err = io.stderr.map_or_else(|| out.clone(), Output::new);
        (io.argv, Self { stdin: Input::new(io.stdin), out, err, tty: io.tty })
    }

    fn ends(&self, text: &str) -> String {
        if self.tty { text.replace('\n', "\r\n") } else { text.to_owned() }
    }

    /// Prints to standard output.
    pub async fn print(&self, text: &str) {
        self.out.write(self.ends(text)).await;
    }

    /// Prints to standard error.
    pub async fn complain(&self, text: &str) {
        self.err.write(self.ends(text)).await;
    }

    /// All of standard input.
    pub async fn input(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Some(mut stdin) = self.stdin.take() {
            // A broken pipe ends the input.
            let _ = stdin.read_to_end(&mut bytes).await;
        }
        bytes
    }
}

/// A shell, or the place from which a single program is started.
pub(crate) struct Shell {
    /// The container.
    pub machine: Arc<Machine>,
    /// Environment.
    pub env: BTreeMap<String, String>,
    /// Name in messages.
    pub name: &'static str,
    last: u8,
}

impl Shell {
    /// A shell with the container's environment.
    pub fn new(machine: Arc<Machine>, name: &'static str) -> Self {
        let env = machine.environment().clone();
        Self { machine, env, name, last: 0 }
    }

    /// Runs a script.
    pub fn run<'a>(&'a mut self, text: &'a str, streams: Streams) -> BoxFuture<'a, u8> {
        Box::pin(async move {
            let list = match script::parse(text) {
                Ok(list) => list,
                Err(error) => {
                    streams.complain(&format!("{}: 1: {}\n", self.name, error.0)).await;
                    return 2;
                }
            };
            let Streams { stdin, out, err, tty } = streams;
            self.last = 0;
            for (link, pipeline) in list {
                let skip = match link {
                    Link::Always => false,
                    Link::And => self.last != 0,
                    Link::Or => self.last == 0,
                };
                if !skip {
                    let streams = Streams { stdin: Input::new(stdin.take()), out: out.clone(), err: err.clone(), tty };
                    match self.pipeline(pipeline, streams).await {
                        Ok(code) => self.last = code,
                        Err(code) => return code,
                    }
                }
            }
            self.last
        })
    }

    /// `Err` is the code of `exit`.
    async fn pipeline(&mut self, pipeline: Pipeline, streams: Streams) -> Result<u8, u8> {
        let Streams { stdin, out, err, tty } = streams;
        let count = pipeline.len();
        let mut input = stdin;
        let mut code = 0;
        for (at, command) in pipeline.into_iter().enumerate() {
            let last = at + 1 == count;
            let buffer = Buffer::default();
            let to = if last { out.clone() } else { Output::new(Box::new(buffer.clone())) };
            let streams = Streams { stdin: Input::new(input.take()), out: to, err: err.clone(), tty: tty && last };
            code = self.command(command, streams).await?;
            if !last {
                input = Input::bytes(buffer.take());
            }
        }
        Ok(code)
    }

    async fn command(&mut self, command: Command, mut streams: Streams) -> Result<u8, u8> {
        let mut argv = Vec::new();
        for word in &command.words {
            argv.extend(self.expand(word).await);
        }
        let mut files: Vec<(Buffer, String, bool)> = Vec::new();
        for redirect in &command.redirects {
            match redirect {
                Redirect::ErrorToOutput => streams.err = streams.out.clone(),
                Redirect::OutputToError => streams.out = streams.err.clone(),
                Redirect::FromFile(word) => {
                    let path = self.expand(word).await.concat();
                    let Some(bytes) = self.machine.read(&path) else {
                        streams.complain(&format!("{}: {path}: No such file or directory\n", self.name)).await;
                        return Ok(2);
                    };
                    streams.stdin = Input::bytes(bytes);
                }
                Redirect::ToFile { stream, file, append } => {
                    let path = self.expand(file).await.concat();
                    let buffer = Buffer::default();
                    let output = Output::new(Box::new(buffer.clone()));
                    if *stream == 2 {
                        streams.err = output;
                    } else {
                        streams.out = output;
                    }
                    streams.tty = false;
                    files.push((buffer, path, *append));
                }
            }
        }
        let err = streams.err.clone();
        let code = self.program(argv, streams).await;
        for (buffer, path, append) in files {
            let before = if append { self.machine.read(&path).unwrap_or_default() } else { Vec::new() };
            let bytes = [before, buffer.take()].concat();
            if path != "/dev/null"
                && let Err(why) = self.machine.files.write(&path, bytes)
            {
                err.write(format!("{}: {path}: {why}\n", self.name)).await;
                return Ok(2);
            }
        }
        code
    }

    async fn program(&mut self, argv: Vec<String>, streams: Streams) -> Result<u8, u8> {
        let Some(name) = argv.first() else { return Ok(0) };
        if name == "exit" {
            return Err(argv.get(1).and_then(|code| code.parse().ok()).unwrap_or(self.last));
        }
        let assigned = name.split_once('=').filter(|(name, _)| is_name(name));
        if let Some((name, value)) = assigned {
            self.env.insert(name.to_owned(), value.to_owned());
            return Ok(0);
        }
        if name == "export" {
            for (name, value) in argv.iter().skip(1).filter_map(|word| word.split_once('=')) {
                self.env.insert(name.to_owned(), value.to_owned());
            }
            return Ok(0);
        }
        Ok(start(&self.machine, &self.env, argv, streams).await)
    }

    fn expand<'a>(&'a mut self, word: &'a Word) -> BoxFuture<'a, Vec<String>> {
        Box::pin(async move {
            let mut fields = vec![String::new()];
            let mut any = false;
            for piece in word {
                let (text, split) = match piece {
                    Piece::Text(text) => (text.clone(), false),
                    Piece::Variable { name, quoted } => (self.variable(name), !quoted),
                    Piece::Output { script, quoted } => (self.output(script).await, !quoted),
                };
                any |= !split || !text.trim().is_empty();
                if split {
                    let mut parts = text.split_ascii_whitespace();
                    if let (Some(field), Some(first)) = (fields.last_mut(), parts.next()) {
                        field.push_str(first);
                    }
                    fields.extend(parts.map(str::to_owned));
                } else if let Some(field) = fields.last_mut() {
                    field.push_str(&text);
                }
            }
            if any { fields } else { Vec::new() }
        })
    }

    fn variable(&self, name: &str) -> String {
        if name == "?" {
            return self.last.to_string();
        }
        let (name, default) = name.split_once(":-").unwrap_or((name, ""));
        self.env.get(name).filter(|value| !value.is_empty()).cloned().unwrap_or_else(|| default.to_owned())
    }

    async fn output(&mut self, script: &str) -> String {
        let buffer = Buffer::default();
        let out = Output::new(Box::new(buffer.clone()));
        let streams =
            Streams { stdin: Input::new(None), err: Output::new(Box::new(Buffer::default())), out, tty: false };
        let mut inner = Self { machine: Arc::clone(&self.machine), env: self.env.clone(), name: self.name, last: 0 };
        inner.run(script, streams).await;
        String::from_utf8_lossy(&buffer.take()).trim_end_matches('\n').to_owned()
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// Starts a program and waits for it; 127 if there is no such program in the image.
pub(crate) async fn start(
    machine: &Arc<Machine>,
    env: &BTreeMap<String, String>,
    argv: Vec<String>,
    streams: Streams,
) -> u8 {
    let name = argv.first().map(|name| name.rsplit('/').next().unwrap_or(name).to_owned()).unwrap_or_default();
    if matches!(name.as_str(), "sh" | "bash") {
        let mut shell = Shell::new(Arc::clone(machine), if name == "sh" { "sh" } else { "bash" });
        shell.env.clone_from(env);
        return run_shell(&mut shell, &argv, streams).await;
    }
    let err = streams.err.clone();
    let tty = streams.tty;
    let found = commands::run(machine, env, &name, argv, streams).await;
    if let Some(code) = found {
        return code;
    }
    let end = if tty { "\r\n" } else { "\n" };
    err.write(format!("sh: 1: {name}: not found{end}")).await;
    127
}

async fn run_shell(shell: &mut Shell, argv: &[String], mut streams: Streams) -> u8 {
    let mut wants_script = false;
    for word in argv.iter().skip(1) {
        if let Some(flags) = word.strip_prefix('-') {
            wants_script |= flags.contains('c');
            continue;
        }
        if wants_script {
            return shell.run(word, streams).await;
        }
        let Some(bytes) = shell.machine.read(word) else {
            streams.complain(&format!("{}: 0: cannot open {word}: No such file\n", shell.name)).await;
            return 2;
        };
        return shell.run(&String::from_utf8_lossy(&bytes), streams).await;
    }
    interactive(shell, &mut streams).await
}

/// A shell that reads its commands from standard input, with a prompt on a terminal.
async fn interactive(shell: &mut Shell, streams: &mut Streams) -> u8 {
    let Some(stdin) = streams.stdin.take() else { return 0 };
    let mut input = tokio::io::BufReader::new(stdin);
    let prompt = format!("root@{}:/etc/taos# ", shell.machine.context.pod.name);
    loop {
        if streams.tty {
            streams.out.write(&prompt).await;
        }
        let mut line = Vec::new();
        loop {
            let mut byte = [0];
            match input.read(&mut byte).await {
                Ok(1) if matches!(byte, [b'\n' | b'\r']) => break,
                Ok(1) if byte == [4] => return shell.last,
                Ok(1) => line.extend(byte),
                _ => {
                    line.push(0);
                    break;
                }
            }
        }
        let ended = line.last() == Some(&0);
        let text = String::from_utf8_lossy(&line).trim_end_matches('\0').to_owned();
        if streams.tty {
            streams.out.write(format!("{text}\r\n")).await;
        }
        if text.trim() == "exit" {
            return shell.last;
        }
        let own =
            Streams { stdin: Input::new(None), out: streams.out.clone(), err: streams.err.clone(), tty: streams.tty };
        shell.run(&text, own).await;
        if ended {
            return shell.last;
        }
    }
}
