//! Pages of tables: what comparisons, self-checks and qualifications look like in a terminal, in Markdown and in HTML.

mod html;
mod markdown;
mod terminal;

pub(crate) use html::html;
pub(crate) use markdown::markdown;
pub(crate) use terminal::terminal;

use crate::model::Mark;

/// A page.
pub(crate) struct Page {
    /// What it is about, in a line.
    pub(crate) title: String,
    /// Colour and sign of the verdict.
    pub(crate) mark: Mark,
    /// The verdict in a word or two.
    pub(crate) word: String,
    /// Why, in a sentence or two.
    pub(crate) reason: String,
    /// Facts: name and value.
    pub(crate) facts: Vec<(String, String)>,
    /// The tables, in order. Those without rows are left out.
    pub(crate) sections: Vec<Section>,
    /// The version of Seatrial that made it.
    pub(crate) seatrial: String,
}

/// A table with its heading.
pub(crate) struct Section {
    pub(crate) heading: String,
    /// What the table means, in a sentence; may be empty.
    pub(crate) note: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
    /// Columns from this one on are as narrow as a sign, and their names are numbers that `key` explains.
    pub(crate) matrix_from: Option<usize>,
    /// What the numbers of a matrix mean.
    pub(crate) key: Vec<String>,
}

/// A row of a table.
pub(crate) struct Row {
    pub(crate) tone: Option<Tone>,
    /// Cells; a line feed separates values.
    pub(crate) cells: Vec<String>,
}

/// How a row is meant: never by colour alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tone {
    pub(crate) mark: Mark,
    pub(crate) sign: &'static str,
    pub(crate) word: &'static str,
    /// The badge's class in HTML.
    pub(crate) class: &'static str,
}

impl Section {
    /// A table without rows.
    pub(crate) fn new(heading: &str, note: &str, columns: &[&str]) -> Self {
        Self {
            heading: heading.to_owned(),
            note: note.to_owned(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            rows: Vec::new(),
            matrix_from: None,
            key: Vec::new(),
        }
    }

    /// The table with another row.
    pub(crate) fn row(mut self, tone: Option<Tone>, cells: Vec<String>) -> Self {
        self.rows.push(Row { tone, cells });
        self
    }

    /// The table with these rows.
    pub(crate) fn rows(self, rows: impl IntoIterator<Item = (Option<Tone>, Vec<String>)>) -> Self {
        rows.into_iter().fold(self, |section, (tone, cells)| section.row(tone, cells))
    }
}
