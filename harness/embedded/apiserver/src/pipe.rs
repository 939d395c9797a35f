use std::{
    convert::Infallible,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::BodyExt;
use hyper::{
    body::{Body, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tower::Service;

use crate::{ApiServer, ResponseBody};

/// What is under way in one direction at once, in bytes; it is set aside for every exec.
const PIPE: usize = 16 * 1024;

/// Reaches an [`ApiServer`] in the same process, without sockets, as `kube::Client::new` wants it.
///
/// Plain requests are handed over as they are. A request that becomes a stream (exec, port-forward) gets an HTTP/1
/// connection of its own over an in-memory pipe, because only a real connection can be upgraded. On a paused clock
/// no time passes while a request is answered.
#[derive(Clone)]
pub struct ClientService {
    server: ApiServer,
}

impl ClientService {
    /// A service that reaches `server`.
    pub fn new(server: ApiServer) -> Self {
        Self { server }
    }
}

impl<B> Service<Request<B>> for ClientService
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Response = Response<ResponseBody>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let server = self.server.clone();
        Box::pin(async move {
            if request.headers().contains_key(header::UPGRADE) {
                through_connection(server, request).await
            } else {
                Ok(server.handle(request).await)
            }
        })
    }
}

/// Serves HTTP/1 on one connection, upgrades included, until it ends.
///
/// No Date header: it would show the machine's clock.
pub async fn serve_connection<I>(server: ApiServer, io: I) -> hyper::Result<()>
where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let server = server.clone();
        async move { Ok::<_, Infallible>(server.handle(request).await) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.auto_date_header(false);
    builder.serve_connection(TokioIo::new(io), service).with_upgrades().await
}

async fn through_connection<B>(server: ApiServer, request: Request<B>) -> io::Result<Response<ResponseBody>>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    let (near, far) = tokio::io::duplex(PIPE);
    tokio::spawn(async move {
        if let Err(error) = serve_connection(server, far).await {
            tracing::debug!(%error, "in-memory connection");
        }
    });
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(near)).await.map_err(io::Error::other)?;
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "in-memory connection");
        }
    });
    let (mut parts, body) = request.into_parts();
    // A connection carries no scheme and no authority, only a path.
    if let Some(path) = parts.uri.path_and_query() {
        parts.uri = path.as_str().parse().map_err(io::Error::other)?;
    }
    parts.headers.entry(header::HOST).or_insert(header::HeaderValue::from_static("seatrial"));
    let answer = sender.send_request(Request::from_parts(parts, body)).await.map_err(io::Error::other)?;
    let (parts, body) = answer.into_parts();
    // A connection that breaks in the middle of a body looks like the end of the body.
    let body = futures::stream::unfold(body, |mut body| async move {
        let frame = body.frame().await?.ok()?;
        Some((Ok::<_, Infallible>(frame), body))
    });
    Ok(Response::from_parts(parts, http_body_util::StreamBody::new(body).boxed_unsync()))
}
