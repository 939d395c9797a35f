mod answer;
mod delete;
mod discovery;
mod endpoints;
mod eviction;
mod logs;
mod openapi;
mod read;
mod request;
mod scale;
mod strict;
mod watch;
mod write;

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Body;

pub use answer::ResponseBody;
pub use answer::error as refuse;
pub(crate) use answer::{Answer, error, json, raw};
pub(crate) use logs::container;
pub(crate) use request::{Call, Query, Target};

use crate::{ApiError, NodeAgent, Store, stream};

/// Bodies beyond this are refused, as etcd and the real API server do at about this size.
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// How an API server presents itself.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// Version of Kubernetes, say `v1.36.0`.
    pub version: String,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self { version: "v1.36.0".into() }
    }
}

/// The API server: answers HTTP requests about the objects of a [`Store`]. A clone is another handle to it.
#[derive(Clone)]
pub struct ApiServer(Arc<Parts>);

struct Parts {
    store: Store,
    agent: Arc<dyn NodeAgent>,
    options: ApiOptions,
}

impl ApiServer {
    /// An API server over `store` that reaches into pods by `agent`.
    pub fn new(store: Store, agent: Arc<dyn NodeAgent>, options: ApiOptions) -> Self {
        Self(Arc::new(Parts { store, agent, options }))
    }

    /// The objects.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn agent(&self) -> &Arc<dyn NodeAgent> {
        &self.0.agent
    }

    pub(crate) fn options(&self) -> &ApiOptions {
        &self.0.options
    }

    /// Answers one request. Requests that ask for an upgrade (exec, port-forward) must come from a hyper server
    /// connection that serves upgrades; all others may come from anywhere.
    pub async fn handle<B>(&self, request: Request<B>) -> Answer
    where
        B: Body<Data = Bytes> + Send + Unpin,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let path = request.uri().path().to_owned();
        tracing::debug!(method = %request.method(), uri = %request.uri(), "request");
        let answer = self.route(&path, request).await;
        answer.unwrap_or_else(|refusal| {
            tracing::debug!(code = refusal.code, message = refusal.message, "refused");
            error(&refusal)
        })
    }

    async fn route<B>(&self, path: &str, request: Request<B>) -> Result<Answer, ApiError>
    where
        B: Body<Data = Bytes> + Send + Unpin,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        if let Some(answer) = self.about_itself(&segments, &request) {
            return Ok(answer);
        }
        let target = Target::parse(&segments).ok_or_else(ApiError::no_such_path)?;
        let query = Query::parse(request.uri().query().unwrap_or_default());
        if target.kind.kind == "Pod" && matches!(target.sub.as_deref(), Some("exec" | "portforward")) {
            return stream::upgrade(self, &target, &query, request);
        }
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, BODY_LIMIT).collect().await.map_err(|problem| {
            let text = format!("Request entity too large or unreadable: {problem}");
            ApiError::new(413, "RequestEntityTooLarge", text)
        })?;
        let call = Call { method: parts.method, target, query, headers: parts.headers, body: body.to_bytes() };
        self.serve(&call)
    }

    /// Health, version and discovery.
    fn about_itself<B>(&self, segments: &[&str], request: &Request<B>) -> Option<Answer> {
        let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match segments {
            ["healthz" | "livez" | "readyz", ..] => Some(raw(200, "text/plain; charset=utf-8", "ok")),
            ["version"] => Some(json(200, &discovery::version(&self.options().version))),
            ["openapi", rest @ ..] => Some(openapi::answer(rest, accept)),
            _ => discovery::answer(segments, accept),
        }
    }

    fn serve(&self, call: &Call) -> Result<Answer, ApiError> {
        let (method, target) = (&call.method, &call.target);
        if target.kind.kind == "Endpoints" && (*method != Method::GET || call.query.flag("watch")) {
            return Err(ApiError::method_not_allowed());
        }
        match (target.sub.as_deref(), target.name.is_some()) {
            (None, false) => match *method {
                Method::GET if call.query.flag("watch") => watch::watch(self.store(), call),
                Method::GET => read::list(self.store(), call),
                Method::POST => write::create(self.store(), call),
                Method::DELETE => delete::collection(self.store(), call),
                _ => Err(ApiError::method_not_allowed()),
            },
            (None, true) => match *method {
                Method::GET if call.query.flag("watch") => watch::watch(self.store(), call),
                Method::GET => read::get(self.store(), call),
                Method::PUT => write::update(self.store(), call),
                Method::PATCH => write::patch(self.store(), call),
                Method::DELETE => delete::one(self.store(), call),
                _ => Err(ApiError::method_not_allowed()),
            },
            (Some("status"), true) if target.kind.status => match *method {
                Method::GET => read::get(self.store(), call),
                Method::PUT => write::update(self.store(), call),
                Method::PATCH => write::patch(self.store(), call),
                _ => Err(ApiError::method_not_allowed()),
            },
            (Some("scale"), true) if target.kind.kind == "StatefulSet" => scale::serve(self.store(), call),
            (Some("eviction"), true) if target.kind.kind == "Pod" => match *method {
                Method::POST => eviction::evict(self.store(), call),
                _ => Err(ApiError::method_not_allowed()),
            },
            (Some("log"), true) if target.kind.kind == "Pod" => match *method {
                Method::GET => logs::logs(self, call),
                _ => Err(ApiError::method_not_allowed()),
            },
            _ => Err(ApiError::no_such_path()),
        }
    }
}
