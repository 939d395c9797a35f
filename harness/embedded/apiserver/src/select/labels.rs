use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector as Typed;
use serde_json::Value;

use crate::ApiError;

/// A label selector as clients write it: `app=tdengine,tier in (a, b),!old`.
#[derive(Clone, Debug, Default)]
pub(crate) struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
    Above(i64),
    Below(i64),
}

impl LabelSelector {
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        let parts = split(text);
        let requirements = parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(requirement);
        requirements
            .collect::<Option<_>>()
            .map(Self)
            .ok_or_else(|| ApiError::bad_request(format!("unable to parse requirement: {text}")))
    }

    /// True if it selects everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn covers(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.0.iter().all(|requirement| {
            let value = labels.get(&requirement.key).and_then(Value::as_str);
            match &requirement.test {
                Test::In(allowed) => value.is_some_and(|value| allowed.iter().any(|one| one == value)),
                Test::NotIn(refused) => value.is_none_or(|value| refused.iter().all(|one| one != value)),
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
                Test::Above(bound) => {
                    value.and_then(|value| value.parse().ok()).is_some_and(|number: i64| number > *bound)
                }
                Test::Below(bound) => {
                    value.and_then(|value| value.parse().ok()).is_some_and(|number: i64| number < *bound)
                }
            }
        })
    }
}

/// Splits at commas outside parentheses.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn requirement(part: &str) -> Option<Requirement> {
    let made = |key: &str, test| {
        let key = key.trim();
        valid_key(key).then(|| Requirement { key: key.to_owned(), test })
    };
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some(key) = part.strip_prefix('!') {
        return made(key, Test::Missing);
    }
    if let Some((key, value)) = part.split_once("!=") {
        return made(key, Test::NotIn(one(value)));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return made(key, Test::In(one(value)));
    }
    if let Some((key, bound)) = part.split_once('>') {
        return made(key, Test::Above(bound.trim().parse().ok()?));
    }
    if let Some((key, bound)) = part.split_once('<') {
        return made(key, Test::Below(bound.trim().parse().ok()?));
    }
    if let Some((head, values)) = part.split_once('(') {
        let values = values.trim_end().strip_suffix(')')?;
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let mut words = head.split_whitespace();
        return match (words.next()?, words.next()?, words.next()) {
            (key, "in", None) => made(key, Test::In(values)),
            (key, "notin", None) => made(key, Test::NotIn(values)),
            _ => None,
        };
    }
    made(part, Test::Exists)
}

fn valid_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./".contains(letter))
}

/// True if a selector of an object (`matchLabels` and `matchExpressions`) covers these labels.
pub(crate) fn matches_labels(selector: &Typed, labels: Option<&BTreeMap<String, String>>) -> bool {
    let value = |key: &str| labels.and_then(|labels| labels.get(key));
    let equal = selector.match_labels.iter().flatten().all(|(key, wanted)| value(key) == Some(wanted));
    equal
        && selector.match_expressions.iter().flatten().all(|expression| {
            let values = expression.values.as_deref().unwrap_or_default();
            let present = value(&expression.key);
            match expression.operator.as_str() {
                "In" => present.is_some_and(|present| values.contains(present)),
                "NotIn" => present.is_none_or(|present| !values.contains(present)),
                "Exists" => present.is_some(),
                "DoesNotExist" => present.is_none(),
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("", true)]
    #[case("app=tdengine", true)]
    #[case("app==tdengine,tier", true)]
    #[case("app!=tdengine", false)]
    #[case("app in (a, tdengine),other notin (x,y)", true)]
    #[case("!app", false)]
    #[case("!other", true)]
    #[case("n>4,n<6", true)]
    #[case("n>5", false)]
    fn selectors_select(#[case] text: &str, #[case] covers: bool) {
        let object = json!({"metadata": {"labels": {"app": "tdengine", "tier": "", "n": "5"}}});
        assert_eq!(LabelSelector::parse(text).unwrap().covers(&object), covers);
    }

    #[rstest]
    #[case("a in b")]
    #[case("a near (b)")]
    #[case("a in (b")]
    #[case("a b")]
    #[case("=x")]
    fn nonsense_is_refused(#[case] text: &str) {
        assert_eq!(LabelSelector::parse(text).unwrap_err().code, 400);
    }
}
