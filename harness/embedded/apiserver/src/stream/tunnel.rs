use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_tungstenite::tungstenite::Message;

use super::handshake::Socket;

const PIPE: usize = 256 * 1024;
const CHUNK: usize = 32 * 1024;

/// The byte stream that is carried by the binary messages of a websocket.
pub(super) fn open(socket: Socket) -> DuplexStream {
    let (near, far) = tokio::io::duplex(PIPE);
    let (mut reader, mut writer) = tokio::io::split(far);
    let (mut sink, mut stream) = socket.split();
    tokio::spawn(async move {
        let incoming = async {
            while let Some(Ok(message)) = stream.next().await {
                if message.is_close() {
                    break;
                }
                if let Message::Binary(bytes) = message
                    && writer.write_all(&bytes).await.is_err()
                {
                    return;
                }
            }
            let _ = writer.shutdown().await;
        };
        let outgoing = async {
            let mut buffer = vec![0; CHUNK];
            while let Ok(length) = reader.read(&mut buffer).await {
                let bytes = buffer.get(..length).unwrap_or_default();
                if bytes.is_empty() || sink.send(Message::binary(bytes.to_vec())).await.is_err() {
                    break;
                }
            }
            let _ = sink.close().await;
        };
        tokio::select! {
            biased;
            () = incoming => {}
            () = outgoing => {}
        }
    });
    near
}
