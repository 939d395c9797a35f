use std::time::Duration;

use k8s_openapi::{
    api::core::v1::{Namespace, Pod},
    apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry,
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, PropagationPolicy},
    core::{ApiResource, DynamicObject, GroupVersionKind},
    discovery::{ApiCapabilities, Scope, pinned_kind},
};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use crate::{
    Cluster, ClusterError, Kind, Problem, Result, Target,
    cluster::MANAGER,
    manifests::{Manifest, Manifests},
};

/// What an apply did to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It did not exist.
    Created,
    /// It exists and was changed.
    Configured,
    /// It is as it should be.
    Unchanged,
}

/// An object that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What it is, as kubectl names it, say `statefulset.apps/tdengine`.
    pub object: String,
    /// What happened to it.
    pub change: Change,
}

impl std::fmt::Display for Applied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let change = match self.change {
            Change::Created => "created",
            Change::Configured => "configured",
            Change::Unchanged => "unchanged",
        };
        write!(f, "{} {change}", self.object)
    }
}

fn title(resource: &ApiResource, name: &str) -> String {
    let kind = resource.kind.to_ascii_lowercase();
    if resource.group.is_empty() { format!("{kind}/{name}") } else { format!("{kind}.{}/{name}", resource.group) }
}

impl Cluster {
    /// Applies manifests in order, by server-side apply with field validation, taking over fields from other managers.
    /// Namespaced objects go to the namespace of this cluster, whatever they say themselves.
    pub async fn apply(&self, manifests: &Manifests) -> Result<Vec<Applied>> {
        let mut applied = Vec::new();
        let mut known: Vec<(GroupVersionKind, (ApiResource, ApiCapabilities))> = Vec::new();
        for manifest in manifests.iter() {
            let kind = manifest.kind();
            let found = if let Some((_, found)) = known.iter().find(|(known, _)| *known == kind) {
                found.clone()
            } else {
                let found = self.discover(manifest, &kind).await?;
                known.push((kind, found.clone()));
                found
            };
            applied.push(self.apply_one(manifest, &found.0, found.1.scope == Scope::Namespaced).await?);
        }
        Ok(applied)
    }

    // Classic discovery, one request a group version: aggregated discovery is empty on servers before 1.26.
    async fn discover(&self, manifest: &Manifest, kind: &GroupVersionKind) -> Result<(ApiResource, ApiCapabilities)> {
        let tried = format!("apply {}", manifest.title());
        let unknown = || Problem::UnknownKind { kind: kind.kind.clone(), api_version: kind.api_version() };
        let found = self.request(&tried, pinned_kind(&self.client().clone(), kind)).await;
        found.map_err(|error| match *error.problem {
            Problem::Unreachable(text) if text.contains(&kind.kind) => ClusterError::new(tried, unknown()),
            Problem::Refused { code: 404, .. } => ClusterError::new(tried, unknown()),
            other => ClusterError::new(tried, other),
        })
    }

    async fn apply_one(&self, manifest: &Manifest, resource: &ApiResource, namespaced: bool) -> Result<Applied> {
        let mut object = manifest.object().clone();
        let api: Api<DynamicObject> = if namespaced {
            object.metadata.namespace = Some(self.namespace().to_owned());
            Api::namespaced_with(self.client().clone(), self.namespace(), resource)
        } else {
            object.metadata.namespace = None;
            Api::all_with(self.client().clone(), resource)
        };
        let name = object.name_any();
        let title = title(resource, &name);
        let before = self.request(&format!("read {title}"), api.get_opt(&name)).await?;
        let params = PatchParams::apply(MANAGER).force().validation_strict();
        let tried = format!("apply {title} ({})", manifest.origin());
        let after = self.request(&tried, api.patch(&name, &params, &Patch::Apply(&object))).await?;
        let change = match before {
            None => Change::Created,
            Some(before) if before.resource_version() == after.resource_version() => Change::Unchanged,
            Some(_) => Change::Configured,
        };
        Ok(Applied { object: title, change })
    }

    /// Names of the objects of a kind, in order; `selector` may be empty. Left out is what clusters put into every
    /// namespace by themselves: tokens of service accounts (Kubernetes before 1.24), and certificates in config maps,
    /// which are told by not having been applied by [`apply`](Self::apply), as each distribution has names of its own.
    pub async fn names(&self, kind: Kind, selector: &str) -> Result<Vec<String>> {
        let params = ListParams::default().labels(selector);
        let tried = format!("list {}", kind.name());
        let mut list = self.request(&tried, self.dynamic(kind).list(&params)).await;
        // A list is not found only if the server does not serve the kind in this version.
        if let (Err(error), Some(older)) = (&list, kind.older())
            && error.is_not_found()
        {
            let api: Api<DynamicObject> = Api::namespaced_with(self.client().clone(), self.namespace(), &older);
            list = self.request(&tried, api.list(&params)).await;
        }
        let list = list?;
        let is_token = |object: &DynamicObject| {
            object.data.get("type").is_some_and(|secret| secret == "kubernetes.io/service-account-token")
        };
        let is_published = |object: &DynamicObject| {
            let applied = |entry: &ManagedFieldsEntry| entry.manager.as_deref() == Some(MANAGER);
            kind == Kind::ConfigMap && !object.managed_fields().iter().any(applied)
        };
        let own = list.items.iter().filter(|object| !is_token(object) && !is_published(object));
        let mut names: Vec<String> = own.map(ResourceExt::name_any).collect();
        names.sort();
        Ok(names)
    }

    fn dynamic(&self, kind: Kind) -> Api<DynamicObject> {
        Api::namespaced_with(self.client().clone(), self.namespace(), &kind.resource())
    }

