use std::time::Duration;

use seatrial_record::Table;

use super::{
    Failure, ParseError,
    table::{Header, vertical_cell, vertical_start},
};
use crate::{Generation, SqlError, Version, code_of};

/// One result on standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) what: What,
    pub(super) elapsed: Option<Duration>,
}

/// What a result can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// `Database changed.`
    Changed,
    /// A table. Without columns if it has no rows, or if it went to a file.
    Rows { table: Table, rows: usize, footer: String },
    /// A footer that counts rows.
    Affected { rows: u64, footer: String },
}

/// All that the shell printed, taken apart.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) blocks: Vec<Block>,
    pub(super) failures: Vec<Failure>,
}

const CONNECT_FAILURES: [&str; 2] = ["taos connect failed, reason: ", "failed to connect to server, reason: "];

impl Output {
    pub(super) fn read(stdout: &str, stderr: &str, exit: i32, statements: &[&str]) -> Result<Self, ParseError> {
        let generation = generation(stdout);
        for line in stdout.lines().chain(stderr.lines()) {
            if let Some(reason) = CONNECT_FAILURES.iter().find_map(|start| line.trim().strip_prefix(start)) {
                let reason = reason.trim().trim_end_matches('.').to_owned();
                return Err(ParseError::ConnectFailed { code: code_of(generation, &reason), reason });
            }
        }
        if exit != 0 {
            let last = |text: &str| text.lines().rfind(|line| !line.trim().is_empty()).map(str::to_owned);
            let message = last(stderr).or_else(|| last(stdout)).unwrap_or_default();
            return Err(ParseError::ShellFailed { exit, message });
        }
        let lines: Vec<&str> = stdout.lines().collect();
        let (mut failures, start) = (failures(stderr, generation), after_echo(&lines, statements));
        let mut reader = Reader { lines: &lines, at: start, statements, merged: Vec::new(), generation };
        // Before the prompt there are the banner and, where the streams are merged, errors.
        reader.collect_failures(0, start);
        let blocks = reader.blocks()?;
        // Merged streams and separate ones at once would be counted twice.
        if failures.is_empty() {
            failures = reader.merged;
        }
        Ok(Self { blocks, failures })
    }
}

fn generation(stdout: &str) -> Generation {
    let banner = stdout.lines().find(|line| line.contains("Client Version:"));
    let third = match banner.and_then(|line| Version::find(line.rsplit(':').next().unwrap_or_default())) {
        Some(version) => version.0 >= 3,
        // The connect failure of 3.x comes without a banner.
        None => stdout.contains("failed to connect to server"),
    };
    if third { Generation::V3 } else { Generation::V2 }
}

/// The line after the prompt and the statements that it repeats, which may span lines.
fn after_echo(lines: &[&str], statements: &[&str]) -> usize {
    let extra: usize = statements.iter().map(|sql| sql.trim().matches('\n').count()).sum();
    let prompt = lines.iter().position(|line| line.starts_with("taos> "));
    prompt.map_or(0, |at| (at + 1 + extra).min(lines.len()))
}

fn failures(stderr: &str, generation: Generation) -> Vec<Failure> {
    let lines: Vec<&str> = stderr.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        match failure_at(&lines, at, generation) {
            Some((failure, next)) => {
                found.push(failure);
                at = next;
            }
            None => at += 1,
        }
    }
    found
}

/// An error that begins at line `at`, and the line after it: its text may hold line feeds.
fn failure_at(lines: &[&str], at: usize, generation: Generation) -> Option<(Failure, usize)> {
    let mut text = lines.get(at)?.strip_prefix("DB error: ")?.to_owned();
    let mut next = at + 1;
    loop {
        let (rest, elapsed) = split_elapsed(&text);
        if elapsed.is_some() || next >= lines.len() || lines[next].starts_with("DB error: ") {
            let (rest, code) = split_code(rest);
            let text = rest.trim().to_owned();
            let code = code.or_else(|| code_of(generation, &text));
            return Some((Failure { error: SqlError { code, text }, elapsed }, next));
        }
        text.push('\n');
        text.push_str(lines[next]);
        next += 1;
    }
}

