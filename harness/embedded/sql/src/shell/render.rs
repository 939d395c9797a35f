use super::display::fit;
use crate::{Column, ColumnKind, Dialect, Precision, Rows, Value, moment::format_timestamp};

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
    /// Whose shell prints them.
    pub dialect: Dialect,
}

impl Default for TableStyle {
    fn default() -> Self {
        Self { text_width: 30, raw_time: false, most_rows: None, csv_unsigned: true, dialect: Dialect::V2 }
    }
}

impl TableStyle {
    fn end(self) -> &'static str {
        self.dialect.either(|| "\n", || "\r\n")
    }

    /// The columns that a text of so many bytes gets. 3.3 leaves two more to those that fit.
    fn width_of_text(self, bytes: usize) -> usize {
        let more = if self.dialect >= Dialect::V3_3 && bytes <= self.text_width { 2 } else { 0 };
        bytes.min(self.text_width) + more
    }
}

/// A table with its header; nothing if there are no rows.
pub fn horizontal(rows: &Rows, style: TableStyle) -> String {
    if rows.rows.is_empty() {
        return String::new();
    }
    let widths: Vec<_> = rows.columns.iter().map(|column| width_of(column, rows.precision, style)).collect();
    let end = style.end();
    let mut text = String::new();
    for (column, width) in rows.columns.iter().zip(&widths) {
        let padding = width.saturating_sub(column.name.len());
        let left = padding / 2;
        text.extend([" ", &" ".repeat(left), &column.name, &" ".repeat(padding - left), " |"]);
    }
    text.push_str(end);
    text.push_str(&"=".repeat(widths.iter().map(|width| width + 3).sum()));
    text.push_str(end);
    for row in rows.rows.iter().take(style.most_rows.unwrap_or(usize::MAX)) {
        for ((column, width), value) in rows.columns.iter().zip(&widths).zip(row) {
            text.extend([" ", &field(value, column.kind, *width, rows.precision, style), " |"]);
        }
        text.push_str(end);
    }
    text.push_str(&more(rows, style, "show"));
    text
}

/// A block of lines for each row, as `\G` prints it.
pub fn vertical(rows: &Rows, style: TableStyle) -> String {
    let longest = rows.columns.iter().map(|column| column.name.len()).max().unwrap_or_default();
    let end = style.end();
    let mut text = String::new();
    for (number, row) in rows.rows.iter().enumerate().take(style.most_rows.unwrap_or(usize::MAX)) {
        let stars = "***************************";
        text.extend([stars, " ", &(number + 1).to_string(), ".row ", stars, end]);
        for (column, value) in rows.columns.iter().zip(row) {
            let padding = " ".repeat(longest - column.name.len());
            text.extend([&padding, &column.name, ": ", &field(value, column.kind, 0, rows.precision, style), end]);
        }
    }
    text.push_str(&more(rows, style, "get"));
    text
}

fn more(rows: &Rows, style: TableStyle, word: &str) -> String {
    if style.most_rows.is_none_or(|most| rows.rows.len() <= most) {
        return String::new();
    }
    if style.dialect.is_v3() {
        let limit = "         You can use the `LIMIT` clause to get fewer result to show.\r\n";
        let file = "           Or use '>>' to redirect the whole set of the result to a specified file.\r\n\r\n";
        let stop = "         You can use Ctrl+C to stop the underway fetching.\r\n\r\n";
        return format!("\r\n Notice: The result shows only the first 100 rows.\r\n{limit}{file}{stop}");
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
        ColumnKind::Binary(bytes) => style.width_of_text(usize::from(bytes)),
        ColumnKind::NChar(characters) if style.dialect.is_v3() => {
            style.width_of_text(usize::from(characters.wrapping_mul(4)))
        }
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
        Value::Null if style.dialect.is_v3() => return format!("{:<width$}", "NULL"),
        Value::Bool(value) if style.dialect.is_v3() => return format!("{value:<width$}"),
        Value::Float(number) if style.dialect.is_v3() => v3_float(*number, kind, style.dialect),
        // The shell of 2.x right-aligns NULL in the numbers that it knew before there were unsigned ones.
        Value::Null if (2..=7).contains(&kind.code()) => return format!("{:>width$}", "NULL"),
        Value::Null => return format!("{:<width$}", "NULL"),
        Value::Text(text) => return fit(style.dialect, text, width),
        Value::Timestamp(units) if style.raw_time => return units.to_string(),
        Value::Timestamp(units) => return format_timestamp(*units, precision),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => float(*number, kind),
    };
    format!("{text:>width$}")
}

/// With an exponent if it takes more columns than the shell has for numbers.
fn v3_float(number: f64, kind: ColumnKind, dialect: Dialect) -> String {
    let float = kind == ColumnKind::Float;
    let most = if float { 20 } else { 25 };
    let (digits, with_exponent) = match (dialect >= Dialect::V3_3, float) {
        (true, true) => (7, 7),
        (true, false) => (15, 15),
        (false, true) => (5, 6),
        (false, false) => (9, 9),
    };
    let plain = format!("{number:.digits$}");
    if plain.len() <= most {
        return plain;
    }
    let text = format!("{number:.with_exponent$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => match exponent.strip_prefix('-') {
            Some(exponent) => format!("{mantissa}e-{exponent:0>2}"),
            None => format!("{mantissa}e+{exponent:0>2}"),
        },
        None => text,
    }
}

fn float(number: f64, kind: ColumnKind) -> String {
    let digits = if kind == ColumnKind::Float { 5 } else { 9 };
    if number.is_nan() { "nan".to_owned() } else { format!("{number:.digits$}") }
}

/// A file as `>> file` writes it.
pub fn csv(rows: &Rows, style: TableStyle) -> String {
    let names: Vec<_> = rows.columns.iter().map(|column| column.name.as_str()).collect();
    let end = style.end();
    let mut text = names.join(",");
    text.push_str(end);
    for row in &rows.rows {
        let cell = |(column, value): (&Column, &Value)| match value {
            Value::Null => "NULL".to_owned(),
            Value::Text(text) if style.dialect.is_v3() => format!("\"{}\"", text.replace('"', "\"\"")),
            Value::Timestamp(_) if style.dialect.is_v3() => {
                format!("\"{}\"", field(value, column.kind, 0, rows.precision, style))
            }
            Value::Float(_) if style.dialect.is_v3() => {
                let width = if column.kind == ColumnKind::Float { 20 } else { 25 };
                field(value, column.kind, width, rows.precision, style)
            }
            _ if !style.csv_unsigned && column.kind.code() > 10 => String::new(),
            Value::Bool(value) => u8::from(*value).to_string(),
            Value::Text(text) => format!("'{text}'"),
            Value::Timestamp(_) => format!("'{}'", field(value, column.kind, 0, rows.precision, style)),
            _ => field(value, column.kind, 0, rows.precision, style),
        };
        let cells: Vec<_> = rows.columns.iter().zip(row).map(cell).collect();
        text.push_str(&cells.join(","));
        text.push_str(end);
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
            dialect in prop::sample::select(vec![Dialect::V2, Dialect::V3_0, Dialect::V3_3]),
        ) {
            let columns = columns.into_iter().map(|(name, kind)| Column::new(name, kind)).collect();
            let rows = Rows { columns, rows, precision: Precision::Micro };
            let style = TableStyle { text_width, raw_time, most_rows: Some(2), csv_unsigned: false, dialect };
            prop_assert_eq!(horizontal(&rows, style).is_empty(), rows.rows.is_empty());
            prop_assert!(csv(&rows, style).lines().count() > rows.rows.len());
            let _ = vertical(&rows, style);
        }
    }
}
