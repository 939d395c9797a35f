use seatrial_record::Table;

use super::{
    Failure, ParseError,
    block::{Block, Output, What},
};
use crate::{Kind, Reply, SqlOutcome, kind};

/// Matches results and errors to the statements they belong to.
pub(super) fn assign(output: Output, statements: &[&str]) -> Result<Vec<SqlOutcome>, ParseError> {
    let Output { blocks, failures } = output;
    let audible = statements.iter().filter(|sql| kind(sql) != Kind::Silent).count();
    if blocks.len() + failures.len() != audible {
        return Err(ParseError::Incomplete {
            statements: statements.len(),
            results: blocks.len(),
            errors: failures.len(),
        });
    }
    let strict = Ways::count(&blocks, statements, Rule::Usual);
    let ways = if strict.of(0, 0) > 0 { strict } else { Ways::count(&blocks, statements, Rule::Lenient) };
    match ways.of(0, 0) {
        0 => Err(ParseError::Misfit { message: blocks.iter().take(4).map(describe).collect::<Vec<_>>().join("; ") }),
        1 => Ok(outcomes(blocks, failures, statements, &ways)),
        _ => Err(ParseError::Ambiguous {
            statements: statements.len(),
            errors: failures.len(),
            texts: failures.into_iter().map(|failure| failure.error.text).collect(),
        }),
    }
}

fn outcomes(blocks: Vec<Block>, failures: Vec<Failure>, statements: &[&str], ways: &Ways) -> Vec<SqlOutcome> {
    let (mut blocks, mut failures) = (blocks.into_iter().peekable(), failures.into_iter());
    let mut taken = 0;
    let mut outcomes = Vec::with_capacity(statements.len());
    for (index, sql) in statements.iter().enumerate() {
        let sql = (*sql).to_owned();
        if kind(&sql) == Kind::Silent {
            outcomes.push(SqlOutcome { sql, reply: Ok(Reply::Done(String::new())), elapsed: None });
            continue;
        }
        let succeeded = blocks.next_if(|block| fits(&sql, &block.what, ways.rule) && ways.of(index + 1, taken + 1) > 0);
        if let Some(block) = succeeded {
            taken += 1;
            outcomes.push(SqlOutcome { reply: Ok(reply(&sql, block.what)), sql, elapsed: block.elapsed });
        } else if let Some(Failure { error, elapsed }) = failures.next() {
            outcomes.push(SqlOutcome { sql, reply: Err(error), elapsed });
        }
    }
    outcomes
}

/// In how many ways (0, 1, or 2 for more) the rest of the results can belong to the rest of the statements.
struct Ways {
    rule: Rule,
    results: usize,
    counts: Vec<u8>,
}

impl Ways {
    fn count(blocks: &[Block], statements: &[&str], rule: Rule) -> Self {
        let width = blocks.len() + 1;
        let mut ways = Self { rule, results: blocks.len(), counts: vec![0; width * (statements.len() + 1)] };
        ways.set(statements.len(), blocks.len(), 1);
        for (index, sql) in statements.iter().enumerate().rev() {
            for taken in (0..width).rev() {
                let count = if kind(sql) == Kind::Silent {
                    ways.of(index + 1, taken)
                } else {
                    let fits = blocks.get(taken).is_some_and(|block| fits(sql, &block.what, rule));
                    let succeeded = if fits { ways.of(index + 1, taken + 1) } else { 0 };
                    succeeded.saturating_add(ways.of(index + 1, taken)).min(2)
                };
                ways.set(index, taken, count);
            }
        }
        ways
    }

    fn of(&self, statement: usize, taken: usize) -> u8 {
        if taken > self.results {
            return 0;
        }
        self.counts.get(statement * (self.results + 1) + taken).copied().unwrap_or(0)
    }

    fn set(&mut self, statement: usize, taken: usize, count: u8) {
        if let Some(cell) = self.counts.get_mut(statement * (self.results + 1) + taken) {
            *cell = count;
        }
    }
}

fn has(table: &Table, names: &[&str]) -> bool {
    table.columns.iter().any(|column| names.contains(&column.as_str()))
}

/// Tables that tell by their columns which statement they answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Dnodes,
    Mnodes,
    Vgroups,
    Databases,
    Other,
}

fn view_asked(sql: &str) -> View {
    let sql = sql.trim().to_ascii_lowercase();
    let Some(what) = sql.strip_prefix("show").map(str::trim) else { return View::Other };
    let what = what.split(|char: char| char.is_whitespace() || char == '\\').next().unwrap_or_default();
    match what.rsplit('.').next().unwrap_or_default() {
        "dnodes" => View::Dnodes,
        "mnodes" => View::Mnodes,
        "vgroups" => View::Vgroups,
        "databases" => View::Databases,
        _ => View::Other,
    }
}

