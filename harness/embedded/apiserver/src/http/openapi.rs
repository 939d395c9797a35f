use serde_json::{Map, Value, json};

use super::{
    answer::{Answer, error, json as json_answer, raw},
    discovery::groups,
};
use crate::{ApiError, kind::KINDS};

// Clients ask for `...v2@v1.0+protobuf`, which is not a media type that they could read in an answer.
const PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// `/openapi`: enough to tell clients that this server checks fields itself; no schemas.
pub(super) fn answer(rest: &[&str], accept: &str) -> Answer {
    match rest {
        ["v2"] if accept.contains("protobuf") => raw(200, PROTOBUF, version_2_protobuf()),
        ["v2"] => json_answer(200, &version_2()),
        ["v3"] => json_answer(200, &index()),
        ["v3", "api", "v1"] => json_answer(200, &version_3("")),
        ["v3", "apis", group, "v1"] if groups().contains(group) => json_answer(200, &version_3(group)),
        _ => error(&ApiError::no_such_path()),
    }
}

fn version_2() -> Value {
    json!({ "swagger": "2.0", "info": { "title": "Kubernetes", "version": "v1" }, "paths": {}, "definitions": {} })
}

/// The same as gnostic's `Document`: field 1 `swagger`, field 2 `info` with `title` and `version`.
///
/// Old clients know nothing but this form. A kind without a definition is not checked by them.
fn version_2_protobuf() -> Vec<u8> {
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap_or(0);
        [&[number << 3 | 2, length], content].concat()
    }
    let info = [field(1, b"Kubernetes"), field(2, b"v1")].concat();
    [field(1, b"2.0"), field(2, &info), field(8, &[]), field(9, &[])].concat()
}

fn index() -> Value {
    let mut paths = Map::new();
    let mut add = |path: String| {
        let url = format!("/openapi/v3/{path}?hash=1");
        paths.insert(path, json!({ "serverRelativeURL": url }));
    };
    add("api/v1".into());
    for group in groups() {
        add(format!("apis/{group}/v1"));
    }
    json!({ "paths": paths })
}

/// Paths with the parameter `fieldValidation`, by which `kubectl` knows that it need not validate by itself.
fn version_3(group: &str) -> Value {
    let mut paths = Map::new();
    for kind in KINDS.iter().filter(|kind| kind.group == group) {
        let base = if group.is_empty() { "/api/v1".to_owned() } else { format!("/apis/{group}/v1") };
        let scope = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
        let collection = format!("{base}{scope}/{}", kind.plural);
        let operation = |action: &str| {
            let parameter = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
            json!({
                "operationId": format!("{action}{}", kind.kind),
                "parameters": [parameter("dryRun"), parameter("fieldManager"), parameter("fieldValidation")],
                "responses": { "200": { "description": "OK" } },
                "x-kubernetes-action": action,
                "x-kubernetes-group-version-kind": { "group": group, "version": kind.version, "kind": kind.kind },
            })
        };
        paths.insert(format!("{collection}/{{name}}"), json!({ "put": operation("put"), "patch": operation("patch") }));
        paths.insert(collection, json!({ "post": operation("post") }));
    }
    json!({
        "openapi": "3.0.0", "info": { "title": "Kubernetes", "version": "v1" },
        "paths": paths, "components": { "schemas": {} },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protobuf_form_is_a_document() {
        let bytes = version_2_protobuf();
        assert_eq!(bytes[..5], [0x0a, 3, b'2', b'.', b'0']);
        assert_eq!(bytes[5..7], [0x12, 16]);
        assert_eq!(bytes.len(), 5 + 2 + 16 + 4);
    }

    #[test]
    fn patching_knows_field_validation() {
        let document = version_3("apps");
        let path = "/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}";
        let parameters = document["paths"][path]["patch"]["parameters"].as_array().unwrap().clone();
        assert!(parameters.iter().any(|parameter| parameter["name"] == "fieldValidation"));
    }
}
