use std::collections::BTreeMap;

use kube::{ResourceExt, core::DynamicObject};
use serde_json::{Map, Value, json};

use super::{ManifestError, Manifests};

fn error(edit: &str, message: impl Into<String>) -> ManifestError {
    ManifestError::Edit { edit: edit.to_owned(), message: message.into() }
}

/// The mapping at `path`, made where it is missing.
fn mapping<'a>(value: &'a mut Value, path: &[&str]) -> Option<&'a mut Map<String, Value>> {
    let mut at = value;
    for step in path {
        let map = at.as_object_mut()?;
        at = map.entry(*step).or_insert_with(|| json!({}));
        if at.is_null() {
            *at = json!({});
        }
    }
    at.as_object_mut()
}

fn is(object: &DynamicObject, api_version: &str, kind: &str) -> bool {
    object.types.as_ref().is_some_and(|types| types.api_version == api_version && types.kind == kind)
}

impl Manifests {
    fn stateful_sets(&mut self) -> impl Iterator<Item = &mut DynamicObject> {
        self.0.iter_mut().map(|manifest| &mut manifest.object).filter(|object| is(object, "apps/v1", "StatefulSet"))
    }

    /// The only `StatefulSet`, or why there is not just one.
    fn one_stateful_set(&mut self, edit: &str) -> Result<&mut DynamicObject, ManifestError> {
        let names: Vec<String> = self.stateful_sets().map(|set| set.name_any()).collect();
        if names.len() > 1 {
            return Err(error(edit, format!("there are several StatefulSets: {}", names.join(", "))));
        }
        self.stateful_sets().next().ok_or_else(|| error(edit, "there is no StatefulSet"))
    }

    /// The name of the only `StatefulSet`.
    pub fn stateful_set_name(&self) -> Result<String, ManifestError> {
        let sets = self.iter().map(super::Manifest::object).filter(|object| is(object, "apps/v1", "StatefulSet"));
        let names: Vec<String> = sets.map(ResourceExt::name_any).collect();
        match names.as_slice() {
            [name] => Ok(name.clone()),
            [] => Err(error("find the StatefulSet", "there is none")),
            _ => Err(error("find the StatefulSet", format!("there are several: {}", names.join(", ")))),
        }
    }

    /// The first container of the only `StatefulSet`: the server. Others are helpers.
    fn container(&mut self, edit: &str) -> Result<&mut Map<String, Value>, ManifestError> {
        let set = self.one_stateful_set(edit)?;
        let found = set.data.pointer_mut("/spec/template/spec/containers/0").and_then(Value::as_object_mut);
        found.ok_or_else(|| error(edit, "the StatefulSet has no container"))
    }

    fn pod_spec(&mut self, edit: &str) -> Result<&mut Map<String, Value>, ManifestError> {
        let set = self.one_stateful_set(edit)?;
        mapping(&mut set.data, &["spec", "template", "spec"]).ok_or_else(|| error(edit, "the StatefulSet has no pods"))
    }

    /// Sets the image of the server's container.
    pub fn set_image(&mut self, image: &str) -> Result<(), ManifestError> {
        self.container("set the image")?.insert("image".to_owned(), image.into());
        Ok(())
    }

    /// Sets when the image is pulled: `Always`, `IfNotPresent` or `Never`.
    pub fn set_pull_policy(&mut self, policy: &str) -> Result<(), ManifestError> {
        const EDIT: &str = "set the pull policy";
        if !["Always", "IfNotPresent", "Never"].contains(&policy) {
            return Err(error(EDIT, format!("`{policy}` is not one of Always, IfNotPresent, Never")));
        }
        self.container(EDIT)?.insert("imagePullPolicy".to_owned(), policy.into());
        Ok(())
    }

