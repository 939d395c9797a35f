use std::{collections::BTreeMap, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::timeout,
};

use super::exec::{FromClient, Plan, ToClient, run};
use crate::spdy::{Incoming, Received, Session};

const QUEUE: usize = 8;
/// How long a client may take to open the streams that it asked for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a client may take to hang up after the end.
const FAREWELL: Duration = Duration::from_secs(10);

/// Runs a command over SPDY streams, as `kubectl` did before 1.30.
pub(super) async fn serve(connection: impl AsyncRead + AsyncWrite + Send + 'static, plan: Plan) {
    let mut session = Session::serve(connection);
    let wants = plan.wants;
    let mut expected = vec!["error"];
    expected.extend(wants.stdin.then_some("stdin"));
    expected.extend(wants.stdout.then_some("stdout"));
    expected.extend(wants.stderr.then_some("stderr"));
    expected.extend(wants.tty.then_some("resize"));
    let Ok(Some(mut streams)) = timeout(PATIENCE, open(&mut session, &expected)).await else { return };
    let (to, mut out) = mpsc::channel(QUEUE);
    let (tell, from) = mpsc::unbounded_channel();
    if let Some(mut stdin) = streams.remove("stdin") {
        tokio::spawn(async move {
            while let Some(received) = stdin.received.recv().await {
                let (message, last) = match received {
                    Received::Data(bytes) => (FromClient::Stdin(bytes), false),
                    Received::End | Received::Reset => (FromClient::StdinEnd, true),
                };
                if tell.send(message).is_err() || last {
                    return;
                }
            }
        });
    }
    let writing = async {
        while let Some(message) = out.recv().await {
            let (stream, bytes, last) = match message {
                ToClient::Stdout(bytes) => ("stdout", bytes, false),
                ToClient::Stderr(bytes) => ("stderr", bytes, false),
                ToClient::Status(status) => ("error", status.to_string().into_bytes(), true),
            };
            if let Some(stream) = streams.get(stream)
                && !stream.sender.send(&bytes).await
            {
                return;
            }
            if last {
                for stream in streams.values() {
                    stream.sender.finish().await;
                }
                return;
            }
        }
    };
    let gone = async { while session.accept().await.is_some() {} };
    let command = async {
        tokio::select! {
            biased;
            () = run(plan, from, to) => {}
            () = gone => {}
        }
    };
    tokio::join!(biased; command, writing);
    let _ = timeout(FAREWELL, async { while session.accept().await.is_some() {} }).await;
}

async fn open(session: &mut Session, expected: &[&str]) -> Option<BTreeMap<String, Incoming>> {
    let mut streams = BTreeMap::new();
    while !expected.iter().all(|name| streams.contains_key(*name)) {
        let stream = session.accept().await?;
        let name = stream.headers.get("streamtype")?.clone();
        streams.insert(name, stream);
    }
    Some(streams)
}
