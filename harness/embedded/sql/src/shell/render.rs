use super::display::fit;
use crate::{Column, ColumnKind, Precision, Rows, Value, moment::format_timestamp};

/// How tables are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableStyle {
    /// `max_binary_display_width`: the widest column of texts.
    pub text_width: usize,
    /// `-r`: times as numbers.
    pub raw_time: bool,
    /// Most rows that are printed, for `select` without `limit` in an interactive shell.
    pub most_rows: Option<usize>,
    /// Whether unsigned numbers appear in CSV files.
    pub csv_unsigned: bool,
}

impl Default for TableStyle {
    fn default() -> Self {
        Self { text_width: 30, raw_time: false, most_rows: None, csv_unsigned: true }
    }
}

/// A table with its header; nothing if there are no rows.
pub fn horizontal(rows: &Rows, style: TableStyle) -> String {
    if rows.rows.is_empty() {
        return String::new();
    }
    let widths: Vec<_> = rows.columns.iter().map(|column| width_of(column, rows.precision, style)).collect();
    let mut text = String::new();
    for (column, width) in rows.columns.iter().zip(&widths) {
        let padding = width.saturating_sub(column.name.len());
        let left = padding / 2;
        text.extend([" ", &" ".repeat(left), &column.name, &" ".repeat(padding - left), " |"]);
    }
    text.push('\n');
    text.push_str(&"=".repeat(widths.iter().map(|width| width + 3).sum()));
    text.push('\n');
    for row in rows.rows.iter().take(style.most_rows.unwrap_or(usize::MAX)) {
        for ((column, width), value) in rows.columns.iter().zip(&widths).zip(row) {
            text.extend([" ", &field(value, column.kind, *width, rows.precision, style), " |"]);
        }
        text.push('\n');
    }
    text.push_str(&more(rows, style, "show"));
    text
}

/// A block of lines for each row, as `\G` prints it.
pub fn vertical(rows: &Rows, style: TableStyle) -> String {
    let longest = rows.columns.iter().map(|column| column.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (number, row) in rows.rows.iter().enumerate().take(style.most_rows.unwrap_or(usize::MAX)) {
        let stars = "***************************";
        text.extend([stars, " ", &(number + 1).to_string(), ".row ", stars, "\n"]);
        for (column, value) in rows.columns.iter().zip(row) {
            let padding = " ".repeat(longest - column.name.len());
            text.extend([&padding, &column.name, ": ", &field(value, column.kind, 0, rows.precision, style), "\n"]);
        }
    }
    text.push_str(&more(rows, style, "get"));
    text
}

fn more(rows: &Rows, style: TableStyle, word: &str) -> String {
    if style.most_rows.is_none_or(|most| rows.rows.len() <= most) {
        return String::new();
    }
    format!(
        "[100 Rows showed, and more rows are fetching but will not be showed. You can ctrl+c to stop or wait.]\n\
         [You can add limit statement to {word} more or redirect results to specific file to get all.]\n"
    )
}

fn width_of(column: &Column, precision: Precision, style: TableStyle) -> usize {
    let least = match column.kind {
        ColumnKind::Bool => 5,
        ColumnKind::TinyInt | ColumnKind::UTinyInt => 4,
        ColumnKind::SmallInt | ColumnKind::USmallInt => 6,
        ColumnKind::Int | ColumnKind::UInt => 11,
        ColumnKind::BigInt | ColumnKind::UBigInt => 21,
        ColumnKind::Float => 20,
        ColumnKind::Double => 25,
        ColumnKind::Timestamp if style.raw_time => 14,
        ColumnKind::Timestamp => 20 + precision.digits(),
        ColumnKind::Binary(bytes) => usize::from(bytes).min(style.text_width),
        // The shell counts four bytes a character, in 16 bits.
        ColumnKind::NChar(characters) => {
            let bytes = i16::from_ne_bytes(characters.wrapping_mul(4).to_ne_bytes());
            usize::try_from(bytes).unwrap_or(0).min(style.text_width)
        }
    };
    least.max(column.name.len())
}

/// One value, right-aligned in `width` if it is a number.
fn field(value: &Value, kind: ColumnKind, width: usize, precision: Precision, style: TableStyle) -> String {
    let text = match value {
        // The shell right-aligns NULL in the numbers that it knew before there were unsigned ones.
        Value::Null if (2..=7).contains(&kind.code()) => return format!("{:>width$}", "NULL"),
        Value::Null => return format!("{:<width$}", "NULL"),
        Value::Text(text) => return fit(text, width),
        Value::Timestamp(units) if style.raw_time => return units.to_string(),
        Value::Timestamp(units) => return format_timestamp(*units, precision),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => float(*number, kind),
    };
    format!("{text:>width$}")
}

fn float(number: f64, kind: ColumnKind) -> String {
    let digits = if kind == ColumnKind::Float { 5 } else { 9 };
    if number.is_nan() { "nan".to_owned() } else { format!("{number:.digits$}") }
}

/// A file as `>> file` writes it.
pub fn csv(rows: &Rows, style: TableStyle) -> String {
    let names: Vec<_> = rows.columns.iter().map(|column| column.name.as_str()).collect();
    let mut text = names.join(",");
    text.push('\n');
    for row in &rows.rows {
        let cell = |(column, value): (&Column, &Value)| match value {
            Value::Null => "NULL".to_owned(),
            _ if !style.csv_unsigned && column.kind.code() > 10 => String::new(),
            Value::Bool(value) => u8::from(*value).to_string(),
            Value::Text(text) => format!("'{text}'"),
            Value::Timestamp(_) => format!("'{}'", field(value, column.kind, 0, rows.precision, style)),
            _ => field(value, column.kind, 0, rows.precision, style),
        };
        let cells: Vec<_> = rows.columns.iter().zip(row).map(cell).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds() -> impl Strategy<Value = ColumnKind> {
        prop_oneof![
            Just(ColumnKind::Bool),
            Just(ColumnKind::Int),
            Just(ColumnKind::UBigInt),
            Just(ColumnKind::Float),
            Just(ColumnKind::Double),
            Just(ColumnKind::Timestamp),
            any::<u16>().prop_map(ColumnKind::Binary),
            any::<u16>().prop_map(ColumnKind::NChar),
        ]
    }

    fn values() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<u64>().prop_map(Value::UInt),
            prop::num::f64::ANY.prop_map(Value::Float),
            any::<i64>().prop_map(Value::Timestamp),
            "\\PC{0,40}".prop_map(Value::Text),
            any::<String>().prop_map(Value::Text),
        ]
    }

    proptest! {
        #[test]
        fn odd_values_print(
            columns in prop::collection::vec(("[a-z涛]{0,12}", kinds()), 0..5),
            rows in prop::collection::vec(prop::collection::vec(values(), 0..6), 0..4),
            text_width in 0_usize..50,
            raw_time: bool,
        ) {
            let columns = columns.into_iter().map(|(name, kind)| Column::new(name, kind)).collect();
            let rows = Rows { columns, rows, precision: Precision::Micro };
            let style = TableStyle { text_width, raw_time, most_rows: Some(2), csv_unsigned: false };
            prop_assert_eq!(horizontal(&rows, style).is_empty(), rows.rows.is_empty());
            prop_assert!(csv(&rows, style).lines().count() > rows.rows.len());
            let _ = vertical(&rows, style);
        }
    }
}
