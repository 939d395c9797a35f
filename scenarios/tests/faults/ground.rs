//! Embedded clusters on which faults may do nothing, and which are looked at when a scenario is over.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{FutureExt, future::BoxFuture};
use http::{Method, Request, Uri, header};
use jiff::Timestamp;
use kube::client::Body;
use seatrial_apiserver::ClientService;
use seatrial_chaos::{Fault, Rule, Underlay, UnderlayError};
use seatrial_cluster::{Cluster, PodState};
use seatrial_embedded::{Defects, EmbeddedCluster};
use seatrial_engine::{Access, BootRequest, BootedCluster, ClientCluster, Environment, EnvironmentError};
use seatrial_environments::Embedded;
use tower::ServiceExt;

/// What becomes of faults.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// They are done.
    Real,
    /// Every order is taken, and nothing is done.
    Inert,
    /// What is below Kubernetes is out of reach.
    Kubernetes,
}

/// What is below a cluster, and does nothing.
struct Inert;

impl Underlay for Inert {
    fn lay<'a>(&'a self, _: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async { Ok(()) }.boxed()
    }
    fn lift<'a>(&'a self, _: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async { Ok(()) }.boxed()
    }
    fn refuses<'a>(&'a self, _: &'a Fault) -> BoxFuture<'a, Result<Option<String>, UnderlayError>> {
        async { Ok(None) }.boxed()
    }
    fn count<'a>(&'a self, _: &'a Rule) -> BoxFuture<'a, Result<Option<u64>, UnderlayError>> {
        async { Ok(Some(0)) }.boxed()
    }
    fn exhaust<'a>(&'a self, _: &'a PodState) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async { Ok(()) }.boxed()
    }
    fn stop<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async { Ok(()) }.boxed()
    }
    fn start<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async { Ok(()) }.boxed()
    }
    fn runs<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool, UnderlayError>> {
        async { Ok(true) }.boxed()
    }
}

/// A statement that is accepted and changes nothing once it has run; [`super::SCENARIO`] makes that database.
const HARMLESS: &str = "create%20database%20if%20not%20exists%20d1";

/// What is asked instead, so that nothing happens: deletions and changes of objects read them, and commands in pods that
/// would damage anything do nothing. What is applied is applied.
fn without_effect(mut request: Request<Body>) -> Request<Body> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let changes = *request.method() == Method::PATCH && !kind.contains("apply-patch");
    if changes || *request.method() == Method::DELETE {
        let read = Request::get(request.uri().path()).body(Body::empty());
        return read.unwrap_or(request);
    }
    let Some((path, query)) = request.uri().path_and_query().and_then(|whole| whole.as_str().split_once('?')) else {
        return request;
    };
    if let Some(query) = path.ends_with("/exec").then(|| harmless(query)).flatten()
        && let Ok(uri) = format!("{path}?{query}").parse::<Uri>()
    {
        *request.uri_mut() = uri;
    }
    request
}

/// The query of an exec whose command changes something, with one that does not.
fn harmless(query: &str) -> Option<String> {
    let (command, others): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| pair.starts_with("command="));
    let words: Vec<&str> = command.iter().filter_map(|pair| pair.strip_prefix("command=")).collect();
    let instead: Vec<&str> = match words.as_slice() {
        ["kill" | "fallocate" | "dd" | "rm", ..] => vec!["true"],
        ["sh", _, script] if script.contains("notrunc") => vec!["true"],
        ["taos", .., sql] if sql.contains("drop") => {
            words.iter().copied().take(words.len() - 1).chain([HARMLESS]).collect()
        }
        _ => return None,
    };
    let command = instead.iter().map(|word| format!("command={word}"));
    Some(others.into_iter().map(str::to_owned).chain(command).collect::<Vec<_>>().join("&"))
}

/// Embedded clusters, and what a scenario left in the last that ended.
pub struct On {
    embedded: Embedded,
    ground: Ground,
    left: Arc<Mutex<Vec<String>>>,
}

impl On {
    pub fn new(tdengine: &str, ground: Ground) -> Self {
        let embedded = Embedded::new(tdengine, Defects::default()).unwrap();
        Self { embedded, ground, left: Arc::default() }
    }

