use std::fmt::Write as _;

use jiff::Timestamp;

use super::{Event, History, RowId};

impl History {
    /// The history as Jepsen's tools read it: a map a line, times in nanoseconds since its beginning. Writers, readers
    /// and whoever changes tables are processes.
    pub fn to_edn(&self) -> String {
        let begun = self.operations.first().map(|operation| operation.at).unwrap_or_default();
        let since = |at: Timestamp| at.as_nanosecond() - begun.as_nanosecond();
        let mut lines: Vec<(i128, String)> = Vec::new();
        for operation in &self.operations {
            let RowId { writer, sequence } = operation.row;
            let value = format!("[{writer} {sequence}]");
            lines.push((since(operation.at), map(&operation.event, &writer.to_string(), "add", &value)));
        }
        for reading in &self.readings {
            let process = format!(":reader{}", reading.reader);
            lines.push((since(reading.began), map(&Event::Invoke, &process, "read-newest", "nil")));
            let event = match &reading.error {
                None => Event::Ok { took_ms: 0 },
                // A read that failed changed nothing.
                Some(error) => Event::Fail { took_ms: 0, error: error.clone() },
            };
            let value = if reading.error.is_none() { set(&reading.saw) } else { "nil".to_owned() };
            lines.push((since(reading.at), map(&event, &process, "read-newest", &value)));
        }
        for change in &self.changes {
            let what = if change.make { "create-table" } else { "drop-table" };
            lines.push((since(change.at), map(&change.event, ":tables", what, &text(&change.changed))));
        }
        // Those of one time stay in their order.
        lines.sort_by_key(|(time, _)| *time);
        let end = lines.last().map_or(0, |(time, _)| *time);
        if let Some(rows) = &self.read {
            lines.push((end, map(&Event::Invoke, ":reader", "read", "nil")));
            lines.push((end, map(&Event::Ok { took_ms: 0 }, ":reader", "read", &set(rows))));
        }
        let mut edn = String::new();
        for (index, (time, rest)) in lines.iter().enumerate() {
            // Writing to a string does not fail.
            let _ = writeln!(edn, "{{:index {index}, :time {time}, {rest}}}");
        }
        edn
    }
}

fn map(event: &Event, process: &str, what: &str, value: &str) -> String {
    let (kind, error) = match event {
        Event::Invoke => ("invoke", None),
        Event::Ok { .. } => ("ok", None),
        Event::Fail { error, .. } => ("fail", Some(error)),
        Event::Info { error, .. } => ("info", Some(error)),
    };
    let error = error.map(|error| format!(", :error {}", text(error))).unwrap_or_default();
    format!(":type :{kind}, :process {process}, :f :{what}, :value {value}{error}")
}

/// EDN has the strings of JSON.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn set(rows: &[RowId]) -> String {
    let rows: Vec<String> = rows.iter().map(|RowId { writer, sequence }| format!("[{writer} {sequence}]")).collect();
    format!("#{{{}}}", rows.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Operation, Reading};

    #[test]
    fn a_history_reads_like_one_of_jepsen() {
        let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap();
        let row = |sequence| RowId { writer: 1, sequence };
        let operation = |ms, sequence, event| Operation { at: at(ms), row: row(sequence), pod: "p".into(), event };
        let reading = Reading {
            at: at(4),
            began: at(2),
            reader: 0,
            pod: "p".into(),
            table: 0,
            from: 0,
            saw: vec![row(0)],
            error: None,
        };
        let history = History {
            operations: vec![
                operation(1, 0, Event::Invoke),
                operation(3, 0, Event::Ok { took_ms: 2 }),
                operation(5, 1, Event::Info { took_ms: 9, error: "a \"b\"\u{1b}".to_owned() }),
            ],
            readings: vec![reading],
            read: Some(vec![row(0), row(1)]),
            ..History::default()
        };
        let expected = r#"{:index 0, :time 0, :type :invoke, :process 1, :f :add, :value [1 0]}
{:index 1, :time 1000000, :type :invoke, :process :reader0, :f :read-newest, :value nil}
{:index 2, :time 2000000, :type :ok, :process 1, :f :add, :value [1 0]}
{:index 3, :time 3000000, :type :ok, :process :reader0, :f :read-newest, :value #{[1 0]}}
{:index 4, :time 4000000, :type :info, :process 1, :f :add, :value [1 1], :error "a \"b\"\u001b"}
{:index 5, :time 4000000, :type :invoke, :process :reader, :f :read, :value nil}
{:index 6, :time 4000000, :type :ok, :process :reader, :f :read, :value #{[1 0] [1 1]}}
"#;
        assert_eq!(history.to_edn(), expected);
    }
}
