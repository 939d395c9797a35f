use serde_json::Value;

use crate::{ApiError, kind::Kind};

/// A field selector as clients write it: `metadata.name=tdengine-0,status.phase!=Running`.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldSelector(Vec<Requirement>);

#[derive(Clone, Debug)]
struct Requirement {
    pointer: String,
    value: String,
    equal: bool,
}

impl FieldSelector {
    pub(crate) fn parse(kind: &Kind, text: &str) -> Result<Self, ApiError> {
        let parts = text.split(',').filter(|part| !part.trim().is_empty());
        parts.map(|part| requirement(kind, text, part)).collect::<Result<_, _>>().map(Self)
    }

    /// True if it selects everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn covers(&self, object: &Value) -> bool {
        self.0.iter().all(|requirement| {
            let present = match object.pointer(&requirement.pointer) {
                Some(Value::String(text)) => text.clone(),
                None | Some(Value::Null) => String::new(),
                Some(other) => other.to_string(),
            };
            let unset_flag = present.is_empty() && requirement.value == "false";
            (present == requirement.value || unset_flag) == requirement.equal
        })
    }
}

fn requirement(kind: &Kind, whole: &str, part: &str) -> Result<Requirement, ApiError> {
    let (key, value, equal) = if let Some((key, value)) = part.split_once("!=") {
        (key, value, false)
    } else if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        (key, value, true)
    } else {
        let text = format!("invalid selector: '{whole}'; can't understand '{part}'");
        return Err(ApiError::bad_request(text));
    };
    if !selectable(kind, key) {
        return Err(ApiError::bad_request(format!(
            "Unable to find \"{}, Resource={}\" that match label selector \"\", field selector \"{whole}\": field label not supported: {key}",
            kind.api_version().replace("/v", ", Version=v"),
            kind.plural
        )));
    }
    Ok(Requirement { pointer: format!("/{}", key.replace('.', "/")), value: value.to_owned(), equal })
}

fn selectable(kind: &Kind, key: &str) -> bool {
    let own: &[&str] = match kind.kind {
        "Pod" => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        "Event" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        "Secret" => &["type"],
        "Namespace" => &["status.phase"],
        "Node" => &["spec.unschedulable"],
        "Service" => &["spec.clusterIP", "spec.type"],
        _ => &[],
    };
    matches!(key, "metadata.name" | "metadata.namespace") || own.contains(&key)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind::of;

    #[test]
    fn fields_are_compared_and_unknown_ones_refused() {
        let kind = of("", "Pod").unwrap();
        let pod = json!({"metadata": {"name": "a"}, "status": {"phase": "Running"}});
        let covers = |text| FieldSelector::parse(kind, text).map(|selector| selector.covers(&pod));
        assert_eq!(covers("metadata.name=a,status.phase!=Pending"), Ok(true));
        assert_eq!(covers("spec.nodeName="), Ok(true));
        assert_eq!(covers("spec.hostNetwork=false"), Ok(true));
        assert_eq!(covers("status.phase==Pending"), Ok(false));
        let refused = covers("spec.color=red").unwrap_err();
        assert!(refused.message.ends_with("field label not supported: spec.color"), "{refused}");
    }
}
