use std::collections::BTreeMap;

use flate2::{Decompress, FlushDecompress, Status};

use super::dictionary::dictionary;

/// Headers that inflate to more than this are refused.
const LONGEST: usize = 64 * 1024;
/// CMF, FLG and the dictionary's Adler-32 of a zlib stream that starts with the SPDY/3 dictionary.
const ZLIB_HEAD: [u8; 6] = [0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2];

/// Reads the header blocks of one connection, which are one zlib stream.
pub(super) struct HeaderReader {
    inflate: Decompress,
    // The zlib header still has to be skipped.
    first: bool,
}

impl HeaderReader {
    pub(super) fn new() -> Self {
        let mut inflate = Decompress::new(false);
        // A raw inflater takes no dictionary, but what it has put out already is one.
        let dictionary = dictionary();
        let length = u16::try_from(dictionary.len()).unwrap_or(0);
        let mut block = vec![0];
        block.extend_from_slice(&length.to_le_bytes());
        block.extend_from_slice(&(!length).to_le_bytes());
        block.extend_from_slice(&dictionary);
        let mut ignored = vec![0; dictionary.len() + 64];
        let _ = inflate.decompress(&block, &mut ignored, FlushDecompress::Sync);
        Self { inflate, first: true }
    }

    /// The headers of one block; names are lower-case.
    pub(super) fn read(&mut self, block: &[u8]) -> Option<BTreeMap<String, String>> {
        let block = if self.first { block.get(ZLIB_HEAD.len()..)? } else { block };
        self.first = false;
        parse(&self.inflate(block)?)
    }

    fn inflate(&mut self, mut input: &[u8]) -> Option<Vec<u8>> {
        let mut output = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self.inflate.decompress(input, &mut buffer, FlushDecompress::Sync).ok()?;
            let used = usize::try_from(self.inflate.total_in() - before_in).ok()?;
            let made = usize::try_from(self.inflate.total_out() - before_out).ok()?;
            input = input.get(used..)?;
            output.extend_from_slice(buffer.get(..made)?);
            if output.len() > LONGEST {
                return None;
            }
            let stuck = used == 0 && made == 0;
            if status == Status::StreamEnd || stuck || (input.is_empty() && made < buffer.len()) {
                return Some(output);
            }
        }
    }
}

fn parse(bytes: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut rest = bytes;
    let number = |rest: &mut &[u8]| -> Option<usize> {
        let (head, tail) = rest.split_first_chunk::<4>()?;
        *rest = tail;
        usize::try_from(u32::from_be_bytes(*head)).ok()
    };
    let count = number(&mut rest)?;
    let mut headers = BTreeMap::new();
    for _ in 0..count {
        let mut text = || {
            let length = number(&mut rest)?;
            let (head, tail) = rest.split_at_checked(length)?;
            rest = tail;
            Some(String::from_utf8_lossy(head).into_owned())
        };
        let (name, value) = (text()?, text()?);
        headers.insert(name.to_ascii_lowercase(), value);
    }
    Some(headers)
}

/// Writes empty header blocks, uncompressed, as one zlib stream.
#[derive(Default)]
pub(super) struct HeaderWriter {
    started: bool,
}

impl HeaderWriter {
    pub(super) fn empty(&mut self) -> Vec<u8> {
        let mut block = Vec::new();
        if !self.started {
            block.extend_from_slice(&ZLIB_HEAD);
            self.started = true;
        }
        // A stored block of four zero bytes (no headers); an empty one, which flushes Go's inflater.
        block.extend_from_slice(&[0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0]);
        block.extend_from_slice(&[0, 0, 0, 0xff, 0xff]);
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap();
        [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes(), content].concat()
    }

    fn plain(headers: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = u32::try_from(headers.len()).unwrap().to_be_bytes().to_vec();
        for text in headers.iter().flat_map(|(name, value)| [name, value]) {
            bytes.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }

    #[test]
    fn blocks_are_one_stream() {
        let mut reader = HeaderReader::new();
        let first = [&ZLIB_HEAD[..], &stored(&plain(&[("Port", "6041"), ("streamtype", "data")]))].concat();
        let headers = reader.read(&first).unwrap();
        assert_eq!(headers["port"], "6041");
        let second = stored(&plain(&[("requestid", "1")]));
        assert_eq!(reader.read(&second).unwrap()["requestid"], "1");
        assert!(reader.read(&[7, 7, 7]).is_none());
    }

    #[test]
    fn what_is_written_can_be_read() {
        let (mut writer, mut reader) = (HeaderWriter::default(), HeaderReader::new());
        for _ in 0..3 {
            assert_eq!(reader.read(&writer.empty()), Some(BTreeMap::new()));
        }
    }
}
