use tokio::io::{AsyncRead, AsyncReadExt};

/// Frames beyond this are an attack or nonsense: clients send chunks of some 32 KiB.
const LONGEST: u32 = 8 * 1024 * 1024;
const CONTROL: u16 = 0x8003;
const FIN: u8 = 1;

/// A frame from the client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    SynStream { id: u32, headers: Vec<u8>, fin: bool },
    Data { id: u32, data: Vec<u8>, fin: bool },
    Reset { id: u32 },
    Ping { id: u32 },
    Headers { block: Vec<u8>, at: usize },
    GoAway,
    Other,
}

/// The next frame; nothing at the end of the connection or if it makes no sense.
pub(super) async fn read(reader: &mut (impl AsyncRead + Unpin)) -> Option<Frame> {
    let head = reader.read_u32().await.ok()?;
    let tail = reader.read_u32().await.ok()?;
    let (flags, length) = ((tail >> 24) as u8, tail & 0x00ff_ffff);
    if length > LONGEST {
        return None;
    }
    let mut body = vec![0; usize::try_from(length).ok()?];
    reader.read_exact(&mut body).await.ok()?;
    let fin = flags & FIN != 0;
    if head >> 31 == 0 {
        return Some(Frame::Data { id: head, data: body, fin });
    }
    if head >> 16 != u32::from(CONTROL) {
        return None;
    }
    let number = |at: usize| {
        let bytes = body.get(at..at + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?) & 0x7fff_ffff)
    };
    Some(match head & 0xffff {
        1 => Frame::SynStream { id: number(0)?, headers: body.get(10..)?.to_vec(), fin },
        3 => Frame::Reset { id: number(0)? },
        // All 32 bits of a ping come back as they are.
        6 => Frame::Ping { id: u32::from_be_bytes(body.get(..4)?.try_into().ok()?) },
        7 => Frame::GoAway,
        8 => Frame::Headers { block: body, at: 4 },
        _ => Frame::Other,
    })
}

fn control(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(8 + body.len());
    frame.extend_from_slice(&CONTROL.to_be_bytes());
    frame.extend_from_slice(&kind.to_be_bytes());
    frame.extend_from_slice(&u32::try_from(body.len()).unwrap_or(0).to_be_bytes());
    frame.extend_from_slice(body);
    frame
}

pub(super) fn reply(id: u32, block: &[u8]) -> Vec<u8> {
    control(2, &[&id.to_be_bytes(), block].concat())
}

pub(super) fn ping(id: u32) -> Vec<u8> {
    control(6, &id.to_be_bytes())
}

pub(super) fn data(id: u32, data: &[u8], fin: bool) -> Vec<u8> {
    let mut frame = Vec::with_capacity(8 + data.len());
    frame.extend_from_slice(&id.to_be_bytes());
    let length = u32::try_from(data.len()).unwrap_or(0) & 0x00ff_ffff;
    frame.extend_from_slice(&(u32::from(fin) << 24 | length).to_be_bytes());
    frame.extend_from_slice(data);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_are_read_as_written() {
        let bytes = [data(5, b"hello", true), ping(0x8000_0001), control(3, &[0, 0, 0, 5, 0, 0, 0, 5])].concat();
        let mut bytes = bytes.as_slice();
        assert_eq!(read(&mut bytes).await, Some(Frame::Data { id: 5, data: b"hello".to_vec(), fin: true }));
        assert_eq!(read(&mut bytes).await, Some(Frame::Ping { id: 0x8000_0001 }));
        assert_eq!(read(&mut bytes).await, Some(Frame::Reset { id: 5 }));
        assert_eq!(read(&mut bytes).await, None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes: Vec<u8>) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let mut left = bytes.as_slice();
                while let Some(frame) = read(&mut left).await {
                    assert!(!format!("{frame:?}").is_empty());
                }
            });
        }
    }
}
