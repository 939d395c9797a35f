use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde_json::Value;

use crate::Cause;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const SHORT: &str = "must be no more than 63 bytes";
const LONG: &str = "must be no more than 253 bytes";

/// Which names an object may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Subdomain,
    Label,
    /// Begins with a letter.
    Label1035,
}

fn is_label(text: &str) -> bool {
    let inner = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_name_part(text: &str) -> bool {
    let inner = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_' | b'.');
    let ends = |letter: Option<u8>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    text.bytes().all(inner) && ends(text.bytes().next()) && ends(text.bytes().next_back())
}

/// Checks a name; an empty one is the caller's business.
pub(super) fn name(faults: &mut Vec<Cause>, field: &str, text: &str, rule: Rule) {
    let mut fault = |message| faults.push(Cause::invalid(field, &text.into(), message));
    match rule {
        Rule::Subdomain => {
            if text.len() > 253 {
                fault(LONG);
            }
            if !text.split('.').all(is_label) {
                fault(SUBDOMAIN);
            }
        }
        Rule::Label | Rule::Label1035 => {
            if text.len() > 63 {
                fault(SHORT);
            }
            let letter = text.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
            if !is_label(text) || (rule == Rule::Label1035 && !letter) {
                fault(if rule == Rule::Label { LABEL } else { LABEL_1035 });
            }
        }
    }
}

/// Checks what all objects have.
pub(super) fn meta(faults: &mut Vec<Cause>, meta: &ObjectMeta, rule: Rule) {
    match meta.name.as_deref() {
        None | Some("") => faults.push(Cause::required("metadata.name", "name or generateName is required")),
        Some(text) => name(faults, "metadata.name", text, rule),
    }
    labels(faults, "metadata.labels", meta.labels.iter().flatten());
    for key in meta.annotations.iter().flatten().map(|(key, _)| key) {
        // Keys of annotations may be written in capitals.
        qualified(faults, "metadata.annotations", &key.to_ascii_lowercase());
    }
    for finalizer in meta.finalizers.iter().flatten() {
        qualified(faults, "metadata.finalizers", finalizer);
    }
}

pub(super) fn labels<'a>(faults: &mut Vec<Cause>, field: &str, labels: impl Iterator<Item = (&'a String, &'a String)>) {
    for (key, value) in labels {
        qualified(faults, field, key);
        let mut fault = |message| faults.push(Cause::invalid(field, &value.as_str().into(), message));
        if value.len() > 63 {
            fault(SHORT);
        }
        if !value.is_empty() && !is_name_part(value) {
            fault(LABEL_VALUE);
        }
    }
}

/// A key with an optional prefix: `app`, `kubernetes.io/hostname`.
fn qualified(faults: &mut Vec<Cause>, field: &str, key: &str) {
    let (prefix, part) = key.split_once('/').map_or((None, key), |(prefix, part)| (Some(prefix), part));
    let mut fault = |message: &str| faults.push(Cause::invalid(field, &key.into(), message));
    match prefix {
        Some("") => fault("prefix part must be non-empty"),
        Some(prefix) if prefix.len() > 253 || !prefix.split('.').all(is_label) => {
            fault(&format!("prefix part {SUBDOMAIN}"));
        }
        _ => {}
    }
    if part.is_empty() {
        fault("name part must be non-empty");
    } else if part.len() > 63 {
        fault(&format!("name part {SHORT}"));
    }
    if !is_name_part(part) {
        fault(NAME_PART);
    }
}

/// A key of a ConfigMap or a Secret.
pub(super) fn config_key(faults: &mut Vec<Cause>, map: &str, key: &str) {
    let field = format!("{map}[{key}]");
    let mut fault = |message| faults.push(Cause::invalid(field.as_str(), &key.into(), message));
    let allowed = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_' | b'.');
    if key.is_empty() || !key.bytes().all(allowed) {
        fault(CONFIG_KEY);
    } else if matches!(key, "." | "..") || key.starts_with("..") {
        fault("must not start with '..'");
    }
}

/// A name of a port: at most 15 letters, digits and single hyphens, with a letter among them.
pub(super) fn port_name(faults: &mut Vec<Cause>, field: &str, text: &str) {
    let mut fault = |message| faults.push(Cause::invalid(field, &text.into(), message));
    if text.len() > 15 {
        fault("must be no more than 15 characters");
    }
    if !text.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-') {
        fault("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if !text.bytes().any(|letter| letter.is_ascii_lowercase()) {
        fault("must contain at least one letter (a-z)");
    }
    if text.contains("--") {
        fault("must not contain consecutive hyphens");
    }
    if text.starts_with('-') || text.ends_with('-') {
        fault("must not begin or end with a hyphen");
    }
}

pub(super) fn selector(faults: &mut Vec<Cause>, field: &str, selector: &LabelSelector) {
    labels(faults, &format!("{field}.matchLabels"), selector.match_labels.iter().flatten());
    for (index, expression) in selector.match_expressions.iter().flatten().enumerate() {
        let field = format!("{field}.matchExpressions[{index}]");
        let given = expression.values.as_ref().is_some_and(|values| !values.is_empty());
        match expression.operator.as_str() {
            "In" | "NotIn" if !given => faults.push(Cause::required(
                format!("{field}.values"),
                "must be specified when `operator` is 'In' or 'NotIn'",
            )),
            "Exists" | "DoesNotExist" if given => faults.push(Cause::forbidden(
                format!("{field}.values"),
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            )),
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => {
                let value = Value::from(other);
                faults.push(Cause::invalid(format!("{field}.operator"), &value, "not a valid selector operator"));
            }
        }
        qualified(faults, &format!("{field}.key"), &expression.key);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("tdengine-0", Rule::Label, 0)]
    #[case("tdengine.0", Rule::Subdomain, 0)]
    #[case("tdengine.0", Rule::Label, 1)]
    #[case("TDengine", Rule::Subdomain, 1)]
    #[case("0a", Rule::Label1035, 1)]
    #[case("a-", Rule::Label1035, 1)]
    #[case(&"a".repeat(64), Rule::Label, 1)]
    fn names_are_checked(#[case] text: &str, #[case] rule: Rule, #[case] count: usize) {
        let mut faults = Vec::new();
        name(&mut faults, "metadata.name", text, rule);
        assert_eq!(faults.len(), count, "{faults:?}");
    }

    #[rstest]
    #[case("app", 0)]
    #[case("kubernetes.io/hostname", 0)]
    #[case("/x", 1)]
    #[case("a b", 1)]
    fn keys_are_checked(#[case] key: &str, #[case] count: usize) {
        let mut faults = Vec::new();
        qualified(&mut faults, "metadata.labels", key);
        assert_eq!(faults.len(), count, "{faults:?}");
    }
}
