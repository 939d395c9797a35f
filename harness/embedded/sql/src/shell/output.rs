use tokio::io::{AsyncWrite, AsyncWriteExt};

type Sink = Box<dyn AsyncWrite + Send + Unpin>;

/// Standard output and error as the C library writes them: output is collected unless it is a terminal, error is not.
pub(super) struct Output {
    stdout: Sink,
    stderr: Option<Sink>,
    tty: bool,
    pending: String,
}

/// A pipe's buffer in the C library.
const BUFFER: usize = 4_096;

impl Output {
    pub(super) fn new(stdout: Sink, stderr: Option<Sink>, tty: bool) -> Self {
        Self { stdout, stderr, tty, pending: String::new() }
    }

    /// Prints to standard output.
    pub(super) async fn out(&mut self, text: &str) {
        self.pending.push_str(text);
        if self.tty || self.pending.len() >= BUFFER {
            self.flush().await;
        }
    }

    /// Prints to standard error.
    pub(super) async fn err(&mut self, text: &str) {
        let bytes = self.line_ends(text);
        match &mut self.stderr {
            Some(stderr) => write(stderr, &bytes).await,
            None => write(&mut self.stdout, &bytes).await,
        }
    }

    /// Writes out what was collected.
    pub(super) async fn flush(&mut self) {
        let text = std::mem::take(&mut self.pending);
        let bytes = self.line_ends(&text);
        write(&mut self.stdout, &bytes).await;
    }

    /// Writes everything out and closes both streams.
    pub(super) async fn close(mut self) {
        self.flush().await;
        // A reader that has gone away does not matter any more.
        let _ = self.stdout.shutdown().await;
        if let Some(mut stderr) = self.stderr {
            let _ = stderr.shutdown().await;
        }
    }

    fn line_ends(&self, text: &str) -> Vec<u8> {
        if self.tty { text.replace('\n', "\r\n").into_bytes() } else { text.as_bytes().to_vec() }
    }
}

async fn write(sink: &mut Sink, bytes: &[u8]) {
    if !bytes.is_empty() {
        // A broken pipe ends what is printed, not the shell.
        let _ = sink.write_all(bytes).await;
        let _ = sink.flush().await;
    }
}
