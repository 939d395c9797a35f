//! The reference of scenario files, made from their JSON schema.

use std::fmt::Write as _;

use serde_json::Value;

use super::{is_fresh, printed};

const INTRODUCTION: &str = "\
# Reference of scenario files

Made from the schema that `seatrial schema` prints; a test keeps it so. How to write a scenario:
[Writing scenarios](scenarios.md). Everything that is not listed here is an error, with its line and column.

## A scenario file
";

#[test]
fn the_reference_is_as_the_schema_says() {
    let schema: Value = serde_json::from_str(&printed(&["schema"])).unwrap();
    let mut text = INTRODUCTION.to_owned();
    text.push_str(&properties(&schema));
    // In the order in which a reader meets them.
    let mut named = names(&schema);
    let mut next = 0;
    while let Some(name) = named.get(next).cloned() {
        let definition = &schema["$defs"][&name];
        write!(text, "\n## {}\n", heading(&name)).unwrap();
        text.push_str(&body(definition));
        for more in names(definition) {
            if !named.contains(&more) {
                named.push(more);
            }
        }
        next += 1;
    }
    let all = schema["$defs"].as_object().unwrap();
    assert_eq!(named.len(), all.len(), "every definition is reached: {named:?}");
    is_fresh("scenario-reference.md", &text);
}

/// `StepForm` is a `Step` for readers.
fn heading(name: &str) -> &str {
    name.strip_suffix("Form").unwrap_or(name)
}

fn body(schema: &Value) -> String {
    let mut text = String::new();
    if let Some(description) = schema["description"].as_str() {
        write!(text, "\n{description}\n").unwrap();
    }
    if schema["properties"].is_object() {
        text.push_str(&properties(schema));
    } else if let Some(variants) = variants(schema) {
        text.push_str("\nOne of:\n\n");
        for variant in variants {
            writeln!(text, "- {}", choice(variant)).unwrap();
        }
        // The full form of something that also has a short one.
        for variant in variants.iter().filter(|variant| !is_single(variant)) {
            if let Some(description) = variant["description"].as_str() {
                write!(text, "\n{description}\n").unwrap();
            }
            text.push_str(&properties(variant));
        }
    } else {
        write!(text, "\nWritten as {}.\n", kind(schema)).unwrap();
    }
    text
}

fn variants(schema: &Value) -> Option<&Vec<Value>> {
    schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array())
}

/// True of `key: value`, a choice by its name, as actions are, and of everything that is no map.
fn is_single(variant: &Value) -> bool {
    variant["properties"].as_object().is_none_or(|properties| properties.len() == 1)
}

fn choice(variant: &Value) -> String {
    let description = variant["description"].as_str().map(|text| format!(": {text}")).unwrap_or_default();
    match variant["properties"].as_object() {
        Some(properties) if properties.len() == 1 => {
            let (name, value) = properties.iter().next().unwrap();
            format!("`{name}:` {}{description}", kind(value))
        }
        Some(_) => "a map, as follows".to_owned(),
        None => format!("{}{description}", kind(variant)),
    }
}

fn properties(schema: &Value) -> String {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut text = "\n| key | value | |\n| --- | --- | --- |\n".to_owned();
    for (name, value) in schema["properties"].as_object().unwrap() {
        let needed = if required.contains(&name.as_str()) { " **required**" } else { "" };
        let description = value["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        writeln!(text, "| `{name}` | {} | {description}{needed} |", kind(value)).unwrap();
    }
    text
}

/// What a value is, in words and links.
fn kind(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return format!("[{}](#{})", heading(name), heading(name).to_lowercase());
    }
    if let Some(constant) = schema.get("const") {
        return format!("`{}`", constant.as_str().map_or_else(|| constant.to_string(), str::to_owned));
    }
    if let Some(variants) = variants(schema) {
        let kinds: Vec<String> = variants.iter().filter(|each| each["type"] != "null").map(kind).collect();
        return kinds.join(" or ");
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        _ => vec!["anything"],
    };
    let kinds = types.into_iter().map(|name| match name {
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("map to {}", kind(&schema["additionalProperties"]))
        }
        "object" => "map".to_owned(),
        "string" => "text".to_owned(),
        "integer" | "number" => "number".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        other => other.to_owned(),
    });
    kinds.collect::<Vec<_>>().join(" or ")
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// The definitions that a schema names, in order.
fn names(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(schema, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(name) = reference(value).filter(|name| !found.iter().any(|known| known == name)) {
                found.push(name.to_owned());
            }
            map.iter().filter(|(key, _)| *key != "$defs").for_each(|(_, value)| collect(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}
