//! A cluster that somebody already has: nothing is touched but namespaces that a run makes itself.

mod permission;

use std::{collections::BTreeMap, path::PathBuf};

use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use k8s_openapi::api::{core::v1::Node, storage::v1::StorageClass};
use kube::{Api, Client, ResourceExt, api::ListParams, config::Kubeconfig};
use seatrial_engine::{BootRequest, BootedCluster, Environment, EnvironmentError as Failure};
use seatrial_record::{Detail, DetailKind};

pub use permission::{NEEDED, Permission};

use crate::{
    Cause, EnvironmentError, PullSecret, Result, client,
    error::chain,
    kind::is_default,
    kind_environment::suffix,
    leftovers::request,
    names::{fresh_id, namespace_name},
    namespace,
    place::{Dismissed, Place, kubernetes_version},
    real_access::Placement,
};

/// Which cluster, and what is special about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KubeconfigOptions {
    /// The kubeconfig file; as kubectl finds it if not given.
    pub file: Option<PathBuf>,
    /// The context. It has to be named: the current one may be anything.
    pub context: Option<String>,
    /// The storage class of the volumes; the cluster's default if not given.
    pub storage_class: Option<String>,
    /// A secret with which images are pulled; it is copied into the namespaces of the run.
    pub pull_secret: Option<PullSecret>,
    /// Labels of the nodes that pods may run on.
    pub node_selector: BTreeMap<String, String>,
}

/// The environment `kubeconfig`.
pub struct KubeconfigEnvironment {
    client: Client,
    context: String,
    options: KubeconfigOptions,
    storage_class: String,
    run: String,
    dismissed: Dismissed,
}

impl std::fmt::Debug for KubeconfigEnvironment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KubeconfigEnvironment").field("context", &self.context).finish_non_exhaustive()
    }
}

/// Names of the contexts in a kubeconfig file; of the one that kubectl would use if none is given.
pub fn contexts(file: Option<&std::path::Path>) -> Result<Vec<String>> {
    Ok(names(&read(file)?))
}

fn read(file: Option<&std::path::Path>) -> Result<Kubeconfig> {
    match file {
        Some(file) => client::read(file),
        None => Kubeconfig::read().map_err(|error| {
            let advice = "name a file with `--kubeconfig FILE`, or set `KUBECONFIG`";
            EnvironmentError::new(Cause::Kubeconfig, "read the kubeconfig file", chain(&error), advice)
        }),
    }
}

fn names(kubeconfig: &Kubeconfig) -> Vec<String> {
    kubeconfig.contexts.iter().map(|context| context.name.clone()).collect()
}

/// The client of a context that has to be named.
pub(crate) async fn connect(file: Option<&std::path::Path>, context: Option<&str>) -> Result<(Client, String)> {
    let kubeconfig = read(file)?;
    let known = names(&kubeconfig);
    let list = if known.is_empty() {
        "there are none in the file".to_owned()
    } else {
        format!("there are: {}", known.join(", "))
    };
    let Some(context) = context else {
        let happened = "no context was named, and the current one is not taken: it may be any cluster";
        let advice = format!("name it with `--context NAME`; {list}");
        return Err(EnvironmentError::new(Cause::UnknownContext, "choose a cluster", happened, advice));
    };
    if !known.iter().any(|name| name == context) {
        let advice = format!("name another one with `--context NAME`; {list}");
        let happened = "there is no such context";
        return Err(EnvironmentError::new(
            Cause::UnknownContext,
            format!("use the context {context}"),
            happened,
            advice,
        ));
    }
    Ok((client::of(kubeconfig, Some(context)).await?, context.to_owned()))
}

impl KubeconfigEnvironment {
    /// Connects, and refuses a cluster that cannot do what a run needs, before anything is made in it.
    pub async fn start(options: KubeconfigOptions) -> Result<Self> {
        let (client, context) = connect(options.file.as_deref(), options.context.as_deref()).await?;
        let (run, dismissed) = (fresh_id(), Dismissed::default());
        let mut environment = Self { client, context, options, storage_class: String::new(), run, dismissed };
        environment.storage_class = environment.refuse().await?;
        Ok(environment)
    }

    /// The context.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The storage class of the volumes: the one that was asked for, or the cluster's default.
    pub fn storage_class(&self) -> &str {
        &self.storage_class
    }

    /// What was asked for.
    pub fn options(&self) -> &KubeconfigOptions {
        &self.options
    }

    /// Ends the run: waits until the namespaces that it made are gone, those that are kept left out.
    pub async fn shutdown(self) -> Result<()> {
        self.dismissed.gone(&self.client).await
    }

