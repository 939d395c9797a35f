//! Values that are nobody's business are taken out of evidence.

use serde_json::Value;

const SECRET_WORDS: [&str; 6] = ["password", "passwd", "secret", "token", "apikey", "credential"];

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['_', '-'], "");
    // The name of a secret is none.
    name != "secretname" && SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Replaces the values of environment variables and keys whose names speak of secrets.
pub(super) fn redact_value(value: &mut Value, secret: bool) {
    match value {
        Value::Object(map) => {
            let named = map.get("name").and_then(Value::as_str).is_some_and(is_secret);
            for (key, inner) in map.iter_mut() {
                redact_value(inner, (named && key == "value") || is_secret(key) && inner.is_string());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact_value(item, false)),
        Value::String(text) if secret => "(redacted)".clone_into(text),
        Value::String(text) => *text = redact(text),
        _ => {}
    }
}

/// Replaces what follows `password=`, `token:` and the like in free text.
pub(super) fn redact(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut words: Vec<String> = Vec::new();
        let mut hide_next = false;
        for word in line.split(' ') {
            if hide_next && !word.is_empty() {
                words.push("(redacted)".to_owned());
                hide_next = false;
                continue;
            }
            match word.find(['=', ':']) {
                Some(at) if is_secret(&word[..at]) && at + 1 < word.len() => {
                    words.push(format!("{}(redacted)", &word[..=at]));
                }
                Some(at) if is_secret(&word[..at]) => {
                    hide_next = true;
                    words.push(word.to_owned());
                }
                _ => words.push(word.to_owned()),
            }
        }
        lines.push(words.join(" "));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("login password=taosdata ok", "login password=(redacted) ok")]
    #[case("TOKEN: abc def", "TOKEN: (redacted) def")]
    #[case("nothing to hide: 1=2", "nothing to hide: 1=2")]
    fn secrets_in_text_are_hidden(#[case] text: &str, #[case] redacted: &str) {
        assert_eq!(redact(text), redacted);
    }

    #[test]
    fn secrets_in_objects_are_hidden() {
        let mut value = json!({
            "env": [{ "name": "TAOS_ROOT_PASSWORD", "value": "x" }, { "name": "TZ", "value": "UTC" }],
            "token": "y", "automountServiceAccountToken": true, "secret": { "secretName": "z" },
        });
        redact_value(&mut value, false);
        assert_eq!(value["env"][0]["value"], "(redacted)");
        assert_eq!(value["env"][1]["value"], "UTC");
        assert_eq!(value["token"], "(redacted)");
        assert_eq!(value["automountServiceAccountToken"], true);
        assert_eq!(value["secret"]["secretName"], "z");
    }
}
