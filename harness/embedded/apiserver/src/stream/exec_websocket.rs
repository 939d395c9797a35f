use bytes::Bytes;
use futures::{SinkExt, StreamExt, stream::SplitStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{
    exec::{FromClient, Plan, ToClient, run},
    handshake::Socket,
};

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const STATUS: u8 = 3;
/// Closes the channel whose number follows (version 5).
const CLOSE: u8 = 255;
/// Messages on their way out.
const QUEUE: usize = 8;

/// Runs a command over the channels of a websocket (`v4.channel.k8s.io`, `v5.channel.k8s.io`).
pub(super) async fn serve(socket: Socket, plan: Plan) {
    let (mut sink, stream) = socket.split();
    let (to, mut out) = mpsc::channel(QUEUE);
    let (tell, from) = mpsc::unbounded_channel();
    let writing = async move {
        while let Some(message) = out.recv().await {
            let (channel, bytes) = match message {
                ToClient::Stdout(bytes) => (STDOUT, bytes),
                ToClient::Stderr(bytes) => (STDERR, bytes),
                ToClient::Status(status) => (STATUS, status.to_string().into_bytes()),
            };
            let ends = channel == STATUS;
            let mut payload = Vec::with_capacity(bytes.len() + 1);
            payload.push(channel);
            payload.extend_from_slice(&bytes);
            if sink.send(Message::binary(payload)).await.is_err() {
                return;
            }
            if ends {
                // kubectl takes any other code, or none, for a failure.
                let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
                let _ = sink.send(Message::Close(Some(frame))).await;
                let _ = sink.flush().await;
                return;
            }
        }
    };
    let command = async move {
        tokio::select! {
            biased;
            () = run(plan, from, to) => {}
            // Reading goes on all the time: it answers pings and notices that the client has gone.
            () = read(stream, tell) => {}
        }
    };
    tokio::join!(biased; command, writing);
}

/// Ends when the client closes the connection.
async fn read(mut stream: SplitStream<Socket>, tell: mpsc::UnboundedSender<FromClient>) {
    while let Some(Ok(message)) = stream.next().await {
        let bytes: Bytes = match message {
            Message::Binary(bytes) => bytes,
            Message::Text(text) => text.into(),
            Message::Close(_) => return,
            _ => continue,
        };
        let message = match (bytes.first(), bytes.get(1)) {
            (Some(&STDIN), _) => FromClient::Stdin(bytes.slice(1..)),
            (Some(&CLOSE), Some(&STDIN)) => FromClient::StdinEnd,
            // The size of the terminal does not matter to anything that runs here.
            _ => continue,
        };
        let _ = tell.send(message);
    }
}
