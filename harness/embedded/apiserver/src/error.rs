use serde_json::{Value, json};
use thiserror::Error;

use crate::kind::Kind;

/// A refusal by the API server, which clients see as a `metav1.Status`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct ApiError {
    /// HTTP status code.
    pub code: u16,
    /// Machine-readable reason, say `NotFound`.
    pub reason: &'static str,
    /// What a person reads.
    pub message: String,
    /// The single faults of an invalid object.
    pub causes: Vec<Cause>,
    /// The object that it is about.
    pub subject: Option<Box<Subject>>,
}

/// One fault of a refused object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Kind of fault, say `FieldValueInvalid`.
    pub reason: &'static str,
    /// Path of the field, say `spec.replicas`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// What an error is about (`details` of a `metav1.Status`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Name of the object.
    pub name: String,
    /// API group; empty for the core group.
    pub group: String,
    /// Resource (`pods`) or, if the object is invalid, kind (`Pod`).
    pub kind: String,
    /// UID of the object.
    pub uid: String,
    /// When to try again; 0 for nothing said.
    pub retry_after_seconds: u32,
}

impl ApiError {
    /// An error without details.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), causes: Vec::new(), subject: None }
    }

    /// 400: the request makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 500: this server failed.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalError", format!("Internal error occurred: {}", message.into()))
    }

    /// 404 for a path that is not served.
    pub fn no_such_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
    }

    /// 410: the requested version is no longer in the history.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// 405: the verb is not supported.
    pub fn method_not_allowed() -> Self {
        Self::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    }

    /// 404 for an object of a resource such as `pods` or `statefulsets` of `apps`.
    pub fn not_found(group: &str, resource: &str, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", qualified(resource, group)))
            .about(group, resource, name)
    }

    pub(crate) fn missing(kind: &Kind, name: &str) -> Self {
        Self::not_found(kind.group, kind.plural, name)
    }

    pub(crate) fn already_exists(kind: &Kind, name: &str) -> Self {
        let resource = qualified(kind.plural, kind.group);
        Self::new(409, "AlreadyExists", format!("{resource} \"{name}\" already exists")).about(
            kind.group,
            kind.plural,
            name,
        )
    }

    pub(crate) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let resource = qualified(kind.plural, kind.group);
        Self::new(409, "Conflict", format!("Operation cannot be fulfilled on {resource} \"{name}\": {why}")).about(
            kind.group,
            kind.plural,
            name,
        )
    }

    pub(crate) fn modified(kind: &Kind, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(kind, name, why)
    }

    pub(crate) fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let resource = qualified(kind.plural, kind.group);
        Self::new(403, "Forbidden", format!("{resource} \"{name}\" is forbidden: {why}")).about(
            kind.group,
            kind.plural,
            name,
        )
    }

    pub(crate) fn invalid(kind: &Kind, name: &str, causes: Vec<Cause>) -> Self {
        let mut texts: Vec<_> = causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        let list = if texts.len() == 1 { texts.remove(0) } else { format!("[{}]", texts.join(", ")) };
        let resource = qualified(kind.kind, kind.group);
        let mut error = Self::new(422, "Invalid", format!("{resource} \"{name}\" is invalid: {list}"));
        error.causes = causes;
        error.about(kind.group, kind.kind, name)
    }

    /// The same error, about the given object.
    #[must_use]
    pub fn about(mut self, group: &str, kind: &str, name: &str) -> Self {
        self.subject =
            Some(Box::new(Subject { name: name.into(), group: group.into(), kind: kind.into(), ..Subject::default() }));
        self
    }

    /// The error as a `metav1.Status` object.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason,
        });
        let mut details = serde_json::Map::new();
        if let Some(subject) = &self.subject {
            let texts =
                [("name", &subject.name), ("group", &subject.group), ("kind", &subject.kind), ("uid", &subject.uid)];
            for (key, text) in texts {
                if !text.is_empty() {
                    details.insert(key.into(), text.as_str().into());
                }
            }
            if subject.retry_after_seconds > 0 {
                details.insert("retryAfterSeconds".into(), subject.retry_after_seconds.into());
            }
        }
        if !self.causes.is_empty() {
            details.insert("causes".into(), self.causes.iter().map(Cause::json).collect());
        }
        if !details.is_empty() {
            status["details"] = details.into();
        }
        status["code"] = self.code.into();
        status
    }
}

impl Cause {
    pub(crate) fn required(field: impl Into<String>, message: &str) -> Self {
        let message = if message.is_empty() { "Required value".into() } else { format!("Required value: {message}") };
        Self { reason: "FieldValueRequired", field: field.into(), message }
    }

    pub(crate) fn invalid(field: impl Into<String>, value: &Value, message: &str) -> Self {
        Self {
            reason: "FieldValueInvalid",
            field: field.into(),
            message: format!("Invalid value: {}: {message}", shown(value)),
        }
    }

    pub(crate) fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        let message = format!("Duplicate value: {}", shown(value));
        Self { reason: "FieldValueDuplicate", field: field.into(), message }
    }

    pub(crate) fn forbidden(field: impl Into<String>, message: &str) -> Self {
        Self { reason: "FieldValueForbidden", field: field.into(), message: format!("Forbidden: {message}") }
    }

    pub(crate) fn not_found(field: impl Into<String>, value: &Value) -> Self {
        let message = format!("Not found: {}", shown(value));
        Self { reason: "FieldValueNotFound", field: field.into(), message }
    }

    pub(crate) fn unsupported(field: impl Into<String>, value: &str, known: &[&str]) -> Self {
        let known: Vec<_> = known.iter().map(|word| format!("\"{word}\"")).collect();
        Self {
            reason: "FieldValueNotSupported",
            field: field.into(),
            message: format!("Unsupported value: \"{value}\": supported values: {}", known.join(", ")),
        }
    }

    fn json(&self) -> Value {
        json!({ "reason": self.reason, "message": self.message, "field": self.field })
    }
}

// Objects are printed as JSON, as current API servers do.
fn shown(value: &Value) -> String {
    value.to_string()
}

fn qualified(resource: &str, group: &str) -> String {
    if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::of;

    #[test]
    fn an_error_renders_as_a_status() {
        let kind = of("apps", "StatefulSet").unwrap();
        let error = ApiError::invalid(kind, "x", vec![Cause::required("spec.serviceName", "")]);
        assert_eq!(error.message, "StatefulSet.apps \"x\" is invalid: spec.serviceName: Required value");
        let status = error.status();
        assert_eq!(status["details"]["kind"], "StatefulSet");
        assert_eq!(status["details"]["causes"][0]["reason"], "FieldValueRequired");
        assert_eq!(status["code"], 422);
        assert_eq!(ApiError::missing(kind, "x").message, "statefulsets.apps \"x\" not found");
    }
}