fn view_shown(table: &Table) -> View {
    let end_point = has(table, &["end_point", "endpoint"]);
    if end_point && has(table, &["vnodes"]) {
        View::Dnodes
    } else if end_point && has(table, &["role"]) {
        View::Mnodes
    } else if has(table, &["vgId", "vgroup_id"]) {
        View::Vgroups
    } else if has(table, &["name"]) && (table.columns.len() == 1 || has(table, &["ntables", "vgroups"])) {
        View::Databases
    } else {
        View::Other
    }
}

/// How results are matched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// An insert writes at least one row, `use` is answered by `Database changed.`
    Usual,
    /// An insert may write nothing, 2.x answers a `use` without semicolon like a definition, and a table of the user's
    /// may look like a system table.
    Lenient,
}

/// True if `sql` can have this result.
fn fits(sql: &str, what: &What, rule: Rule) -> bool {
    match (kind(sql), what) {
        (Kind::Use, What::Changed) => true,
        (Kind::Use, What::Affected { rows, .. }) => *rows == 0 && rule == Rule::Lenient,
        (Kind::Write, What::Affected { rows, .. }) => *rows > 0 || rule == Rule::Lenient || deletes(sql),
        (Kind::Definition, What::Affected { rows, .. }) => *rows == 0,
        (Kind::Rows, What::Rows { table, .. }) => {
            let (asked, shown) = (view_asked(sql), view_shown(table));
            // Without columns anything goes. A `select` may have any columns, but hardly those of a system table.
            table.columns.is_empty() || asked == shown || (asked == View::Other && rule == Rule::Lenient)
        }
        _ => false,
    }
}

fn deletes(sql: &str) -> bool {
    sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("delete"))
}

fn reply(sql: &str, what: What) -> Reply {
    match (kind(sql), what) {
        (_, What::Changed) => Reply::Done("Database changed.".to_owned()),
        // The rows went to a file.
        (_, What::Rows { table, rows, footer }) if table.columns.is_empty() && rows > 0 => Reply::Done(footer),
        (_, What::Rows { table, .. }) => Reply::Rows(table),
        (Kind::Write, What::Affected { rows, .. }) => Reply::Affected(rows),
        (_, What::Affected { footer, .. }) => Reply::Done(footer),
    }
}

fn describe(block: &Block) -> String {
    match &block.what {
        What::Changed => "Database changed.".to_owned(),
        What::Rows { table, footer, .. } => format!("a table ({}) {footer}", table.columns.join(", ")),
        What::Affected { footer, .. } => footer.clone(),
    }
}

/// True if one of the two could have failed and the other not, with nothing to tell which.
fn confusable(one: &str, other: &str) -> bool {
    match (kind(one), kind(other)) {
        (Kind::Write, Kind::Definition) => deletes(one),
        (Kind::Definition, Kind::Write) => deletes(other),
        (Kind::Write, Kind::Write) | (Kind::Definition, Kind::Definition) | (Kind::Use, Kind::Use) => true,
        // Those that only read are left to the caller.
        _ => false,
    }
}

/// Spreads statements over calls of the shell so that the answers of each call can be told apart, whichever of them
/// fail. Each call after the first begins with the last `use` before it; the number says with how many statements a
/// call so begins, which were not asked for. Statements that only read never make a split, since they can be
/// repeated one by one.
pub fn groups<'a>(statements: &[&'a str]) -> Vec<(usize, Vec<&'a str>)> {
    let mut groups: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut used = None;
    for &sql in statements {
        let clashes = |group: &[&str]| group.iter().any(|other| confusable(sql, other));
        match groups.last_mut() {
            Some((_, group)) if kind(sql) == Kind::Rows || !clashes(group) => group.push(sql),
            _ => {
                let carried: Vec<&str> = used.filter(|_| kind(sql) != Kind::Use).into_iter().collect();
                let count = carried.len();
                groups.push((count, carried.into_iter().chain([sql]).collect()));
            }
        }
        if kind(sql) == Kind::Use {
            used = Some(sql);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_could_be_confused_are_spread() {
        let document = [
            "create database test",
            "use test",
            "create table t1(ts timestamp, n int)",
            "insert into t1 values(now,1)",
        ];
        assert_eq!(
            groups(&document),
            [(0, vec![document[0], document[1]]), (1, vec![document[1], document[2], document[3]]),]
        );
        let reading = ["show dnodes", "show d1.vgroups", "show d2.vgroups"];
        assert_eq!(groups(&reading), [(0, reading.to_vec())]);
        let use_and_write = ["use test", "insert into t1 values(now,3)"];
        assert_eq!(groups(&use_and_write), [(0, use_and_write.to_vec())]);
        assert!(groups(&[]).is_empty());
    }
}
