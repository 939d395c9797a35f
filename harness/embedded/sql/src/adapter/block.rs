//! A block of rows as 3.x sends it.
//!
//! ```text
//! header  28 bytes: version 1 | length of the block | rows | columns | flag 0x8000_0000 | group, 8 bytes
//! schema  per column: type, 1 byte | bytes
//! lengths per column: bytes of its data, without bitmap and offsets
//! data    fixed types: bitmap of NULLs (first row in the highest bit), values
//!         texts: offset of each row's text, -1 for NULL; then for each text its length, 2 bytes, and the text
//! fill    1 byte
//! ```
//! All numbers are little-endian; four bytes unless it says otherwise. An `nchar` is four bytes a character.

use crate::{Column, ColumnKind, Rows, Value};

const VERSION: u32 = 1;
const HEADER: usize = 28;
/// The highest bit says that there is a schema for each column.
const HAS_SCHEMA: u32 = 0x8000_0000;

/// The block of `rows`, which all have as many values as there are columns.
pub(super) fn encode(columns: &[Column], rows: &[Vec<Value>]) -> Vec<u8> {
    let (mut lengths, mut data) = (Vec::new(), Vec::new());
    for (at, column) in columns.iter().enumerate() {
        let values = rows.iter().map(|row| row.get(at).unwrap_or(&Value::Null));
        let length = if column.kind.is_text() {
            texts(column.kind, values, &mut data)
        } else {
            fixed(column.kind, values, rows.len(), &mut data)
        };
        put(&mut lengths, length);
    }
    let schema = columns.iter().flat_map(|column| {
        let mut entry = vec![column.kind.code()];
        put(&mut entry, stored_width(column.kind));
        entry
    });
    let schema: Vec<u8> = schema.collect();
    let length = HEADER + schema.len() + lengths.len() + data.len() + 1;
    let mut block = Vec::with_capacity(length);
    for number in [VERSION, count(length), count(rows.len()), count(columns.len()), HAS_SCHEMA] {
        put(&mut block, number);
    }
    block.extend([0; 8]);
    block.extend(schema);
    block.extend(lengths);
    block.extend(data);
    block.push(0);
    block
}

/// The widths of the columns, as `fetch` tells them.
pub(super) fn widths(rows: &Rows) -> Vec<u32> {
    rows.columns.iter().map(|column| stored_width(column.kind)).collect()
}

/// Bytes that a value takes at most, with the length of a text.
fn stored_width(kind: ColumnKind) -> u32 {
    match kind {
        ColumnKind::Binary(width) => u32::from(width) + 2,
        ColumnKind::NChar(width) => u32::from(width) * 4 + 2,
        _ => u32::from(kind.width()),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn put(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend(number.to_le_bytes());
}

fn texts<'a>(kind: ColumnKind, values: impl Iterator<Item = &'a Value>, data: &mut Vec<u8>) -> u32 {
    let mut body = Vec::new();
    for value in values {
        let Value::Text(text) = value else {
            data.extend((-1_i32).to_le_bytes());
            continue;
        };
        put(data, count(body.len()));
        let bytes: Vec<u8> = match kind {
            ColumnKind::NChar(_) => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
            _ => text.as_bytes().to_vec(),
        };
        // A column of the cluster itself may hold more than it says, but never more than this.
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        body.extend(length.to_le_bytes());
        body.extend(bytes.into_iter().take(usize::from(length)));
    }
    let length = count(body.len());
    data.extend(body);
    length
}

fn fixed<'a>(kind: ColumnKind, values: impl Iterator<Item = &'a Value>, rows: usize, data: &mut Vec<u8>) -> u32 {
    let mut bitmap = vec![0_u8; rows.div_ceil(8)];
    let mut body = Vec::new();
    for (row, value) in values.enumerate() {
        if value.is_null()
            && let Some(byte) = bitmap.get_mut(row / 8)
        {
            *byte |= 0x80 >> (row % 8);
        }
        body.extend(bytes_of(kind, value));
    }
    let length = count(body.len());
    data.extend(bitmap);
    data.extend(body);
    length
}

/// A value in as many bytes as its type has.
fn bytes_of(kind: ColumnKind, value: &Value) -> Vec<u8> {
    #[expect(clippy::cast_possible_truncation, reason = "a float column keeps 32 bits")]
    match (kind, value) {
        (ColumnKind::Float, Value::Float(number)) => return (*number as f32).to_le_bytes().to_vec(),
        (ColumnKind::Double, Value::Float(number)) => return number.to_le_bytes().to_vec(),
        _ => {}
    }
    let number = match value {
        Value::Bool(value) => i64::from(*value),
        Value::Int(number) | Value::Timestamp(number) => *number,
        Value::UInt(number) => i64::from_le_bytes(number.to_le_bytes()),
        Value::Null | Value::Float(_) | Value::Text(_) => 0,
    };
    // Little-endian: a narrower number is the beginning of the wider one.
    number.to_le_bytes().into_iter().take(usize::from(kind.width())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_laid_out_as_3x_does() {
        let columns = [Column::new("n", ColumnKind::SmallInt), Column::new("t", ColumnKind::NChar(2))];
        let rows = [vec![Value::Int(-2), Value::text("é")], vec![Value::Null, Value::Null]];
        let block = encode(&columns, &rows);
        let number = |at: usize| u32::from_le_bytes(block[at..at + 4].try_into().unwrap());
        assert_eq!([number(0), number(8), number(12), number(16)], [1, 2, 2, HAS_SCHEMA]);
        assert_eq!(number(4) as usize, block.len());
        assert_eq!(block[28..38], [3, 2, 0, 0, 0, 10, 10, 0, 0, 0]);
        assert_eq!([number(38), number(42)], [4, 6], "lengths without bitmap and offsets");
        assert_eq!(block[46..51], [0x40, 0xfe, 0xff, 0, 0], "the second row is NULL");
        assert_eq!(block[51..59], [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(block[59..], [4, 0, 0xe9, 0, 0, 0, 0]);
    }
}
