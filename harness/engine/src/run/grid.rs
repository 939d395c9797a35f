use std::fmt;

use seatrial_record::Table;

/// A table of text with aligned columns, so that two of the same form can be compared line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grid {
    rows: Vec<Vec<String>>,
}

impl Grid {
    pub fn new<const N: usize>(header: [&str; N]) -> Self {
        Self { rows: vec![header.map(str::to_owned).to_vec()] }
    }

    pub fn row(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Without the columns that say nothing in this grid and in `other`, which has the same columns.
    pub fn without_empty(mut self, mut other: Self) -> (Self, Self) {
        let says = |grid: &Self, column: usize| {
            grid.rows.iter().skip(1).any(|row| row.get(column).is_some_and(|cell| !cell.is_empty() && cell != ANY))
        };
        let columns = self.rows.first().map_or(0, Vec::len);
        for column in (0..columns).rev() {
            if !says(&self, column) && !says(&other, column) {
                for row in self.rows.iter_mut().chain(&mut other.rows) {
                    row.remove(column);
                }
            }
        }
        (self, other)
    }
}

/// What stands for a value that nothing is expected of.
pub(crate) const ANY: &str = "*";

impl From<&Table> for Grid {
    fn from(table: &Table) -> Self {
        let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "NULL".to_owned());
        let mut rows = vec![table.columns.clone()];
        rows.extend(table.rows.iter().map(|row| row.iter().map(cell).collect()));
        Self { rows }
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            f.write_str(cells.join(" | ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_empty_ones_go() {
        let mut one = Grid::new(["id", "status", "reason"]);
        one.row(vec!["1".into(), "ready".into(), ANY.into()]);
        let mut other = Grid::new(["id", "status", "reason"]);
        other.row(vec!["10".into(), "offline".into(), String::new()]);
        let (one, other) = one.without_empty(other);
        assert_eq!(one.to_string(), "id | status\n1  | ready");
        assert_eq!(other.to_string(), "id | status\n10 | offline");
    }
}
