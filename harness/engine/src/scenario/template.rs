use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

/// A text with variables, such as `drop dnode '${endpoint(2)}'`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(Variable),
}

/// What a scenario can refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variable {
    EndPoint(u32),
    Host(u32),
    Pod(u32),
    Pvc(u32),
    FirstEndPoint,
    Namespace,
    Service,
    StatefulSet,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// A `${` without its `}`.
    #[error("`${{` without `}}`")]
    Unclosed,
    /// A variable that does not exist.
    #[error(
        "unknown variable `${{{0}}}`; there are ${{endpoint(N)}}, ${{host(N)}}, ${{pod(N)}}, ${{pvc(N)}}, ${{firstEp}}, \
         ${{namespace}}, ${{service}} and ${{statefulset}}, with N the ordinal of a pod"
    )]
    Unknown(String),
}

/// The names that variables stand for; they follow from the manifests and the namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The namespace that the scenario runs in.
    pub namespace: String,
    /// Name of the StatefulSet.
    pub statefulset: String,
    /// Name of its Service.
    pub service: String,
    /// Name of the volume claim template.
    pub claim: String,
    /// Name of the ConfigMap.
    pub config: String,
    /// Label selector of the pods, as `key=value`.
    pub selector: String,
    /// The port of end points.
    pub port: u16,
}

impl Names {
    /// Name of the pod with this ordinal.
    pub fn pod(&self, ordinal: u32) -> String {
        format!("{}-{ordinal}", self.statefulset)
    }

    /// Host name of the pod with this ordinal.
    pub fn host(&self, ordinal: u32) -> String {
        format!("{}.{}.{}.svc.cluster.local", self.pod(ordinal), self.service, self.namespace)
    }

    /// End point of the pod with this ordinal.
    pub fn end_point(&self, ordinal: u32) -> String {
        format!("{}:{}", self.host(ordinal), self.port)
    }

    /// Name of the volume claim of the pod with this ordinal.
    pub fn pvc(&self, ordinal: u32) -> String {
        format!("{}-{}", self.claim, self.pod(ordinal))
    }

    /// The ordinal in the name of a pod of the StatefulSet.
    pub fn ordinal(&self, pod: &str) -> Option<u32> {
        pod.strip_prefix(&self.statefulset)?.strip_prefix('-')?.parse().ok()
    }
}

impl Template {
    /// The text with every variable replaced.
    pub fn expand(&self, names: &Names) -> String {
        self.0.iter().map(|part| part.expand(names)).collect()
    }
}

impl Part {
    fn expand<'a>(&'a self, names: &'a Names) -> Cow<'a, str> {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Variable(Variable::EndPoint(ordinal)) => names.end_point(*ordinal).into(),
            Self::Variable(Variable::Host(ordinal)) => names.host(*ordinal).into(),
            Self::Variable(Variable::Pod(ordinal)) => names.pod(*ordinal).into(),
            Self::Variable(Variable::Pvc(ordinal)) => names.pvc(*ordinal).into(),
            Self::Variable(Variable::FirstEndPoint) => names.end_point(0).into(),
            Self::Variable(Variable::Namespace) => names.namespace.as_str().into(),
            Self::Variable(Variable::Service) => names.service.as_str().into(),
            Self::Variable(Variable::StatefulSet) => names.statefulset.as_str().into(),
        }
    }
}

impl FromStr for Variable {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let unknown = || TemplateError::Unknown(text.to_owned());
        let Some((name, argument)) = text.split_once('(') else {
            return match text {
                "firstEp" => Ok(Self::FirstEndPoint),
                "namespace" => Ok(Self::Namespace),
                "service" => Ok(Self::Service),
                "statefulset" => Ok(Self::StatefulSet),
                _ => Err(unknown()),
            };
        };
        let ordinal = argument.strip_suffix(')').and_then(|ordinal| ordinal.parse().ok()).ok_or_else(unknown)?;
        match name {
            "endpoint" => Ok(Self::EndPoint(ordinal)),
            "host" => Ok(Self::Host(ordinal)),
            "pod" => Ok(Self::Pod(ordinal)),
            "pvc" => Ok(Self::Pvc(ordinal)),
            _ => Err(unknown()),
        }
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let (variable, behind) = behind.split_once('}').ok_or(TemplateError::Unclosed)?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Variable(variable.trim().parse()?));
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Variable(Variable::EndPoint(ordinal)) => write!(f, "${{endpoint({ordinal})}}"),
            Part::Variable(Variable::Host(ordinal)) => write!(f, "${{host({ordinal})}}"),
            Part::Variable(Variable::Pod(ordinal)) => write!(f, "${{pod({ordinal})}}"),
            Part::Variable(Variable::Pvc(ordinal)) => write!(f, "${{pvc({ordinal})}}"),
            Part::Variable(Variable::FirstEndPoint) => f.write_str("${firstEp}"),
            Part::Variable(Variable::Namespace) => f.write_str("${namespace}"),
            Part::Variable(Variable::Service) => f.write_str("${service}"),
            Part::Variable(Variable::StatefulSet) => f.write_str("${statefulset}"),
        })
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Template {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    pub(crate) fn names() -> Names {
        Names {
            namespace: "ns".into(),
            statefulset: "tdengine".into(),
            service: "taosd".into(),
            claim: "taosdata".into(),
            config: "taoscfg".into(),
            selector: "app=tdengine".into(),
            port: 6030,
        }
    }

    #[rstest]
    #[case("drop dnode '${endpoint(2)}'", "drop dnode 'tdengine-2.taosd.ns.svc.cluster.local:6030'")]
    #[case("${firstEp}", "tdengine-0.taosd.ns.svc.cluster.local:6030")]
    #[case("pvc/${pvc(1)}", "pvc/taosdata-tdengine-1")]
    #[case("${ pod(3) }/${namespace}/${service}/${statefulset}", "tdengine-3/ns/taosd/tdengine")]
    #[case("$HOME costs $5", "$HOME costs $5")]
    fn expands(#[case] text: &str, #[case] expanded: &str) {
        assert_eq!(text.parse::<Template>().unwrap().expand(&names()), expanded);
    }

    #[rstest]
    #[case("${endpoint}")]
    #[case("${endpoint(x)}")]
    #[case("${endpoint(1}")]
    #[case("${nobody(1)}")]
    #[case("${")]
    #[case("${}")]
    fn refuses(#[case] text: &str) {
        assert!(text.parse::<Template>().is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "(\\$|\\{|\\}|\\(|\\)|endpoint|pod|firstEp|[0-9]|.){0,12}") {
            if let Ok(template) = text.parse::<Template>() {
                prop_assert_eq!(template.to_string().parse::<Template>(), Ok(template));
            }
        }
    }
}
