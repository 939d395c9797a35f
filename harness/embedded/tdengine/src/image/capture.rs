//! What the entrypoints start: programs whose output is kept, or goes to the container's log.

use std::sync::Arc;

use super::{
    container::Machine,
    userland::{self, Buffer, Input, Output, Shell, Streams},
};

/// What a command printed, and how it ended.
pub(super) struct Captured {
    pub code: u8,
    pub out: String,
    pub err: String,
}

/// Runs a command with the shell of this name.
pub(super) async fn capture(machine: &Arc<Machine>, shell: &'static str, command: &str) -> Captured {
    let (streams, out, err) = buffers();
    let code = Shell::new(Arc::clone(machine), shell).run(command, streams).await;
    Captured { code, out: text(&out), err: text(&err) }
}

/// Runs a program with the container's log as its streams.
pub(super) async fn program(machine: &Arc<Machine>, argv: Vec<String>) -> u8 {
    let (streams, out, err) = buffers();
    let code = userland::start(machine, machine.environment(), argv, streams).await;
    for line in text(&out).lines() {
        machine.context.log.out(line);
    }
    for line in text(&err).lines() {
        machine.context.log.err(line);
    }
    code
}

fn buffers() -> (Streams, Buffer, Buffer) {
    let (out, err) = (Buffer::default(), Buffer::default());
    let streams = Streams {
        stdin: Input::new(None),
        out: Output::new(Box::new(out.clone())),
        err: Output::new(Box::new(err.clone())),
        tty: false,
    };
    (streams, out, err)
}

fn text(buffer: &Buffer) -> String {
    String::from_utf8_lossy(&buffer.take()).into_owned()
}