    /// Sets the storage class of all claim templates; `None` leaves it to the cluster's default.
    pub fn set_storage_class(&mut self, class: Option<&str>) -> Result<(), ManifestError> {
        const EDIT: &str = "set the storage class";
        let set = self.one_stateful_set(EDIT)?;
        let templates = set.data.pointer_mut("/spec/volumeClaimTemplates").and_then(Value::as_array_mut);
        let templates = templates.filter(|templates| !templates.is_empty());
        for template in templates.ok_or_else(|| error(EDIT, "the StatefulSet has no volumeClaimTemplates"))? {
            let spec = mapping(template, &["spec"]).ok_or_else(|| error(EDIT, "a claim template is no object"))?;
            match class {
                Some(class) => spec.insert("storageClassName".to_owned(), class.into()),
                None => spec.remove("storageClassName"),
            };
        }
        Ok(())
    }

    /// Sets the number of replicas of the `StatefulSet`.
    pub fn set_replicas(&mut self, replicas: u32) -> Result<(), ManifestError> {
        const EDIT: &str = "set the number of replicas";
        let set = self.one_stateful_set(EDIT)?;
        let spec = mapping(&mut set.data, &["spec"]).ok_or_else(|| error(EDIT, "the StatefulSet has no spec"))?;
        spec.insert("replicas".to_owned(), replicas.into());
        Ok(())
    }

    /// Makes the Service of the `StatefulSet` headless, and publishes names of pods that are not ready.
    pub fn set_headless(&mut self) -> Result<(), ManifestError> {
        const EDIT: &str = "make the Service headless";
        let set = self.one_stateful_set(EDIT)?;
        let name = set.data.pointer("/spec/serviceName").and_then(Value::as_str).map(str::to_owned);
        let name = name.ok_or_else(|| error(EDIT, "the StatefulSet has no serviceName"))?;
        let objects = self.0.iter_mut().map(|manifest| &mut manifest.object);
        let mut services = objects.filter(|object| is(object, "v1", "Service") && object.name_any() == name);
        let service = services.next().ok_or_else(|| error(EDIT, format!("there is no Service {name}")))?;
        let spec = mapping(&mut service.data, &["spec"]).ok_or_else(|| error(EDIT, "the Service has no spec"))?;
        spec.insert("clusterIP".to_owned(), "None".into());
        spec.insert("publishNotReadyAddresses".to_owned(), true.into());
        Ok(())
    }

    /// Gives the Service of the `StatefulSet` another name, where it is among the manifests, in the set, and in
    /// the server's environment. With it every end point changes.
    pub fn set_service_name(&mut self, name: &str) -> Result<(), ManifestError> {
        const EDIT: &str = "rename the Service";
        let set = self.one_stateful_set(EDIT)?;
        let spec = mapping(&mut set.data, &["spec"]).ok_or_else(|| error(EDIT, "the StatefulSet has no spec"))?;
        let old = spec.insert("serviceName".to_owned(), name.into());
        let old = old.filter(Value::is_string).ok_or_else(|| error(EDIT, "the StatefulSet has no serviceName"))?;
        let variables = self.container(EDIT)?.get_mut("env").and_then(Value::as_array_mut);
        for value in variables.into_iter().flatten().filter_map(|variable| variable.get_mut("value")) {
            if *value == old {
                *value = name.into();
            }
        }
        let objects = self.0.iter_mut().map(|manifest| &mut manifest.object);
        for service in objects.filter(|object| is(object, "v1", "Service") && old == object.name_any()) {
            service.metadata.name = Some(name.to_owned());
        }
        Ok(())
    }

    /// Puts all objects into a namespace. Those of the cluster are not told apart here; an apply does.
    pub fn set_namespace(&mut self, namespace: &str) {
        for manifest in &mut self.0 {
            manifest.object.metadata.namespace = Some(namespace.to_owned());
        }
    }

    /// Lets the pods run only on nodes with these labels.
    pub fn set_node_selector(&mut self, labels: &BTreeMap<String, String>) -> Result<(), ManifestError> {
        self.pod_spec("set the node selector")?.insert("nodeSelector".to_owned(), json!(labels));
        Ok(())
    }

