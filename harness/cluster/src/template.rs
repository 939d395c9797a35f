use std::collections::BTreeMap;

use k8s_openapi::api::{apps::v1::StatefulSet, core::v1::Container};
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::{Cluster, ClusterError, Problem, Result};

/// What can be changed of the pods of a `StatefulSet` while they run: each pod that it concerns is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Environment variables of the first container; one without a value is not set.
    pub environment: BTreeMap<String, Option<String>>,
    /// Image of the first container; none leaves it as it is.
    pub image: Option<String>,
    /// The lowest ordinal that gets a change of the template (`updateStrategy.rollingUpdate.partition`).
    pub partition: u32,
}

impl Cluster {
    /// Changes the template of a `StatefulSet`'s pods, and returns what it was. Returns when the API server has accepted
    /// it; the pods are replaced afterwards.
    ///
    /// # Errors
    ///
    /// Those of the API server; a set without a container, or a variable that has no plain value there.
    pub async fn change_template(&self, stateful_set: &str, wanted: &Template) -> Result<Template> {
        let tried = format!("change the template of the pods of statefulset/{stateful_set}");
        let api = self.api::<StatefulSet>();
        let set = self.request(&tried, api.get(stateful_set)).await?;
        let strategy = set.spec.update_strategy.and_then(|strategy| strategy.rolling_update);
        let partition = strategy.and_then(|rolling| rolling.partition).and_then(|at| u32::try_from(at).ok());
        let containers = set.spec.template.spec.map(|pod| pod.containers).unwrap_or_default();
        let refused = |why: String| ClusterError::new(tried.clone(), Problem::Invalid(why));
        let Some(container) = containers.first() else { return Err(refused("it has no container".to_owned())) };
        let before = Template {
            environment: values(container, wanted.environment.keys()).map_err(refused)?,
            image: wanted.image.as_ref().and(container.image.clone()),
            partition: partition.unwrap_or(0),
        };
        let variables: Vec<_> = wanted
            .environment
            .iter()
            .map(|(name, value)| match value {
                Some(value) => json!({ "name": name, "value": value, "valueFrom": null }),
                None => json!({ "name": name, "$patch": "delete" }),
            })
            .collect();
        let mut changed = json!({ "name": container.name, "env": variables });
        if let (Some(image), Some(fields)) = (&wanted.image, changed.as_object_mut()) {
            fields.insert("image".to_owned(), json!(image));
        }
        let containers = json!([changed]);
        let patch = json!({ "spec": {
            "updateStrategy": { "type": "RollingUpdate", "rollingUpdate": { "partition": wanted.partition } },
            "template": { "spec": { "containers": containers } },
        } });
        self.request(&tried, api.patch(stateful_set, &PatchParams::default(), &Patch::Strategic(&patch))).await?;
        Ok(before)
    }
}

/// The values that variables have in a container.
fn values<'a>(
    container: &Container,
    names: impl Iterator<Item = &'a String>,
) -> std::result::Result<BTreeMap<String, Option<String>>, String> {
    let variables = container.env.iter().flatten();
    names
        .map(|name| match variables.clone().find(|variable| variable.name == *name) {
            Some(variable) if variable.value_from.is_some() => {
                Err(format!("{name} comes from elsewhere, so it could not be set back"))
            }
            Some(variable) => Ok((name.clone(), Some(variable.value.clone().unwrap_or_default()))),
            None => Ok((name.clone(), None)),
        })
        .collect()
}
