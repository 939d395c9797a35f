use std::collections::BTreeMap;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    task::JoinSet,
};

use super::forward::ForwardTarget;
use crate::spdy::{Incoming, Received, Session};

const CHUNK: usize = 32 * 1024;
/// Connections that have one of their two streams; more than this is no honest client.
const HALF_OPEN: usize = 256;

/// Forwards ports over SPDY: per connection a stream of errors and one of data, paired by their request id.
pub(super) async fn serve(connection: impl AsyncRead + AsyncWrite + Send + 'static, pod: ForwardTarget) {
    let mut session = Session::serve(connection);
    let mut half: BTreeMap<String, Incoming> = BTreeMap::new();
    // Dropping the set ends its tasks.
    let mut tasks = JoinSet::new();
    while let Some(stream) = session.accept().await {
        while tasks.try_join_next().is_some() {}
        let header = |name: &str| stream.headers.get(name).cloned().unwrap_or_default();
        let (id, is_data) = (header("requestid"), header("streamtype") == "data");
        match half.remove(&id) {
            Some(other) => {
                let (data, error) = if is_data { (stream, other) } else { (other, stream) };
                tasks.spawn(one_connection(pod.clone(), data, error));
            }
            None if half.len() < HALF_OPEN => {
                half.insert(id, stream);
            }
            None => return,
        }
    }
}

async fn one_connection(pod: ForwardTarget, data: Incoming, error: Incoming) {
    let port = data.headers.get("port").and_then(|text| text.parse().ok()).unwrap_or(0);
    let Incoming { mut received, sender, .. } = data;
    match pod.dial(port) {
        Err(why) => {
            error.sender.send(why.as_bytes()).await;
        }
        Ok(connection) => {
            let (mut reader, mut writer) = tokio::io::split(connection);
            // Resolves only if the client wants nothing more to do with the connection.
            let sending = async {
                while let Some(message) = received.recv().await {
                    match message {
                        Received::Data(bytes) => {
                            let _ = writer.write_all(&bytes).await;
                        }
                        Received::End => {
                            let _ = writer.shutdown().await;
                        }
                        Received::Reset => return,
                    }
                }
                std::future::pending::<()>().await;
            };
            let receiving = async {
                let mut buffer = vec![0; CHUNK];
                while let Ok(length) = reader.read(&mut buffer).await {
                    let bytes = buffer.get(..length).unwrap_or_default();
                    if bytes.is_empty() || !sender.send(bytes).await {
                        return;
                    }
                }
            };
            tokio::select! {
                biased;
                () = receiving => {}
                () = sending => {}
            }
        }
    }
    sender.finish().await;
    error.sender.finish().await;
}