    /// Names the secret that the image is pulled with.
    pub fn set_pull_secret(&mut self, secret: &str) -> Result<(), ManifestError> {
        self.pod_spec("set the pull secret")?.insert("imagePullSecrets".to_owned(), json!([{ "name": secret }]));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "apiVersion: v1
kind: Service
metadata: {name: taosd}
spec: {ports: [{port: 6030}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: tdengine}
spec:
  serviceName: taosd
  selector: {}
  template: {spec: {containers: [{name: tdengine, image: old, env: [{name: SERVICE_NAME, value: taosd}, {name: TZ, value: UTC}]}]}}
  volumeClaimTemplates: [{metadata: {name: taosdata}, spec: {storageClassName: standard}}]
";

    #[test]
    fn edits_reach_their_places() {
        let mut manifests = Manifests::parse("a.yaml", TEXT).unwrap();
        manifests.set_image("tdengine/tdengine:2.1.1.0").unwrap();
        manifests.set_pull_policy("Never").unwrap();
        manifests.set_storage_class(Some("fast")).unwrap();
        manifests.set_replicas(3).unwrap();
        manifests.set_headless().unwrap();
        manifests.set_namespace("trial");
        manifests.set_node_selector(&BTreeMap::from([("disk".to_owned(), "ssd".to_owned())])).unwrap();
        manifests.set_pull_secret("registry").unwrap();
        let objects = manifests.objects();
        assert_eq!(objects[0].data["spec"]["clusterIP"], "None");
        assert_eq!(objects[0].data["spec"]["publishNotReadyAddresses"], true);
        let spec = &objects[1].data["spec"];
        assert_eq!(spec["replicas"], 3);
        assert_eq!(spec["template"]["spec"]["containers"][0]["image"], "tdengine/tdengine:2.1.1.0");
        assert_eq!(spec["template"]["spec"]["containers"][0]["imagePullPolicy"], "Never");
        assert_eq!(spec["template"]["spec"]["nodeSelector"]["disk"], "ssd");
        assert_eq!(spec["template"]["spec"]["imagePullSecrets"][0]["name"], "registry");
        assert_eq!(spec["volumeClaimTemplates"][0]["spec"]["storageClassName"], "fast");
        assert!(objects.iter().all(|object| object.metadata.namespace.as_deref() == Some("trial")));
        assert_eq!(manifests.stateful_set_name().unwrap(), "tdengine");
        manifests.set_service_name("other").unwrap();
        let objects = manifests.objects();
        assert_eq!(objects[0].metadata.name.as_deref(), Some("other"));
        assert_eq!(objects[1].data["spec"]["serviceName"], "other");
        let env = &objects[1].data["spec"]["template"]["spec"]["containers"][0]["env"];
        assert_eq!((&env[0]["value"], &env[1]["value"]), (&json!("other"), &json!("UTC")));
        manifests.set_storage_class(None).unwrap();
        assert!(manifests.objects()[1].data.pointer("/spec/volumeClaimTemplates/0/spec/storageClassName").is_none());
    }

    #[test]
    fn an_edit_that_changes_nothing_is_an_error() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n";
        let mut manifests = Manifests::parse("a.yaml", text).unwrap();
        assert_eq!(manifests.set_image("x").unwrap_err().to_string(), "cannot set the image: there is no StatefulSet");
        assert!(manifests.set_headless().is_err() && manifests.set_replicas(1).is_err());
        assert!(manifests.set_service_name("x").is_err());
        let mut manifests = Manifests::parse("a.yaml", TEXT).unwrap();
        assert!(manifests.set_pull_policy("Sometimes").is_err());
        let mut twice = manifests.clone();
        twice.extend(manifests);
        assert!(twice.set_replicas(1).unwrap_err().to_string().contains("several StatefulSets"));
    }
}
