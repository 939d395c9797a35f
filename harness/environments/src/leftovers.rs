//! What runs left in a cluster: namespaces and volumes that carry our label.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, PersistentVolume};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DeleteParams, ListParams},
    runtime::watcher::Config,
};
use tokio::time::{Instant, timeout};

use crate::{
    Cause, EnvironmentError, Owner, Result,
    names::{MANAGED_BY, OWNER, PREFIX, SPACE},
    watching::until,
};

/// One request. 30 s, as everywhere.
const REQUEST: Duration = Duration::from_secs(30);

/// A namespace or a volume of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// What it is.
    pub kind: LeftoverKind,
    /// Its name.
    pub name: String,
    /// The process that made it, if it was one of this machine.
    pub owner: Option<Owner>,
    /// True if it was made on another machine, or that is not known.
    pub foreign: bool,
}

/// Kinds of leftovers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftoverKind {
    /// A namespace.
    Namespace,
    /// A volume that a claim in such a namespace had, or could have.
    Volume,
}

impl std::fmt::Display for Leftover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            LeftoverKind::Namespace => "namespace",
            LeftoverKind::Volume => "persistentvolume",
        };
        write!(f, "{kind}/{}", self.name)
    }
}

/// The annotation with the machine that made a namespace.
pub(crate) const HOST: &str = "seatrial.dev/host";

/// This machine, as far as it can be told.
pub(crate) fn host() -> String {
    let read = |file: &str| std::fs::read_to_string(file).ok().map(|text| text.trim().to_owned());
    read("/etc/machine-id").or_else(|| read("/proc/sys/kernel/hostname")).unwrap_or_default()
}

/// Finds what is left in a cluster: namespaces first.
pub async fn find(client: &Client) -> Result<Vec<Leftover>> {
    let selector = format!("{}={}", MANAGED_BY.0, MANAGED_BY.1);
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let tried = "list the namespaces of earlier runs";
    let spaces = request(tried, namespaces.list(&ListParams::default().labels(&selector))).await?;
    // The label alone is not enough: somebody's own objects might have it.
    let ours = spaces.items.into_iter().filter(|space| space.name_any().starts_with(PREFIX));
    let mut found: Vec<Leftover> = ours.map(|space| namespace(&space)).collect();
    let volumes: Api<PersistentVolume> = Api::all(client.clone());
    let volumes = match request("list the volumes of earlier runs", volumes.list(&ListParams::default())).await {
        Ok(volumes) => volumes.items,
        // A user who may not see volumes cannot have left any outside of namespaces.
        Err(error) if error.cause == Cause::Forbidden => Vec::new(),
        Err(error) => return Err(error),
    };
    found.extend(
        volumes
            .iter()
            .filter_map(|volume| {
                let claim = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref());
                let space = claim.and_then(|claim| claim.namespace.as_deref());
                let space = volume.labels().get(SPACE).map(String::as_str).or(space);
                let space = space.filter(|space| space.starts_with(PREFIX))?;
                // With a namespace that is not in the list it can only be judged by its claim's name.
                let owner = found.iter().find(|left| left.name == space);
                Some(Leftover {
                    kind: LeftoverKind::Volume,
                    name: volume.name_any(),
                    owner: owner.and_then(|left| left.owner),
                    foreign: owner.is_none_or(|left| left.foreign),
                })
            })
            .collect::<Vec<_>>(),
    );
    Ok(found)
}

fn namespace(space: &Namespace) -> Leftover {
    let here = host();
    let foreign = here.is_empty() || space.annotations().get(HOST).is_none_or(|host| *host != here);
    let owner = space.annotations().get(OWNER).and_then(|owner| owner.parse().ok()).filter(|_| !foreign);
    Leftover { kind: LeftoverKind::Namespace, name: space.name_any(), owner, foreign }
}

/// Removes what was found and waits until it is gone. The first error ends it, but all deletions are asked for first.
pub async fn remove(client: &Client, leftovers: &[Leftover], limit: Duration) -> Result<()> {
    let deadline = Instant::now() + limit;
    let mut first = None;
    for left in leftovers.iter().filter(|left| left.kind == LeftoverKind::Namespace) {
        let api: Api<Namespace> = Api::all(client.clone());
        first = first.or(delete(&api, left).await.err());
    }
    for left in leftovers.iter().filter(|left| left.kind == LeftoverKind::Namespace) {
        let api: Api<Namespace> = Api::all(client.clone());
        first = first.or(gone(api, left, deadline).await.err());
    }
    // Volumes go with their claims unless their class retains them.
    for left in leftovers.iter().filter(|left| left.kind == LeftoverKind::Volume) {
        let api: Api<PersistentVolume> = Api::all(client.clone());
        let result = match delete(&api, left).await {
            Ok(()) => gone(api, left, deadline).await,
            Err(error) => Err(error),
        };
        first = first.or(result.err());
    }
    first.map_or(Ok(()), Err)
}

async fn delete<K>(api: &Api<K>, left: &Leftover) -> Result<()>
where
    K: Resource + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    let tried = format!("delete {left}");
    match timeout(REQUEST, api.delete(&left.name, &DeleteParams::default())).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(kube::Error::Api(status))) if matches!(status.code, 404 | 409) => Ok(()),
        Ok(Err(error)) => Err(EnvironmentError::kube(tried, &error)),
        Err(_) => Err(silent(&tried)),
    }
}

async fn gone<K>(api: Api<K>, left: &Leftover, deadline: Instant) -> Result<()>
where
    K: Resource + Clone + std::fmt::Debug + serde::de::DeserializeOwned + Send + 'static,
    K::DynamicType: Default + Clone + Eq + std::hash::Hash,
{
    let config = Config::default().fields(&format!("metadata.name={}", left.name));
    let limit = deadline.saturating_duration_since(Instant::now());
    let missing =
        |seen: &crate::watching::Seen<K>| seen.contains_key(&left.name).then(|| "it is still there".to_owned());
    until(api, config, limit, missing).await.map_err(|last| {
        let advice = format!("see what holds it: `kubectl describe {left}`");
        EnvironmentError::new(
            Cause::Leftover,
            format!("remove {left}"),
            format!("not gone in time; last seen: {last}"),
            advice,
        )
    })
}

fn silent(tried: &str) -> EnvironmentError {
    let happened = format!("the API server was silent for {REQUEST:?}");
    EnvironmentError::new(Cause::Unreachable, tried, happened, "see whether the cluster runs (`kubectl cluster-info`)")
}

/// One request to the API server with its bound.
pub(crate) async fn request<T>(tried: &str, work: impl Future<Output = kube::Result<T>>) -> Result<T> {
    match timeout(REQUEST, work).await {
        Ok(result) => result.map_err(|error| EnvironmentError::kube(tried, &error)),
        Err(_) => Err(silent(tried)),
    }
}
