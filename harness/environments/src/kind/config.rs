use std::path::Path;

use serde::Deserialize;

use crate::{Cause, EnvironmentError, Result};

const ONE_NODE: &str = include_str!("../../../../kind-config/one-node.yaml");
const THREE_WORKERS: &str = include_str!("../../../../kind-config/three-workers.yaml");

/// A definition of a kind cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterConfig {
    /// What it is called in messages: a path, or the name of one that is built in.
    pub name: String,
    /// Its text.
    pub text: String,
    /// How many nodes it has.
    pub nodes: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    kind: String,
    api_version: String,
    #[serde(default)]
    nodes: Vec<serde_json::Value>,
}

impl ClusterConfig {
    /// `kind-config/one-node.yaml`, which is built in.
    pub fn one_node() -> Self {
        Self { name: "one-node".to_owned(), text: ONE_NODE.to_owned(), nodes: 1 }
    }

    /// `kind-config/three-workers.yaml`, which is built in.
    pub fn three_workers() -> Self {
        Self { name: "three-workers".to_owned(), text: THREE_WORKERS.to_owned(), nodes: 4 }
    }

    /// The one that an option names: `one-node`, `three-workers`, or a file.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "one-node" => Ok(Self::one_node()),
            "three-workers" => Ok(Self::three_workers()),
            file => Self::read(Path::new(file)),
        }
    }

    /// Reads a file.
    pub fn read(file: &Path) -> Result<Self> {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| {
            let advice = "name a file, or `one-node` or `three-workers`, which are built in";
            EnvironmentError::new(
                Cause::Config,
                format!("read the kind configuration {name}"),
                error.to_string(),
                advice,
            )
        })?;
        Self::parse(name, text)
    }

    fn parse(name: String, text: String) -> Result<Self> {
        let wrong = |happened: String| {
            let advice = "see https://kind.sigs.k8s.io/docs/user/configuration, and `kind-config/` for examples";
            EnvironmentError::new(Cause::Config, format!("read the kind configuration {name}"), happened, advice)
        };
        let form: Form = serde_saphyr::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if form.kind != "Cluster" || !form.api_version.starts_with("kind.x-k8s.io/") {
            return Err(wrong(format!(
                "it is `{}` of `{}`, not `Cluster` of `kind.x-k8s.io/v1alpha4`",
                form.kind, form.api_version
            )));
        }
        Ok(Self { nodes: form.nodes.len().max(1), name, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_ones_are_what_they_say() {
        for config in [ClusterConfig::one_node(), ClusterConfig::three_workers()] {
            let read = ClusterConfig::parse(config.name.clone(), config.text.clone()).unwrap();
            assert_eq!(read, config);
        }
    }

    #[test]
    fn what_is_no_kind_configuration_is_refused() {
        let error = ClusterConfig::parse("x.yaml".to_owned(), "kind: Pod\napiVersion: v1\n".to_owned()).unwrap_err();
        assert_eq!(error.cause, Cause::Config);
        assert!(error.happened.contains("`Pod` of `v1`"), "{error}");
        assert!(ClusterConfig::parse("x.yaml".to_owned(), "kind: [".to_owned()).is_err());
        assert_eq!(ClusterConfig::named("/nonexistent.yaml").unwrap_err().cause, Cause::Config);
    }

    #[test]
    fn without_nodes_there_is_one() {
        let text = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n".to_owned();
        assert_eq!(ClusterConfig::parse("x".to_owned(), text).unwrap().nodes, 1);
    }
}
