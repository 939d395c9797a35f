use seatrial_record::Table;
use unicode_width::UnicodeWidthChar;

// Columns of the screen; the shell prints tabs and line feeds as they are and counts them as one.
fn width(char: char) -> usize {
    if matches!(char, '\t' | '\n') { 1 } else { char.width().unwrap_or(0) }
}

fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// The columns of a table: from its header and the line of `=` below.
pub(super) struct Header {
    names: Vec<String>,
    // Widths of the columns without the `|`. The shell pads names by bytes and cells by columns of the screen.
    widths: Vec<usize>,
}

impl Header {
    /// Reads a header. `rule` is the next line.
    pub(super) fn read(line: &str, rule: &str) -> Option<Self> {
        let is_rule = rule.len() > 2 && rule.bytes().all(|byte| byte == b'=');
        let body = line.strip_suffix('|')?;
        if !is_rule || !line.starts_with(' ') || line.len() != rule.len() {
            return None;
        }
        // A name may itself hold a `|`; the separator is ` |`.
        let mut widths = Vec::new();
        let mut names = Vec::new();
        for cell in body.split(" |") {
            // What `split` took away: one space; the `|` is not part of the width.
            widths.push(cell.len() + 1);
            names.push(cell.trim().to_owned());
        }
        if let Some(last) = widths.last_mut() {
            *last = last.saturating_sub(1);
        }
        Some(Self { names, widths })
    }

    fn total(&self) -> usize {
        self.widths.iter().map(|width| width + 1).sum()
    }

    /// True if `text` is as wide as a row, or wider.
    pub(super) fn is_full(&self, text: &str) -> bool {
        columns(text) >= self.total()
    }

    /// Reads a row, which spans several lines if a cell holds line feeds.
    pub(super) fn row(&self, text: &str) -> Option<Vec<Option<String>>> {
        self.by_width(text).or_else(|| self.by_separator(text))
    }

    fn by_width(&self, text: &str) -> Option<Vec<Option<String>>> {
        let mut cells = Vec::with_capacity(self.widths.len());
        let mut chars = text.chars();
        for &wanted in &self.widths {
            let (mut cell, mut taken) = (String::new(), 0);
            while taken < wanted {
                let char = chars.next()?;
                taken += width(char);
                cell.push(char);
            }
            if taken != wanted || chars.next() != Some('|') {
                return None;
            }
            cells.push(value(&cell));
        }
        chars.next().is_none().then_some(cells)
    }

    // For characters whose width is disputed.
    fn by_separator(&self, text: &str) -> Option<Vec<Option<String>>> {
        let cells: Vec<_> = text.strip_suffix(" |")?.split(" |").map(value).collect();
        (cells.len() == self.widths.len()).then_some(cells)
    }

    pub(super) fn into_table(self, rows: Vec<Vec<Option<String>>>) -> Table {
        Table { columns: self.names, rows }
    }
}

/// The value of a printed cell. A text that reads NULL cannot be told from NULL.
fn value(cell: &str) -> Option<String> {
    let cell = cell.trim();
    (cell != "NULL").then(|| cell.to_owned())
}

/// One line of a row in vertical output.
pub(super) fn vertical_cell(line: &str) -> Option<(String, Option<String>)> {
    let (name, cell) = line.split_once(": ").or_else(|| line.strip_suffix(':').map(|name| (name, "")))?;
    let name = name.trim();
    (!name.is_empty()).then(|| (name.to_owned(), value(cell)))
}

/// The number in `*************************** 1.row ***************************`.
pub(super) fn vertical_start(line: &str) -> Option<usize> {
    let inner = line.strip_prefix("***************************")?.strip_suffix("***************************")?;
    inner.trim().strip_suffix(".row")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(line: &str) -> Header {
        Header::read(line, &"=".repeat(line.len())).unwrap()
    }

    #[test]
    fn cells_may_hold_the_separator_wide_characters_and_line_feeds() {
        let header = header("   id   |  name  |");
        assert_eq!(header.row("      1 | a | b  |"), Some(vec![Some("1".into()), Some("a | b".into())]));
        assert_eq!(header.row("      1 | 汉字   |"), Some(vec![Some("1".into()), Some("汉字".into())]));
        assert_eq!(header.row("      1 | a\nb    |"), Some(vec![Some("1".into()), Some("a\nb".into())]));
        assert_eq!(header.row("      1 | NULL   |"), Some(vec![Some("1".into()), None]));
        assert!(!header.is_full("      1 | a"));
    }

    #[test]
    fn a_row_of_another_shape_is_refused() {
        let header = header("   id   |  name  |");
        assert_eq!(header.row("      1 | a |      2 |"), None);
        assert_eq!(header.row(""), None);
    }

    #[test]
    fn a_header_needs_its_rule() {
        assert!(Header::read("   id   |", "=========").is_some());
        assert!(Header::read("   id   |", "========").is_none());
        assert!(Header::read("   id   |", "---------").is_none());
    }

    #[test]
    fn vertical_cells_are_read() {
        assert_eq!(vertical_cell("          note: "), Some(("note".into(), Some(String::new()))));
        assert_eq!(vertical_cell("      endpoint: a:6030"), Some(("endpoint".into(), Some("a:6030".into()))));
        assert_eq!(vertical_start("*************************** 12.row ***************************"), Some(12));
        assert_eq!(vertical_start("***"), None);
    }
}