    /// A client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Refuses what cannot do; otherwise gives the storage class.
    async fn refuse(&self) -> Result<String> {
        kubernetes_version(&self.client).await?;
        let namespace = namespace_name("probe", &self.run);
        let mut needed = NEEDED.to_vec();
        if self.options.pull_secret.is_some() {
            needed.extend(permission::FOR_SECRET);
        }
        permission::check(&self.client, &namespace, &needed).await?;
        let class = self.choose_class().await?;
        self.nodes().await?;
        if let Some(secret) = &self.options.pull_secret {
            namespace::pull_secret(&self.client, secret).await?;
        }
        Ok(class)
    }

    async fn choose_class(&self) -> Result<String> {
        let tried = "look for a storage class";
        let api: Api<StorageClass> = Api::all(self.client.clone());
        let classes = request(tried, api.list(&ListParams::default())).await?.items;
        let known: Vec<String> = classes.iter().map(ResourceExt::name_any).collect();
        let list = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
        let wrong = |happened: String| {
            let advice = "name one with `--storage-class NAME` (`kubectl get storageclass`)";
            Err(EnvironmentError::new(Cause::NoStorageClass, tried, format!("{happened}; {list}"), advice))
        };
        match &self.options.storage_class {
            Some(class) if known.contains(class) => Ok(class.clone()),
            Some(class) => wrong(format!("the cluster has no storage class {class}")),
            None => match classes.iter().find(|class| is_default(class)) {
                Some(class) => Ok(class.name_any()),
                None => wrong("the cluster has no default storage class".to_owned()),
            },
        }
    }

    async fn nodes(&self) -> Result<()> {
        let selector = &self.options.node_selector;
        if selector.is_empty() {
            return Ok(());
        }
        let labels = selector.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",");
        let api: Api<Node> = Api::all(self.client.clone());
        let found = request("look for the nodes", api.list(&ListParams::default().labels(&labels))).await;
        match found {
            Ok(nodes) if nodes.items.is_empty() => Err(EnvironmentError::new(
                Cause::Config,
                format!("look for nodes with {labels}"),
                "the cluster has none",
                "correct `--node-selector` (`kubectl get nodes --show-labels`)",
            )),
            // Who may not see nodes may still run pods on them.
            Err(error) if error.cause != Cause::Forbidden => Err(error),
            _ => Ok(()),
        }
    }
}

impl Environment for KubeconfigEnvironment {
    fn name(&self) -> &'static str {
        "kubeconfig"
    }

    fn details(&self) -> Vec<Detail> {
        vec![Detail::new(DetailKind::Context, &self.context)]
    }

    fn kubernetes(&self) -> BoxFuture<'_, std::result::Result<String, Failure>> {
        kubernetes_version(&self.client).map(|version| version.map_err(Failure::from)).boxed()
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn boot<'a>(
        &'a self,
        request: &'a BootRequest,
    ) -> BoxFuture<'a, std::result::Result<Box<dyn BootedCluster>, Failure>> {
        async move {
            let name = namespace_name(&request.key, &format!("{}{}", self.run, suffix(request.attempt)));
            namespace::create(&self.client, &name, &self.run, self.options.pull_secret.as_ref()).await?;
            let placement = Placement {
                node_selector: self.options.node_selector.clone(),
                storage_class: Some(self.storage_class.clone()),
            };
            let place = Place::new(self.client.clone(), &name, placement, self.dismissed.clone());
            Ok(Box::new(place) as Box<dyn BootedCluster>)
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "apiVersion: v1\nkind: Config\ncurrent-context: one\nclusters:\n- name: c\n  cluster: { server: 'http://127.0.0.1:1' }\nusers:\n- name: u\n  user: {}\ncontexts:\n- name: one\n  context: { cluster: c, user: u }\n- name: two\n  context: { cluster: c, user: u }\n";

    async fn started(context: Option<&str>) -> EnvironmentError {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        std::fs::write(&file, FILE).unwrap();
        let context = context.map(str::to_owned);
        let options = KubeconfigOptions { file: Some(file), context, ..KubeconfigOptions::default() };
        KubeconfigEnvironment::start(options).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_context_has_to_be_named() {
        let error = started(None).await;
        assert_eq!(error.cause, Cause::UnknownContext);
        assert!(error.advice.contains("there are: one, two"), "{error:?}");
    }

    #[tokio::test]
    async fn a_context_has_to_exist() {
        let error = started(Some("three")).await;
        assert_eq!((error.cause, error.exit().code()), (Cause::UnknownContext, 3));
        assert!(error.tried.contains("three") && error.advice.contains("one, two"), "{error:?}");
    }

    #[tokio::test]
    async fn a_cluster_that_is_away_is_told() {
        assert_eq!(started(Some("two")).await.cause, Cause::Unreachable);
    }

    #[test]
    fn a_file_that_is_away_is_told() {
        let error = contexts(Some(std::path::Path::new("/nonexistent"))).unwrap_err();
        assert_eq!(error.cause, Cause::Kubeconfig);
    }
}
