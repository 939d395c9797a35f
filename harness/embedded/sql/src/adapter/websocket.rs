use futures::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{Role, WebSocketConfig},
    },
};

use super::{AdapterDialect, session::WsSession};
use crate::shell::Connector;

/// Speaks with a connector until one of the two closes the connection. Requests are answered one after the other.
pub(super) async fn serve(
    io: impl AsyncRead + AsyncWrite + Unpin,
    dialect: &AdapterDialect,
    connector: &dyn Connector,
) {
    let config = WebSocketConfig::default().max_message_size(Some(dialect.longest_request));
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    let mut session = WsSession::new(dialect, connector);
    while let Some(Ok(message)) = socket.next().await {
        let answer = match message {
            Message::Text(text) => session.text(&text).await,
            Message::Binary(frame) => session.binary(&frame).await,
            Message::Close(_) => break,
            // The library answers pings.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => None,
        };
        if let Some(answer) = answer
            && socket.send(answer).await.is_err()
        {
            return;
        }
    }
    // Whoever has gone away needs no farewell.
    let _ = socket.close(None).await;
}
