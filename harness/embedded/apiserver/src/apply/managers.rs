use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Manager, fields::Fields};
use crate::kind::Kind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Apply,
    Update,
}

/// `metadata.managedFields`.
#[derive(Clone, Debug, Default)]
pub(super) struct Managers(Vec<Entry>);

#[derive(Clone, Debug)]
pub(super) struct Entry {
    manager: Manager,
    operation: Operation,
    api_version: String,
    pub(super) time: String,
    pub(super) fields: Fields,
}

impl Entry {
    pub(super) fn is(&self, manager: &Manager, operation: Operation) -> bool {
        self.manager == *manager && self.operation == operation
    }

    /// The owner as conflicts name it.
    pub(super) fn describe(&self) -> String {
        let mut text = format!("{:?}", self.manager.name);
        if !self.manager.subresource.is_empty() {
            text = format!("{text} with subresource {:?}", self.manager.subresource);
        }
        match self.operation {
            Operation::Apply => text,
            Operation::Update => format!("{text} using {} at {}", self.api_version, self.time),
        }
    }

    fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let operation = match text("operation").as_str() {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        Some(Self {
            manager: Manager { name: text("manager"), subresource: text("subresource") },
            operation,
            api_version: text("apiVersion"),
            time: text("time"),
            fields: value.get("fieldsV1").map(Fields::from_json).unwrap_or_default(),
        })
    }

    fn write(&self) -> Value {
        let mut value = json!({
            "apiVersion": self.api_version, "fieldsType": "FieldsV1", "fieldsV1": self.fields.to_json(),
            "manager": self.manager.name,
            "operation": match self.operation { Operation::Apply => "Apply", Operation::Update => "Update" },
        });
        if !self.manager.subresource.is_empty() {
            value["subresource"] = self.manager.subresource.as_str().into();
        }
        value["time"] = self.time.as_str().into();
        value
    }
}

impl Managers {
    pub(super) fn of(object: &Value) -> Self {
        let list = object.pointer("/metadata/managedFields").and_then(Value::as_array);
        Self(list.into_iter().flatten().filter_map(Entry::read).collect())
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.0
    }

    pub(super) fn entries_mut(&mut self) -> &mut [Entry] {
        &mut self.0
    }

    /// The entry of a manager, added if there is none.
    pub(super) fn entry(&mut self, kind: &Kind, manager: &Manager, operation: Operation, now: Timestamp) -> &mut Entry {
        let at = self.0.iter().position(|entry| entry.is(manager, operation)).unwrap_or_else(|| {
            self.0.push(Entry {
                manager: manager.clone(),
                operation,
                api_version: kind.api_version(),
                time: now.to_string(),
                fields: Fields::default(),
            });
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    /// Writes the entries that own something; appliers first, as real servers sort them.
    pub(super) fn write(self, object: &mut Value) {
        let mut entries: Vec<_> = self.0.into_iter().filter(|entry| !entry.fields.is_empty()).collect();
        entries.sort_by_key(|entry| entry.operation == Operation::Update);
        let meta = &mut object["metadata"];
        if entries.is_empty() {
            if let Some(meta) = meta.as_object_mut() {
                meta.shift_remove("managedFields");
            }
        } else {
            meta["managedFields"] = entries.iter().map(Entry::write).collect();
        }
    }
}
