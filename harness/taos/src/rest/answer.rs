use seatrial_record::Table;
use serde_json::{Map, Value};

use super::RestError;
use crate::{Generation, Kind, Reply, SqlError, SqlOutcome, kind, name_code};

/// Reads an answer, of either dialect:
///
/// - 2.x: `{"status":"succ","head":[..],"column_meta":[[name,type,bytes],..],"data":[[..]],"rows":n}`, errors with
///   HTTP 400 `{"status":"error","code":n,"desc":".."}`;
/// - 3.x: `{"code":0,"column_meta":[["name","TYPE",bytes],..],"data":[[..]],"rows":n}`, errors with HTTP 200
///   `{"code":n,"desc":".."}`.
///
/// `code` is the low 16 bits of the error code.
pub fn parse(status: u16, body: &[u8], sql: &str) -> Result<SqlOutcome, RestError> {
    let text = seatrial_record::clean(body);
    let unreadable =
        |near: &str| RestError::Unreadable { status, near: seatrial_record::bounded(near.trim(), 200).0.to_owned() };
    let Ok(Value::Object(answer)) = serde_json::from_slice::<Value>(body) else { return Err(unreadable(&text)) };
    let (generation, failed) = match (answer.get("status").and_then(Value::as_str), answer.get("code")) {
        (Some("succ"), _) => (Generation::V2, false),
        (Some("error"), _) => (Generation::V2, true),
        (_, Some(code)) if code.as_i64() == Some(0) => (Generation::V3, false),
        (_, Some(code)) if code.is_i64() => (Generation::V3, true),
        _ => return Err(unreadable(&text)),
    };
    let reply = if failed {
        Err(error(&answer, generation))
    } else {
        let table = table(&answer).ok_or_else(|| unreadable("the table of the answer is not one"))?;
        Ok(reply(sql, table))
    };
    Ok(SqlOutcome { sql: sql.to_owned(), reply, elapsed: None })
}

fn error(answer: &Map<String, Value>, generation: Generation) -> SqlError {
    let text = seatrial_record::clean(answer.get("desc").and_then(Value::as_str).unwrap_or_default().as_bytes());
    let given = answer.get("code").and_then(Value::as_i64);
    let code = given.and_then(|code| match u16::try_from(code) {
        Ok(low) => Some(name_code(low)),
        Err(_) => u32::try_from(code).map(|code| i32::from_ne_bytes(code.to_ne_bytes())).or(i32::try_from(code)).ok(),
    });
    SqlError { code: code.or_else(|| crate::code_of(generation, &text)), text }
}

fn table(answer: &Map<String, Value>) -> Option<Table> {
    let columns = match (answer.get("column_meta"), answer.get("head")) {
        (Some(Value::Array(meta)), _) if !meta.is_empty() => {
            meta.iter().map(|column| column.get(0).and_then(text)).collect::<Option<Vec<_>>>()?
        }
        (_, Some(Value::Array(head))) => head.iter().map(text).collect::<Option<Vec<_>>>()?,
        _ => Vec::new(),
    };
    let empty = Vec::new();
    let data = match answer.get("data") {
        Some(Value::Array(data)) => data,
        None | Some(Value::Null) => &empty,
        Some(_) => return None,
    };
    let rows = data.iter().map(|row| row.as_array().filter(|row| row.len() == columns.len()));
    let rows = rows.map(|row| Some(row?.iter().map(text).collect())).collect::<Option<Vec<Vec<_>>>>()?;
    Some(Table { columns, rows })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(seatrial_record::clean(text.as_bytes())),
        other => Some(other.to_string()),
    }
}

fn reply(sql: &str, table: Table) -> Reply {
    if table.columns != ["affected_rows"] {
        return Reply::Rows(table);
    }
    let rows = table.rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok()).unwrap_or(0);
    match kind(sql) {
        Kind::Write => Reply::Affected(rows),
        // A column may have this name, too.
        Kind::Rows => Reply::Rows(table),
        _ => Reply::Done(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // As 2.1.1.0 answered.
    const DNODES: &str = r#"{"status":"succ","head":["id","end_point","vnodes","cores","status","role","create_time","offline reason"],"column_meta":[["id",3,2],["end_point",8,40],["vnodes",3,2],["cores",3,2],["status",8,10],["role",8,5],["create_time",9,8],["offline reason",8,24]],"data":[[1,"tdengine-0.taosd.default.svc.cluster.loc",2,2,"ready","any","2026-11-23 06:23:26.297",""]],"rows":1}"#;

    fn ok(body: &str, sql: &str) -> Reply {
        parse(200, body.as_bytes(), sql).unwrap().reply.unwrap()
    }

    #[test]
    fn a_table_of_2x_is_read() {
        let reply = ok(DNODES, "show dnodes");
        let dnodes = crate::dnodes(reply.table().unwrap()).unwrap();
        assert_eq!(dnodes[0].id, 1);
        assert!(dnodes[0].end_point.truncated && dnodes[0].end_point.matches("tdengine-0"));
    }

    #[test]
    fn affected_rows_are_told_from_definitions() {
        let body =
            r#"{"status":"succ","head":["affected_rows"],"column_meta":[["affected_rows",4,4]],"data":[[2]],"rows":1}"#;
        assert_eq!(ok(body, "insert into t values(now,1)"), Reply::Affected(2));
        assert_eq!(ok(body, "create table t(ts timestamp)"), Reply::Done(String::new()));
        let body = r#"{"code":0,"column_meta":[["affected_rows","INT",4]],"data":[[1]],"rows":1}"#;
        assert_eq!(ok(body, "insert into t values(now,1)"), Reply::Affected(1));
    }

    #[test]
    fn errors_of_both_dialects_have_whole_codes() {
        let body = br#"{"status":"error","code":817,"desc":"DNode does not exist"}"#;
        let error = parse(400, body, "drop dnode 99").unwrap().reply.unwrap_err();
        assert_eq!((error.code_text().as_deref(), error.text.as_str()), (Some("0x80000331"), "DNode does not exist"));
        let error = parse(200, br#"{"code":904,"desc":"Database not exist"}"#, "use x").unwrap().reply.unwrap_err();
        assert_eq!(error.code_text().as_deref(), Some("0x80000388"));
    }

    #[test]
    fn nulls_and_values_become_text() {
        let body =
            r#"{"code":0,"column_meta":[["a","INT",4],["b","BOOL",1]],"data":[[null,true],[1.5,false]],"rows":2}"#;
        let reply = ok(body, "select a, b from t");
        let rows = &reply.table().unwrap().rows;
        assert_eq!(rows[0], [None, Some("true".to_owned())]);
        assert_eq!(rows[1], [Some("1.5".to_owned()), Some("false".to_owned())]);
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for body in ["", "<html>404</html>", "[]", "{}", r#"{"status":"succ","head":["a"],"data":[[1,2]]}"#] {
            assert!(
                matches!(parse(404, body.as_bytes(), "x"), Err(RestError::Unreadable { status: 404, .. })),
                "{body}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body: Vec<u8>, sql: String) {
            let _ = parse(200, &body, &sql);
        }

        #[test]
        fn a_mutated_answer_is_read_or_refused(at in 0..DNODES.len(), byte: u8) {
            let mut body = DNODES.as_bytes().to_vec();
            body[at] = byte;
            if let Ok(outcome) = parse(200, &body, "show dnodes")
                && let Ok(table) = outcome.table() {
                let _ = crate::dnodes(table);
            }
        }
    }
}
