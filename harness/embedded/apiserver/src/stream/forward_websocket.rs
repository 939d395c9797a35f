use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf},
    sync::mpsc,
    task::JoinSet,
};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{forward::ForwardTarget, handshake::Socket};

const QUEUE: usize = 8;
const CHUNK: usize = 32 * 1024;

/// Forwards ports over the channels of a websocket: per port one of data and one of errors, each beginning with
/// the port number.
pub(super) async fn serve(socket: Socket, pod: ForwardTarget, ports: Vec<u16>) {
    let (mut sink, mut stream) = socket.split();
    let (to, mut out) = mpsc::channel::<Vec<u8>>(QUEUE);
    // Dropping the set ends its tasks.
    let mut tasks = JoinSet::new();
    let mut inputs: Vec<mpsc::UnboundedSender<Bytes>> = Vec::new();
    for (index, port) in (0_u8..).zip(&ports) {
        let (tell, input) = mpsc::unbounded_channel();
        inputs.push(tell);
        tasks.spawn(one_port(index * 2, *port, pod.clone(), input, to.clone()));
    }
    drop(to);
    let writing = async {
        while let Some(message) = out.recv().await {
            if sink.send(Message::binary(message)).await.is_err() {
                return;
            }
        }
        // All ports have been closed by their servers.
        let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        let _ = sink.send(Message::Close(Some(frame))).await;
    };
    let reading = async {
        while let Some(Ok(message)) = stream.next().await {
            match message {
                Message::Binary(bytes) => {
                    let Some(channel) = bytes.first().copied() else { continue };
                    if channel % 2 == 0
                        && let Some(input) = inputs.get(usize::from(channel / 2))
                    {
                        let _ = input.send(bytes.slice(1..));
                    }
                }
                Message::Close(_) => return,
                _ => {}
            }
        }
    };
    tokio::select! {
        biased;
        () = reading => {}
        () = writing => {}
    }
}

async fn one_port(
    channel: u8,
    port: u16,
    pod: ForwardTarget,
    mut input: mpsc::UnboundedReceiver<Bytes>,
    to: mpsc::Sender<Vec<u8>>,
) {
    let [low, high] = port.to_le_bytes();
    for channel in [channel, channel + 1] {
        if to.send(vec![channel, low, high]).await.is_err() {
            return;
        }
    }
    let connection = match pod.dial(port) {
        Ok(connection) => connection,
        Err(why) => {
            let mut message = vec![channel + 1];
            message.extend_from_slice(why.as_bytes());
            let _ = to.send(message).await;
            return;
        }
    };
    let (reader, mut writer) = tokio::io::split(connection);
    let sending = async {
        while let Some(bytes) = input.recv().await {
            if writer.write_all(&bytes).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = copy(channel, reader, &to) => {}
        () = sending => {}
    }
}

async fn copy(channel: u8, mut reader: ReadHalf<DuplexStream>, to: &mpsc::Sender<Vec<u8>>) {
    let mut buffer = vec![0; CHUNK];
    while let Ok(length) = reader.read(&mut buffer).await {
        let bytes = buffer.get(..length).unwrap_or_default();
        let mut message = Vec::with_capacity(length + 1);
        message.push(channel);
        message.extend_from_slice(bytes);
        if bytes.is_empty() || to.send(message).await.is_err() {
            return;
        }
    }
}