/// The text before ` (0.000675s)`, and the time.
fn split_elapsed(text: &str) -> (&str, Option<Duration>) {
    let split = || {
        let (before, inner) = text.trim_end().strip_suffix("s)")?.rsplit_once('(')?;
        let seconds: f64 = inner.parse().ok()?;
        Some((before.trim_end(), Duration::try_from_secs_f64(seconds).ok()?))
    };
    split().map_or((text, None), |(before, elapsed)| (before, Some(elapsed)))
}

/// The text before ` [0x80000388]`, and the code: late 3.x prints it.
fn split_code(text: &str) -> (&str, Option<i32>) {
    let split = || {
        let (before, inner) = text.trim_end().strip_suffix(']')?.rsplit_once("[0x")?;
        let code = u32::from_str_radix(inner, 16).ok()?;
        Some((before.trim_end(), i32::from_ne_bytes(code.to_ne_bytes())))
    };
    split().map_or((text, None), |(before, code)| (before, Some(code)))
}

struct Reader<'a> {
    lines: &'a [&'a str],
    at: usize,
    statements: &'a [&'a str],
    merged: Vec<Failure>,
    generation: Generation,
}

impl Reader<'_> {
    fn collect_failures(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            match failure_at(&self.lines[..to], at, self.generation) {
                Some((failure, next)) => {
                    self.merged.push(failure);
                    at = next;
                }
                None => at += 1,
            }
        }
    }

    fn blocks(&mut self) -> Result<Vec<Block>, ParseError> {
        let mut blocks = Vec::new();
        while self.at < self.lines.len() {
            let line = self.lines[self.at];
            if line.trim().is_empty() || line.starts_with("taos> ") {
                self.at += 1;
            } else if let Some((failure, next)) = failure_at(self.lines, self.at, self.generation) {
                self.merged.push(failure);
                self.at = next;
            } else if line.trim_end() == "Database changed." {
                blocks.push(Block { what: What::Changed, elapsed: None });
                self.at += 1;
            } else if let Some(block) = Self::footer_only(line) {
                blocks.push(block);
                self.at += 1;
            } else {
                blocks.push(self.table()?);
            }
        }
        Ok(blocks)
    }

    fn unreadable(&self, at: usize) -> ParseError {
        let text = self.lines.get(at).copied().unwrap_or_default();
        ParseError::Unreadable { line: at + 1, text: seatrial_record::bounded(text, 200).0.to_owned() }
    }

    fn cut_short(&self, shown: usize, footer: &str) -> ParseError {
        ParseError::CutShort { shown, footer: footer.to_owned(), near: self.statements.join("; ") }
    }

    fn footer_only(line: &str) -> Option<Block> {
        let (text, elapsed) = split_elapsed(line);
        let footer = Footer::read(text)?;
        let footer_text = line.trim_end().to_owned();
        let what = match footer {
            Footer::InSet(rows) => What::Rows { table: Table::default(), rows, footer: footer_text },
            Footer::Affected(rows) => What::Affected { rows, footer: footer_text },
            Footer::Interrupted => return None,
        };
        Some(Block { what, elapsed })
    }

    fn table(&mut self) -> Result<Block, ParseError> {
        let (line, next) = (self.lines[self.at], self.lines.get(self.at + 1).copied().unwrap_or_default());
        if vertical_start(line).is_some() {
            return self.vertical();
        }
        let Some(header) = Header::read(line, next) else { return Err(self.unreadable(self.at)) };
        self.at += 2;
        let mut rows = Vec::new();
        while let Some(&line) = self.lines.get(self.at) {
            if let Some(end) = self.footer(line, rows.len())? {
                return Ok(end.block(header.into_table(rows)));
            }
            let start = self.at;
            let mut text = line.to_owned();
            self.at += 1;
            while !header.is_full(&text) && self.at < self.lines.len() {
                text.push('\n');
                text.push_str(self.lines[self.at]);
                self.at += 1;
            }
            rows.push(header.row(&text).ok_or_else(|| self.unreadable(start))?);
        }
        Err(self.cut_short(rows.len(), "nothing"))
    }

    fn vertical(&mut self) -> Result<Block, ParseError> {
        let mut table = Table::default();
        while let Some(&line) = self.lines.get(self.at) {
            if let Some(end) = self.footer(line, table.rows.len())? {
                let columns = table.columns.len();
                if table.rows.iter().any(|row| row.len() != columns) {
                    return Err(self.unreadable(self.at));
                }
                return Ok(end.block(table));
            }
            let first = table.rows.len() == 1;
            if vertical_start(line) == Some(table.rows.len() + 1) {
                table.rows.push(Vec::new());
            } else {
                let Some(row) = table.rows.last_mut() else { return Err(self.unreadable(self.at)) };
                let known = |name: &String| first || table.columns.get(row.len()) == Some(name);
                match vertical_cell(line).filter(|(name, _)| known(name)) {
                    Some((name, cell)) => {
                        if first {
                            table.columns.push(name);
                        }
                        row.push(cell);
                    }
                    // A cell with line feeds goes on in the next line.
                    None => match row.last_mut() {
                        Some(Some(cell)) => {
                            cell.push('\n');
                            cell.push_str(line);
                        }
                        _ => return Err(self.unreadable(self.at)),
                    },
                }
            }
            self.at += 1;
        }
        Err(self.cut_short(table.rows.len(), "nothing"))
    }

    /// The end of a table, if `line` is its footer.
    fn footer(&mut self, line: &str, shown: usize) -> Result<Option<End>, ParseError> {
        let (text, elapsed) = split_elapsed(line);
        match Footer::read(text) {
            None if line.trim_start().starts_with("Notice: The result shows only the first ") => {
                Err(self.cut_short(shown, line.trim()))
            }
            None => Ok(None),
            Some(Footer::InSet(rows)) if rows == shown => {
                self.at += 1;
                Ok(Some(End { elapsed, rows, footer: line.trim_end().to_owned() }))
            }
            Some(_) => Err(self.cut_short(shown, line.trim_end())),
        }
    }
}

