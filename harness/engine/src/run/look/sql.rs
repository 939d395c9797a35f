use std::{collections::BTreeMap, time::Duration};

use seatrial_record::Table;
use seatrial_taos::{Reply, SqlError, SqlOutcome};

use crate::{
    run::{
        Glance, Holds, Lens,
        grid::Grid,
        lens::{Answer, SQL_LIMIT},
    },
    scenario::{Cell, ErrorExpect, Names, Sql, SqlExpect, Took},
};

impl Lens {
    pub(crate) async fn sql(&mut self, expected: &Sql) -> Glance {
        let sql = expected.run.expand(&self.names);
        let limit = expected.limit.map_or(SQL_LIMIT, |limit| limit.0);
        let via = expected.via.via();
        let wanted = wanted(&expected.expect, &self.names);
        let wanted = expected.took.map_or(wanted.clone(), |took| format!("{wanted}\ntook {took}"));
        let pods = self.pods_at(&expected.place);
        let mut last = None;
        for (index, pod) in pods.iter().enumerate() {
            if index == 1 {
                self.ask_ahead(&pods[1..], &sql, via, limit, &wanted).await;
            }
            let glance = match self.ask(pod, &sql, via, limit, &wanted).await {
                Answer::Outcomes(outcomes) => {
                    let elapsed = outcomes.last().and_then(|last| last.elapsed);
                    took(expected.took, elapsed, compare(&expected.expect, &wanted, &outcomes, &self.names))
                }
                Answer::Nothing(glance) if glance.blame == Some(seatrial_record::Blame::Product) => {
                    match expected.expect {
                        // It took the whole limit.
                        SqlExpect::Any | SqlExpect::Fails => {
                            took(expected.took, Some(limit), Glance::yes(wanted.clone(), glance.seen))
                        }
                        _ => glance,
                    }
                }
                Answer::Nothing(glance) => glance,
            };
            if glance.holds != Holds::Yes {
                let glance = glance.by(via, &format!("in {pod}"));
                return Glance { why: format!("in {pod}: {}", glance.why), ..glance };
            }
            last = Some(glance.by(via, &format!("in {pod}")));
        }
        last.unwrap_or_else(|| Glance::no(wanted, "", "no pod is ready to run SQL"))
    }
}

/// The glance, with what it says of how long the statement took.
fn took(expected: Option<Took>, elapsed: Option<Duration>, glance: Glance) -> Glance {
    let Some(took) = expected else { return glance };
    let found =
        elapsed.map_or_else(|| "a time that was not told".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()));
    let glance = Glance { seen: format!("{}\ntook {found}", glance.seen), ..glance };
    if glance.holds == Holds::Yes && !elapsed.is_some_and(|elapsed| took.allows(elapsed)) {
        return Glance::no(glance.expected, glance.seen, format!("it took {found}, not {took}"));
    }
    glance
}

/// What is expected, as text.
fn wanted(expected: &SqlExpect, names: &Names) -> String {
    match expected {
        SqlExpect::Ok => "no error".to_owned(),
        SqlExpect::Any => "any answer".to_owned(),
        SqlExpect::Fails => "an error or no answer".to_owned(),
        SqlExpect::Error(ErrorExpect { text, code: None }) => format!("error: {}", text.expand(names)),
        SqlExpect::Error(ErrorExpect { text, code: Some(code) }) => {
            format!("error: {} ({code:#010x})", text.expand(names))
        }
        SqlExpect::Value(cell) => value(cell, names).unwrap_or_else(|| "NULL".to_owned()),
        SqlExpect::Rows(count) => format!("{count} rows"),
        SqlExpect::Row(cells) => {
            cells.iter().map(|(name, cell)| format!("{name} = {}", text(cell, names))).collect::<Vec<_>>().join("\n")
        }
        SqlExpect::Table(rows) => {
            let rows = rows.iter().map(|row| row.iter().map(|cell| value(cell, names)).collect()).collect();
            body(&Table { columns: Vec::new(), rows })
        }
    }
}

fn value(cell: &Cell, names: &Names) -> Option<String> {
    cell.0.as_ref().map(|text| text.expand(names))
}

fn text(cell: &Cell, names: &Names) -> String {
    value(cell, names).unwrap_or_else(|| "NULL".to_owned())
}

