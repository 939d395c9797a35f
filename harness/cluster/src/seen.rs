use jiff::Timestamp;
use seatrial_record::{Evidence, EvidenceKind, Table};

/// Something that was seen, already cleaned and bounded: evidence but for its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What kind of text it is.
    pub kind: EvidenceKind,
    /// What it is in a few words.
    pub title: String,
    /// The command, request or object path that produced it.
    pub source: String,
    /// When it was seen.
    pub at: Timestamp,
    /// The text.
    pub text: String,
    /// True if the text was cut.
    pub truncated: bool,
    /// The table in it.
    pub table: Option<Table>,
}

impl Seen {
    /// Cleans and bounds `text`.
    pub fn new(
        kind: EvidenceKind,
        title: impl Into<String>,
        source: impl Into<String>,
        at: Timestamp,
        text: &[u8],
        bytes: usize,
    ) -> Self {
        let text = seatrial_record::clean(text);
        let (kept, truncated) = seatrial_record::bounded(&text, bytes);
        let text = if truncated { kept.to_owned() } else { text };
        Self { kind, title: title.into(), source: source.into(), at, text, truncated, table: None }
    }

    /// With the table that was read from the text.
    #[must_use]
    pub fn with_table(mut self, table: Option<Table>) -> Self {
        self.table = table;
        self
    }

    /// The evidence with its number.
    pub fn evidence(self, id: u64) -> Evidence {
        let Self { kind, title, source, at, text, truncated, table } = self;
        Evidence { id, kind, title, source, at, text, truncated, table }
    }
}

/// A table as text, columns aligned, as kubectl does.
pub(crate) fn table_text(table: &Table) -> String {
    let text = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "NULL".to_owned());
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(text).collect()).collect();
    let mut widths: Vec<usize> = table.columns.iter().map(|name| name.chars().count()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("   ").trim_end().to_owned()
    };
    let mut lines = vec![line(&table.columns)];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_is_clean_and_bounded() {
        let seen = Seen::new(
            EvidenceKind::Log,
            "log",
            "kubectl logs",
            Timestamp::UNIX_EPOCH,
            b"\x1b[31mred\x1b[0m and more",
            5,
        );
        assert_eq!((seen.text.as_str(), seen.truncated), ("red a", true));
        assert_eq!(seen.evidence(7).id, 7);
    }

    #[test]
    fn a_table_is_aligned() {
        let cell = |text: &str| Some(text.to_owned());
        let table = Table {
            columns: vec!["NAME".to_owned(), "READY".to_owned()],
            rows: vec![vec![cell("tdengine-0"), cell("1/1")], vec![cell("x"), None]],
        };
        assert_eq!(table_text(&table), "NAME         READY\ntdengine-0   1/1\nx            NULL\n");
    }
}
