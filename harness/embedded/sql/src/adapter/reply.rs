use serde_json::{Value as Json, json};
use tokio_tungstenite::tungstenite::Message;

use super::block;
use crate::{Precision, Rows, SqlError};

/// What every reply has in common.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// The action that is answered.
    pub(super) action: String,
    /// The number of the request.
    pub(super) request: u64,
    /// Nanoseconds that it took.
    pub(super) timing: u64,
}

/// The code of an error of the adapter itself.
pub(super) const OWN_ERROR: u16 = 0xffff;

impl Head {
    fn with(&self, rest: Json) -> Message {
        let mut body = json!({
            "code": 0, "message": "", "action": self.action, "req_id": self.request, "timing": self.timing,
        });
        if let (Some(body), Json::Object(rest)) = (body.as_object_mut(), rest) {
            body.extend(rest);
        }
        Message::text(body.to_string())
    }

    pub(super) fn done(&self) -> Message {
        self.with(json!({}))
    }

    pub(super) fn failed(&self, error: &SqlError) -> Message {
        self.own_error(error.short_code(), &error.text)
    }

    pub(super) fn own_error(&self, code: u16, text: &str) -> Message {
        self.with(json!({"code": code, "message": text}))
    }

    /// The answer to a statement that has no rows.
    pub(super) fn update(&self, affected: u64) -> Message {
        self.with(json!({
            "id": 0, "is_update": true, "affected_rows": affected, "fields_count": 0, "fields_names": null,
            "fields_types": null, "fields_lengths": null, "precision": 0,
        }))
    }

    /// The columns of a result, whose rows are to be fetched under its id.
    pub(super) fn columns(&self, id: u64, rows: &Rows) -> Message {
        let names: Vec<_> = rows.columns.iter().map(|column| column.name.as_str()).collect();
        let types: Vec<_> = rows.columns.iter().map(|column| column.kind.code()).collect();
        let lengths: Vec<_> = rows.columns.iter().map(|column| column.kind.width()).collect();
        self.with(json!({
            "id": id, "is_update": false, "affected_rows": 0, "fields_count": names.len(), "fields_names": names,
            "fields_types": types, "fields_lengths": lengths, "precision": number_of(rows.precision),
        }))
    }

    /// How many rows come next; none if there are no more.
    pub(super) fn next(&self, id: u64, rows: &Rows, count: usize) -> Message {
        let lengths = if count == 0 { Json::Null } else { json!(block::widths(rows)) };
        self.with(json!({"id": id, "completed": count == 0, "lengths": lengths, "rows": count}))
    }
}

/// The reply to `version`.
pub(super) fn version(version: &str, request: u64) -> Message {
    let body = json!({"code": 0, "message": "", "action": "version", "req_id": request, "version": version});
    Message::text(body.to_string())
}

fn number_of(precision: Precision) -> u8 {
    match precision {
        Precision::Milli => 0,
        Precision::Micro => 1,
        Precision::Nano => 2,
    }
}