    /// Deletes what `target` names, as `kubectl delete` does, and returns the names in order. With `wait` it returns
    /// when each of these very objects is gone, within the limit `delete`. Naming what does not exist is an error,
    /// labels that fit nothing are none.
    pub async fn delete(&self, target: &Target, wait: bool) -> Result<Vec<String>> {
        let api = self.dynamic(target.kind());
        let tried = format!("delete {target}");
        let objects = match target {
            Target::Named(_, name) => vec![self.request(&tried, api.get(name)).await?],
            Target::Labelled(_, selector) => {
                self.request(&tried, api.list(&ListParams::default().labels(selector))).await?.items
            }
        };
        let mut names = Vec::new();
        for object in &objects {
            let (name, params) = (object.name_any(), self.deletion(object.uid(), None));
            accept_gone(self.request(&tried, api.delete(&name, &params)).await.map(|_| ()))?;
            names.push(name);
        }
        names.sort();
        if wait {
            let deadline = Instant::now() + self.limits().delete;
            for object in &objects {
                self.gone(&api, &tried, &object.name_any(), object.uid(), "delete", deadline).await?;
            }
        }
        Ok(names)
    }

    /// Deletes a pod, with a grace period of `grace` seconds or its own, and waits until this very pod is gone if
    /// asked to.
    pub async fn delete_pod(&self, name: &str, grace: Option<u32>, wait: bool) -> Result<()> {
        let api = self.api::<Pod>();
        let tried = format!("delete pod/{name}");
        let pod = self.request(&tried, api.get(name)).await?;
        let params = self.deletion(pod.uid(), grace);
        accept_gone(self.request(&tried, api.delete(name, &params)).await.map(|_| ()))?;
        if wait {
            let deadline = Instant::now() + self.limits().delete;
            self.gone(&api, &tried, name, pod.uid(), "delete", deadline).await?;
        }
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "belongs to the deletions")]
    fn deletion(&self, uid: Option<String>, grace: Option<u32>) -> DeleteParams {
        let preconditions = kube::api::Preconditions { uid, resource_version: None };
        DeleteParams {
            grace_period_seconds: grace,
            propagation_policy: Some(PropagationPolicy::Background),
            preconditions: Some(preconditions),
            ..DeleteParams::default()
        }
    }

    /// Waits until no object of this name and UID exists.
    async fn gone<K>(
        &self,
        api: &Api<K>,
        tried: &str,
        name: &str,
        uid: Option<String>,
        bound: &str,
        deadline: Instant,
    ) -> Result<()>
    where
        K: kube::Resource + Clone + std::fmt::Debug + DeserializeOwned + Send + 'static,
    {
        let started = Instant::now();
        let is_gone = |object: Option<&K>| object.is_none_or(|object| object.meta().uid != uid);
        let waiting = async {
            loop {
                match kube::runtime::wait::await_condition(api.clone(), name, is_gone).await {
                    Ok(_) => return,
                    // A watch that broke: look again.
                    Err(_) => tokio::time::sleep(self.limits().watch_retry).await,
                }
            }
        };
        timeout_at(deadline, waiting).await.map_err(|_| {
            let waited: Duration = deadline.saturating_duration_since(started);
            Self::timed_out(tried, bound, waited, format!("{name} still exists"))
        })
    }

    /// Makes the namespace, labelled as ours. One that exists must carry our label: others are never touched.
    pub async fn ensure_namespace(&self) -> Result<()> {
        let api: Api<Namespace> = Api::all(self.client().clone());
        let tried = format!("create namespace/{}", self.namespace());
        if let Some(found) = self.request(&tried, api.get_opt(self.namespace())).await? {
            return self.check_ours(&tried, &found);
        }
        let labels = json!({ "app.kubernetes.io/managed-by": MANAGER });
        let namespace = serde_json::from_value(json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": self.namespace(), "labels": labels },
        }));
        let namespace: Namespace =
            namespace.map_err(|error| ClusterError::new(&tried, Problem::Invalid(error.to_string())))?;
        self.request(&tried, api.create(&PostParams::default(), &namespace)).await?;
        Ok(())
    }

    fn check_ours(&self, tried: &str, namespace: &Namespace) -> Result<()> {
        let ours = namespace.labels().get("app.kubernetes.io/managed-by").is_some_and(|manager| manager == MANAGER);
        if ours && namespace.metadata.deletion_timestamp.is_none() {
            return Ok(());
        }
        let why = if ours { "it is being deleted" } else { "it was not made by seatrial" };
        let message = format!("namespace {} exists and {why}: choose another", self.namespace());
        Err(ClusterError::new(tried, Problem::Invalid(message)))
    }

    /// Deletes the namespace with all that is in it and waits until it is gone, within the limit `namespace`. One that
    /// does not carry our label is refused, one that does not exist is no error.
    pub async fn delete_namespace(&self) -> Result<()> {
        let api: Api<Namespace> = Api::all(self.client().clone());
        let tried = format!("delete namespace/{}", self.namespace());
        let Some(found) = self.request(&tried, api.get_opt(self.namespace())).await? else { return Ok(()) };
        if found.metadata.deletion_timestamp.is_none() {
            self.check_ours(&tried, &found)?;
            let params = self.deletion(found.uid(), None);
            accept_gone(self.request(&tried, api.delete(self.namespace(), &params)).await.map(|_| ()))?;
        }
        let deadline = Instant::now() + self.limits().namespace;
        self.gone(&api, &tried, self.namespace(), found.uid(), "namespace", deadline).await
    }
}

/// Somebody else may have deleted it first.
fn accept_gone(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}