/// The rows of a table as text, without its header.
fn body(table: &Table) -> String {
    let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "NULL".to_owned());
    table.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" | ")).collect::<Vec<_>>().join("\n")
}

fn compare(expected: &SqlExpect, wanted: &str, outcomes: &[SqlOutcome], names: &Names) -> Glance {
    let Some((last, earlier)) = outcomes.split_last() else {
        return Glance::no(wanted, "nothing", "there was no answer");
    };
    let error = |error: &SqlError| match error.code_text() {
        Some(code) => format!("error: {} ({code})", error.text),
        None => format!("error: {}", error.text),
    };
    let lenient = matches!(expected, SqlExpect::Any | SqlExpect::Fails);
    let early = earlier.iter().find_map(|outcome| outcome.reply.as_ref().err().map(|error| (outcome, error)));
    match (&early, expected) {
        (Some((_, failure)), SqlExpect::Fails) => return Glance::yes(wanted, error(failure)),
        (Some((outcome, failure)), _) if !lenient => {
            return Glance::no(wanted, error(failure), format!("`{}` answered: {}", outcome.sql, failure.text));
        }
        _ => {}
    }
    let answered = |seen: String| Glance::no(wanted, seen.clone(), format!("`{}` answered: {seen}", last.sql));
    match (expected, &last.reply) {
        (SqlExpect::Any, Ok(reply)) => Glance::yes(wanted, reply.to_string()),
        (SqlExpect::Any | SqlExpect::Fails, Err(failure)) => Glance::yes(wanted, error(failure)),
        (SqlExpect::Error(wanted_error), Err(failure)) => {
            let text = wanted_error.text.expand(names);
            let code = wanted_error.code.zip(failure.code);
            let code_fits = code.is_none_or(|(wanted, found)| wanted.cast_signed() == found);
            if failure.text.contains(&text) && code_fits {
                Glance::yes(wanted, wanted)
            } else {
                answered(error(failure))
            }
        }
        (_, Err(failure)) => answered(error(failure)),
        (SqlExpect::Fails | SqlExpect::Error(_), Ok(reply)) => answered(format!("no error: {reply}")),
        (SqlExpect::Ok, Ok(_)) => Glance::yes(wanted, wanted),
        (_, Ok(Reply::Rows(table))) => rows(expected, wanted, table, names),
        (_, Ok(reply)) => answered(reply.to_string()),
    }
}

fn rows(expected: &SqlExpect, wanted: &str, table: &Table, names: &Names) -> Glance {
    match expected {
        SqlExpect::Value(cell) => match table.rows.as_slice() {
            [row] if row.len() == 1 => {
                let found = row.first().cloned().flatten();
                let seen = found.clone().unwrap_or_else(|| "NULL".to_owned());
                if found == value(cell, names) {
                    Glance::yes(wanted, seen)
                } else {
                    Glance::no(wanted, &seen, format!("the value is {seen}, not {wanted}"))
                }
            }
            _ => Glance::no(wanted, Grid::from(table).to_string(), "the answer is not a single value"),
        },
        SqlExpect::Rows(count) => {
            let found = table.rows.len();
            if count.allows(found as u64) {
                Glance::yes(wanted, wanted)
            } else {
                Glance::no(wanted, format!("{found} rows"), format!("there are {found} rows, not {count}"))
            }
        }
        SqlExpect::Row(cells) => {
            if table.rows.iter().any(|row| has(table, row, cells, names)) {
                Glance::yes(wanted, wanted)
            } else {
                Glance::no(wanted, Grid::from(table).to_string(), format!("no row has {}", wanted.replace('\n', ", ")))
            }
        }
        SqlExpect::Table(rows) => {
            let rows: Vec<Vec<_>> =
                rows.iter().map(|row| row.iter().map(|cell| value(cell, names)).collect()).collect();
            if rows == table.rows {
                Glance::yes(wanted, wanted)
            } else {
                Glance::no(wanted, body(table), "the table is another one")
            }
        }
        SqlExpect::Ok | SqlExpect::Any | SqlExpect::Fails | SqlExpect::Error(_) => Glance::yes(wanted, wanted),
    }
}

fn has(table: &Table, row: &[Option<String>], cells: &BTreeMap<String, Cell>, names: &Names) -> bool {
    cells.iter().all(|(name, cell)| {
        let column = table.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
        column.and_then(|column| row.get(column)).is_some_and(|found| *found == value(cell, names))
    })
}
