//! Binary frames: SQL in them (action 6), and rows (action 7). All numbers are little-endian.

use crate::SqlError;

/// A request in a binary frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BinaryRequest {
    /// A statement.
    Query {
        /// Number of the request.
        request: u64,
        /// The statement.
        sql: String,
    },
    /// The next rows of a result.
    Fetch {
        /// Number of the request.
        request: u64,
        /// Id of the result.
        id: u64,
    },
}

const QUERY: u64 = 6;
const FETCH: u64 = 7;

impl BinaryRequest {
    /// Reads a frame; `None` if it is none of these, or cut short.
    pub(super) fn read(frame: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u64::from_le_bytes(frame.get(at..at + 8)?.try_into().ok()?));
        let (request, id, action) = (number(0)?, number(8)?, number(16)?);
        match action {
            QUERY => {
                let length = u32::from_le_bytes(frame.get(26..30)?.try_into().ok()?);
                let sql = frame.get(30..30_usize.checked_add(usize::try_from(length).ok()?)?)?;
                Some(Self::Query { request, sql: String::from_utf8_lossy(sql).into_owned() })
            }
            FETCH => Some(Self::Fetch { request, id }),
            _ => None,
        }
    }
}

/// The reply to a fetch: a block of rows, the end, or an error.
pub(super) fn fetched(request: u64, id: u64, timing: u64, block: Result<Option<Vec<u8>>, &SqlError>) -> Vec<u8> {
    let (code, text) = match &block {
        Ok(_) => (0, ""),
        Err(error) => (u32::from(error.short_code()), error.text.as_str()),
    };
    let mut frame = Vec::new();
    for number in [u64::MAX, FETCH] {
        frame.extend(number.to_le_bytes());
    }
    frame.extend(1_u16.to_le_bytes());
    for number in [timing, request] {
        frame.extend(number.to_le_bytes());
    }
    frame.extend(code.to_le_bytes());
    frame.extend(u32::try_from(text.len()).unwrap_or_default().to_le_bytes());
    frame.extend(text.as_bytes());
    frame.extend(id.to_le_bytes());
    if let Ok(Some(block)) = block {
        frame.push(0);
        frame.extend(u32::try_from(block.len()).unwrap_or_default().to_le_bytes());
        frame.extend(block);
    } else {
        frame.push(1);
    }
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_statement_is_read() {
        let mut frame = [7_u64.to_le_bytes(), 0_u64.to_le_bytes(), 6_u64.to_le_bytes()].concat();
        frame.extend([1, 0, 8, 0, 0, 0]);
        frame.extend(b"select 1");
        let expected = BinaryRequest::Query { request: 7, sql: "select 1".into() };
        assert_eq!(BinaryRequest::read(&frame), Some(expected));
        frame.pop();
        assert_eq!(BinaryRequest::read(&frame), None, "cut short");
    }

    proptest! {
        #[test]
        fn any_frame_is_read_or_refused(frame: Vec<u8>) {
            let _ = BinaryRequest::read(&frame);
        }
    }
}
