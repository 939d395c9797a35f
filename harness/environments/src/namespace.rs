//! The namespace of a scenario in a cluster that others use, too.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::api::core::v1::{Namespace, Secret, ServiceAccount};
use kube::{
    Api, Client,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde_json::json;

use crate::{
    Cause, EnvironmentError, Owner, Result,
    leftovers::{HOST, host, request},
    names::{MANAGED_BY, OWNER, RUN},
};

/// Until a new namespace has its service account. 30 s; it takes half a second.
const ACCOUNT: Duration = Duration::from_secs(30);

/// A secret with which images are pulled: where it is, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullSecret {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl std::str::FromStr for PullSecret {
    type Err = EnvironmentError;

    /// Reads `NAMESPACE/NAME`, or `NAME` for one in `default`.
    fn from_str(text: &str) -> Result<Self> {
        let (namespace, name) = text.split_once('/').unwrap_or(("default", text));
        if namespace.is_empty() || name.is_empty() || name.contains('/') {
            let advice = "write `NAMESPACE/NAME` of an existing secret";
            return Err(EnvironmentError::new(
                Cause::Config,
                "read the image pull secret",
                format!("`{text}` names none"),
                advice,
            ));
        }
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }
}

/// Makes a namespace with our labels and waits until pods can be made in it.
pub(crate) async fn create(client: &Client, name: &str, run: &str, secret: Option<&PullSecret>) -> Result<()> {
    let namespace: Namespace = made(json!({
        "metadata": {
            "name": name,
            "labels": { MANAGED_BY.0: MANAGED_BY.1, RUN: run },
            "annotations": { OWNER: Owner::this().to_string(), HOST: host() },
        },
    }))?;
    let api: Api<Namespace> = Api::all(client.clone());
    request(&format!("create namespace/{name}"), api.create(&PostParams::default(), &namespace)).await?;
    let ready = finish(client, name, secret).await;
    if ready.is_err() {
        // What cannot be used is not left behind.
        let _ = request("delete it again", api.delete(name, &DeleteParams::background())).await;
    }
    ready
}

async fn finish(client: &Client, name: &str, secret: Option<&PullSecret>) -> Result<()> {
    crate::kind::default_account(client, name, ACCOUNT).await.map_err(|last| {
        let advice = "see whether the controller manager runs (`kubectl get pods -n kube-system`)";
        EnvironmentError::new(Cause::NotReady, format!("use namespace/{name}"), last, advice)
    })?;
    match secret {
        Some(secret) => lend(client, name, secret).await,
        None => Ok(()),
    }
}

/// The secret, if it is there.
pub(crate) async fn pull_secret(client: &Client, secret: &PullSecret) -> Result<Secret> {
    let from: Api<Secret> = Api::namespaced(client.clone(), &secret.namespace);
    let tried = format!("read the image pull secret {}/{}", secret.namespace, secret.name);
    request(&tried, from.get(&secret.name)).await
}

/// Copies the secret into the namespace and gives it to all pods of the default service account.
async fn lend(client: &Client, name: &str, secret: &PullSecret) -> Result<()> {
    let original = pull_secret(client, secret).await?;
    let mut copy: Secret = made(json!({ "metadata": { "name": secret.name } }))?;
    copy.metadata.labels = Some(BTreeMap::from([(MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned())]));
    (copy.data, copy.type_) = (original.data, original.type_);
    let into: Api<Secret> = Api::namespaced(client.clone(), name);
    request(&format!("copy the image pull secret into {name}"), into.create(&PostParams::default(), &copy)).await?;
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), name);
    let patch = Patch::Merge(json!({ "imagePullSecrets": [{ "name": secret.name }] }));
    let tried = format!("give the image pull secret to the pods in {name}");
    request(&tried, accounts.patch("default", &PatchParams::default(), &patch)).await?;
    Ok(())
}

/// Asks for the end of a namespace without waiting for it.
pub(crate) async fn dismiss(client: &Client, name: &str) -> Result<()> {
    let api: Api<Namespace> = Api::all(client.clone());
    match request(&format!("delete namespace/{name}"), api.delete(name, &DeleteParams::background())).await {
        Ok(_) => Ok(()),
        Err(error) if error.happened.contains("404") => Ok(()),
        Err(error) => Err(error),
    }
}

fn made<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| EnvironmentError::state("build an object", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_secret_is_read() {
        let secret = |namespace: &str, name: &str| PullSecret { namespace: namespace.into(), name: name.into() };
        assert_eq!("registry/pull".parse(), Ok(secret("registry", "pull")));
        assert_eq!("pull".parse(), Ok(secret("default", "pull")));
        assert!("a/b/c".parse::<PullSecret>().is_err() && "/x".parse::<PullSecret>().is_err());
    }
}
