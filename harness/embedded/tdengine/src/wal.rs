//! Write-ahead logs as bytes on a volume: records with a magic number, a length and a checksum.

use seatrial_sql::storage::Write;

/// Records of the end of a log that its file shows.
pub(crate) const SHOWN: usize = 64;
/// What a record begins with.
const MAGIC: [u8; 4] = [0xfa, 0xf0, 0xfa, 0xf0];
/// Bytes of the magic number, the length and the checksum.
const HEAD: usize = 12;

/// Bytes of a record that has no rows, about.
pub(crate) const RECORD: u64 = 256;
/// Bytes of a row in a record, about.
const ROW: u64 = 32;
/// Bytes of the files of a new vnode: the first table of a database made 2.1.1.0 write 44 KiB more than the second.
pub(crate) const NEW_VNODE: u64 = 44 << 10;
/// The same in 3.x: 3.3.0.1 wrote 1.16 MB to make a database with one vgroup.
pub(crate) const NEW_VNODE_V3: u64 = 1_132 << 10;

/// Bytes of a write to a vnode in its log, about.
pub(crate) fn bytes(write: &Write) -> u64 {
    let rows = if let Write::Insert { rows, .. } = write { rows.len() as u64 } else { 0 };
    RECORD + rows * ROW
}

/// A record of a log.
pub(crate) fn record(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [&MAGIC[..], &length.to_le_bytes(), &sum(body).to_le_bytes(), body].concat()
}

/// How many whole records a file begins with; what comes after the first that is damaged does not count.
pub(crate) fn whole_records(mut bytes: &[u8]) -> usize {
    let mut count = 0;
    while let Some(rest) = after_record(bytes) {
        bytes = rest;
        count += 1;
    }
    count
}

fn after_record(bytes: &[u8]) -> Option<&[u8]> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let number = |at: usize| head.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    let (body, rest) = rest.split_at_checked(usize::try_from(number(4)?).ok()?)?;
    (head.starts_with(&MAGIC) && number(8)? == sum(body)).then_some(rest)
}

/// FNV-1a.
fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::whole(|_: &mut Vec<u8>| {}, 3)]
    #[case::the_last_bytes(|bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() ^= 1, 2)]
    #[case::cut_short(|bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 1), 2)]
    #[case::a_head_alone(|bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 4), 2)]
    #[case::the_first(|bytes: &mut Vec<u8>| bytes[13] ^= 1, 0)]
    fn damage_is_found(#[case] damage: fn(&mut Vec<u8>), #[case] whole: usize) {
        let mut bytes: Vec<u8> = ["one", "two", "four"].iter().flat_map(|body| record(body.as_bytes())).collect();
        damage(&mut bytes);
        assert_eq!(whole_records(&bytes), whole);
    }
}
