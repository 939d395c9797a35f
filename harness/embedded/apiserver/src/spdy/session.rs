use std::collections::BTreeMap;

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};

use super::{
    frame::{self, Frame},
    headers::{HeaderReader, HeaderWriter},
};

/// Frames waiting to be written; a full queue holds back who writes.
const QUEUE: usize = 32;

/// What arrives on a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    Data(Bytes),
    /// The client will send no more.
    End,
    /// The client wants nothing more to do with the stream.
    Reset,
}

/// The sending half of a stream.
#[derive(Clone)]
pub(crate) struct Sender {
    id: u32,
    frames: mpsc::Sender<Vec<u8>>,
}

impl Sender {
    /// Sends bytes. False if the connection is gone.
    pub(crate) async fn send(&self, data: &[u8]) -> bool {
        self.frames.send(frame::data(self.id, data, false)).await.is_ok()
    }

    /// Says that nothing more follows.
    pub(crate) async fn finish(&self) {
        let _ = self.frames.send(frame::data(self.id, &[], true)).await;
    }
}

/// A stream that the client opened.
pub(crate) struct Incoming {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) received: mpsc::UnboundedReceiver<Received>,
    pub(crate) sender: Sender,
}

/// A connection, served by two tasks until the client goes away or the session is dropped.
pub(crate) struct Session {
    streams: mpsc::UnboundedReceiver<Incoming>,
    reading: tokio::task::AbortHandle,
}

impl Session {
    pub(crate) fn serve(connection: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (mut reader, mut writer) = tokio::io::split(connection);
        let (frames, mut queue) = mpsc::channel::<Vec<u8>>(QUEUE);
        tokio::spawn(async move {
            while let Some(frame) = queue.recv().await {
                if writer.write_all(&frame).await.is_err() || writer.flush().await.is_err() {
                    return;
                }
            }
            let _ = writer.shutdown().await;
        });
        let (announce, streams) = mpsc::unbounded_channel();
        let reading = tokio::spawn(async move {
            let mut reading = Reading {
                frames,
                announce,
                open: BTreeMap::new(),
                inflate: HeaderReader::new(),
                deflate: HeaderWriter::default(),
            };
            while let Some(frame) = frame::read(&mut reader).await {
                if reading.take(frame).await.is_none() {
                    break;
                }
            }
        });
        Self { streams, reading: reading.abort_handle() }
    }

    /// The next stream that the client opens; nothing when the connection has ended.
    pub(crate) async fn accept(&mut self) -> Option<Incoming> {
        self.streams.recv().await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

struct Reading {
    frames: mpsc::Sender<Vec<u8>>,
    announce: mpsc::UnboundedSender<Incoming>,
    open: BTreeMap<u32, mpsc::UnboundedSender<Received>>,
    inflate: HeaderReader,
    deflate: HeaderWriter,
}

impl Reading {
    /// Nothing when the connection has to end.
    async fn take(&mut self, frame: Frame) -> Option<()> {
        match frame {
            Frame::SynStream { id, headers, fin } => {
                let headers = self.inflate.read(&headers)?;
                self.frames.send(frame::reply(id, &self.deflate.empty())).await.ok()?;
                let (tell, received) = mpsc::unbounded_channel();
                if fin {
                    let _ = tell.send(Received::End);
                }
                self.open.insert(id, tell);
                let sender = Sender { id, frames: self.frames.clone() };
                self.announce.send(Incoming { headers, received, sender }).ok()
            }
            Frame::Data { id, data, fin } => {
                if let Some(stream) = self.open.get(&id) {
                    if !data.is_empty() {
                        let _ = stream.send(Received::Data(data.into()));
                    }
                    if fin {
                        let _ = stream.send(Received::End);
                        self.open.remove(&id);
                    }
                }
                Some(())
            }
            Frame::Reset { id } => {
                if let Some(stream) = self.open.remove(&id) {
                    let _ = stream.send(Received::Reset);
                }
                Some(())
            }
            Frame::Ping { id } => self.frames.send(frame::ping(id)).await.ok(),
            Frame::Headers { block, at } => {
                // Not needed, but the compression goes on through it.
                let _ = self.inflate.read(block.get(at..).unwrap_or_default());
                Some(())
            }
            Frame::GoAway => None,
            Frame::Other => Some(()),
        }
    }
}