struct End {
    elapsed: Option<Duration>,
    rows: usize,
    footer: String,
}

impl End {
    fn block(self, table: Table) -> Block {
        Block { what: What::Rows { table, rows: self.rows, footer: self.footer }, elapsed: self.elapsed }
    }
}

enum Footer {
    InSet(usize),
    Affected(u64),
    Interrupted,
}

impl Footer {
    /// `Query OK, 2 row(s) in set`, `Query OK, 2 of 2 row(s) in database`, `Create OK, 0 row(s) affected`,
    /// `Deleted 3 row(s) from 1 table(s)`, `Query interrupted (...), 3 row(s) in set`.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.starts_with("Query interrupted") || text.starts_with("Deleted interrupted") {
            return Some(Self::Interrupted);
        }
        if let Some(rest) = text.strip_prefix("Deleted ") {
            return rest.split_once(" row(s) from ")?.0.parse().ok().map(Self::Affected);
        }
        let (word, rest) = text.split_once(" OK, ")?;
        if word.is_empty() || !word.chars().all(|char| char.is_ascii_alphabetic()) {
            return None;
        }
        if let Some(rows) = rest.strip_suffix(" row(s) in set") {
            return rows.parse().ok().map(Self::InSet);
        }
        if let Some(rows) = rest.strip_suffix(" row(s) in database") {
            return rows.split_once(" of ").and_then(|(rows, _)| rows.parse().ok()).map(Self::Affected);
        }
        // 2.6 and 3.x; with " affected" there may follow more, as of 3.x deletes.
        rest.split_once(" row(s) affected").and_then(|(rows, _)| rows.parse().ok()).map(Self::Affected)
    }
}