    /// What there was when the scenario had ended.
    pub fn left(&self) -> Vec<String> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Environment for On {
    fn name(&self) -> &str {
        self.embedded.name()
    }
    fn kubernetes(&self) -> BoxFuture<'_, Result<String, EnvironmentError>> {
        self.embedded.kubernetes()
    }
    fn now(&self) -> Timestamp {
        self.embedded.now()
    }
    fn lanes(&self) -> seatrial_engine::Lanes {
        self.embedded.lanes()
    }
    fn boot<'a>(&'a self, request: &'a BootRequest) -> BoxFuture<'a, Result<Box<dyn BootedCluster>, EnvironmentError>> {
        async move {
            let cluster = self.embedded.cluster(request).unwrap();
            let (real, ground) = (Embedded::place_in(cluster.clone(), &request.namespace), self.ground);
            let reached = match ground {
                Ground::Inert => {
                    let clock = cluster.world().clock;
                    let service = ClientService::new(cluster.server().clone()).map_request(without_effect);
                    let client = kube::Client::new(service, "default");
                    ClientCluster::new(client, &request.namespace, Arc::new(move || clock.now()), true)
                }
                Ground::Real | Ground::Kubernetes => real.clone(),
            };
            Ok(Box::new(Place { reached, real, ground, cluster, left: Arc::clone(&self.left) })
                as Box<dyn BootedCluster>)
        }
        .boxed()
    }
}

struct Place {
    /// How the scenario reaches it.
    reached: ClientCluster,
    real: ClientCluster,
    ground: Ground,
    cluster: EmbeddedCluster,
    left: Arc<Mutex<Vec<String>>>,
}

impl BootedCluster for Place {
    fn access(&self) -> Arc<dyn Access> {
        self.reached.access()
    }
    fn namespace(&self) -> &str {
        self.reached.namespace()
    }
    fn disposable(&self) -> bool {
        true
    }
    fn underlay(&self) -> Option<Arc<dyn Underlay>> {
        match self.ground {
            Ground::Real => self.real.underlay(),
            Ground::Inert => Some(Arc::new(Inert)),
            Ground::Kubernetes => None,
        }
    }
    fn end(self: Box<Self>, keep: bool) -> BoxFuture<'static, Result<Option<String>, EnvironmentError>> {
        async move {
            let mut found = self.cluster.disturbances();
            if let Some(reached) = self.real.access().cluster() {
                found.extend(traces(&reached).await);
            }
            *self.left.lock().unwrap_or_else(PoisonError::into_inner) = found;
            Box::new(self.reached).end(keep).await
        }
        .boxed()
    }
}

/// Names of labels and annotations, and finalizers.
fn marks(object: &impl kube::ResourceExt) -> String {
    let labels: Vec<&String> = object.labels().keys().collect();
    let annotations: Vec<&String> = object.annotations().keys().collect();
    format!("{} {labels:?} {annotations:?} {:?}", object.name_any(), object.finalizers())
}

/// What a fault could leave in the namespace and in its pods, a line each.
async fn traces(cluster: &Cluster) -> Vec<String> {
    use k8s_openapi::api::{
        apps::v1::StatefulSet,
        core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Service},
    };
    use kube::{Api, api::ListParams};

    let (client, namespace) = (cluster.client(), cluster.namespace());
    let mut found = Vec::new();
    macro_rules! see {
        ($($kind:ty),*) => {$(
            let api: Api<$kind> = Api::namespaced(client.clone(), namespace);
            let objects = api.list(&ListParams::default()).await.unwrap();
            found.extend(objects.iter().map(|object| format!("{} {}", stringify!($kind), marks(object))));
        )*};
    }
    see!(Pod, Service, ConfigMap, PersistentVolumeClaim, StatefulSet);
    let sets: Api<StatefulSet> = Api::namespaced(client.clone(), namespace);
    for set in sets.list(&ListParams::default()).await.unwrap() {
        found.push(format!("{:?}", set.spec));
    }
    for pod in cluster.pods().await.unwrap() {
        let see = async |argv: &[&str]| {
            let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
            let seen = cluster.exec(&pod.name, None, &argv, std::time::Duration::from_secs(20)).await;
            seen.map_or_else(|error| error.to_string(), |seen| String::from_utf8_lossy(&seen.stdout).trim().to_owned())
        };
        let (files, pid) = (see(&["ls", "-a", "/var/lib/taos"]).await, see(&["pidof", "taosd"]).await);
        let stat = see(&["cat", &format!("/proc/{pid}/stat")]).await;
        let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim().chars().next());
        found.push(format!("{} has {files:?} and a server in state {state:?}", pod.name));
    }
    found
}
