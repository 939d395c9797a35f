use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::NodeSelectorRequirement,
    apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement, ObjectMeta},
};

/// True if an object's labels fit the selector. An empty selector fits everything.
pub(crate) fn matches(selector: &LabelSelector, meta: &ObjectMeta) -> bool {
    let none = BTreeMap::new();
    let labels = meta.labels.as_ref().unwrap_or(&none);
    let equal = selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    equal && selector.match_expressions.iter().flatten().all(|requirement| fits(requirement, labels))
}

/// True if an object has all these labels. No labels fit nothing, as in a Service without selector.
pub(crate) fn has_all(wanted: Option<&BTreeMap<String, String>>, meta: &ObjectMeta) -> bool {
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else { return false };
    wanted.iter().all(|(key, value)| meta.labels.as_ref().and_then(|labels| labels.get(key)) == Some(value))
}

fn fits(requirement: &LabelSelectorRequirement, labels: &BTreeMap<String, String>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    compare(&requirement.operator, values, labels.get(&requirement.key))
}

/// True if a node's labels fit one requirement of a node selector.
pub(crate) fn node_fits(requirement: &NodeSelectorRequirement, labels: &BTreeMap<String, String>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    compare(&requirement.operator, values, labels.get(&requirement.key))
}

fn compare(operator: &str, values: &[String], found: Option<&String>) -> bool {
    let number = |text: Option<&String>| text.and_then(|text| text.parse::<i64>().ok());
    match operator {
        "In" => found.is_some_and(|found| values.contains(found)),
        "NotIn" => found.is_none_or(|found| !values.contains(found)),
        "Exists" => found.is_some(),
        "DoesNotExist" => found.is_none(),
        "Gt" => number(found).zip(number(values.first())).is_some_and(|(found, bound)| found > bound),
        "Lt" => number(found).zip(number(values.first())).is_some_and(|(found, bound)| found < bound),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("In", &["a", "b"], Some("a"), true)]
    #[case("In", &["a"], None, false)]
    #[case("NotIn", &["a"], None, true)]
    #[case("NotIn", &["a"], Some("a"), false)]
    #[case("Exists", &[], Some("x"), true)]
    #[case("DoesNotExist", &[], Some("x"), false)]
    #[case("Gt", &["3"], Some("4"), true)]
    #[case("Lt", &["3"], Some("4"), false)]
    #[case("Nonsense", &[], Some("4"), false)]
    fn operators_compare(
        #[case] operator: &str,
        #[case] values: &[&str],
        #[case] found: Option<&str>,
        #[case] fits: bool,
    ) {
        let values: Vec<_> = values.iter().map(|value| (*value).to_owned()).collect();
        assert_eq!(compare(operator, &values, found.map(str::to_owned).as_ref()), fits);
    }

    #[test]
    fn a_service_without_selector_selects_nothing() {
        assert!(!has_all(Some(&BTreeMap::new()), &ObjectMeta::default()));
        assert!(matches(&LabelSelector::default(), &ObjectMeta::default()));
    }
}
