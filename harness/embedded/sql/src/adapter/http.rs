use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{
        AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
        UPGRADE,
    },
    server::conn::http1,
    service::service_fn,
    upgrade::{self, OnUpgrade},
};
use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{AdapterDialect, json, websocket};
use crate::{SqlError, codes, rest::Credentials, shell::Connector};

/// A connection that is to become a websocket once HTTP has let go of it.
type Pending = Arc<Mutex<Option<OnUpgrade>>>;

/// Serves a connection until it is closed: HTTP/1.1, and a websocket if the client asks for one.
pub async fn serve_connection(stream: DuplexStream, dialect: AdapterDialect, connector: Arc<dyn Connector>) {
    let pending = Pending::default();
    let service = service_fn(|request| {
        let (dialect, connector, pending) = (&dialect, connector.as_ref(), &pending);
        async move { Ok::<_, Infallible>(answer(request, dialect, connector, pending).await) }
    });
    let mut server = http1::Builder::new();
    server.auto_date_header(false).title_case_headers(true);
    // A client that breaks off leaves nothing to do.
    let _ = server.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
    let upgrade = pending.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(upgrade) = upgrade
        && let Ok(upgraded) = upgrade.await
    {
        websocket::serve(TokioIo::new(upgraded), &dialect, connector.as_ref()).await;
    }
}

async fn answer(
    mut request: Request<Incoming>,
    dialect: &AdapterDialect,
    connector: &dyn Connector,
    pending: &Pending,
) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match (request.method(), segments.as_slice()) {
        (&Method::GET, ["ws"]) if dialect.ws => upgraded(&mut request, pending),
        (&Method::GET, ["rest", "ws"]) => upgraded(&mut request, pending),
        (&Method::GET, ["-", "ping"]) => response(StatusCode::OK, String::new()),
        (&Method::GET, ["rest", "login", user, password]) => login(&Credentials::new(user, password), connector).await,
        (&Method::POST, ["rest", "sql"]) => sql(request, None, dialect, connector).await,
        (&Method::POST, ["rest", "sql", database]) => {
            let database = Some((*database).to_owned());
            sql(request, database, dialect, connector).await
        }
        _ => response(StatusCode::NOT_FOUND, "404 page not found".to_owned()),
    }
}

/// Agrees to speak websocket.
fn upgraded(request: &mut Request<Incoming>, pending: &Pending) -> Response<Full<Bytes>> {
    let wants = |headers: &HeaderMap| {
        headers.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
    };
    let key = request.headers().get(SEC_WEBSOCKET_KEY).filter(|_| wants(request.headers())).cloned();
    let accept = key.and_then(|key| HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok());
    let Some(accept) = accept else { return response(StatusCode::BAD_REQUEST, "Bad Request\n".to_owned()) };
    *pending.lock().unwrap_or_else(PoisonError::into_inner) = Some(upgrade::on(request));
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    response
}

async fn login(credentials: &Credentials, connector: &dyn Connector) -> Response<Full<Bytes>> {
    match connector.connect(&credentials.login(None)).await {
        Ok(_) => response(StatusCode::OK, json::message(0, &credentials.token())),
        Err(error) => failed(&error),
    }
}

async fn sql(
    request: Request<Incoming>,
    database: Option<String>,
    dialect: &AdapterDialect,
    connector: &dyn Connector,
) -> Response<Full<Bytes>> {
    let credentials = match credentials(request.headers()) {
        Ok(credentials) => credentials,
        Err(code) => return refused(StatusCode::UNAUTHORIZED, code),
    };
    let Ok(body) = Limited::new(request.into_body(), dialect.longest_request).collect().await else {
        return refused(StatusCode::BAD_REQUEST, codes::HTTP_REQUSET_TOO_BIG);
    };
    let body = body.to_bytes();
    let sql = String::from_utf8_lossy(&body);
    if sql.trim().is_empty() {
        return refused(StatusCode::BAD_REQUEST, codes::HTTP_NO_SQL_INPUT);
    }
    let answer = match connector.connect(&credentials.login(database)).await {
        Ok(mut session) => session.execute(&sql).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) => response(StatusCode::OK, json::success(&answer, dialect.most_rows)),
        Err(error) => failed(&error),
    }
}

fn credentials(headers: &HeaderMap) -> Result<Credentials, i32> {
    let header = headers.get(AUTHORIZATION).ok_or(codes::HTTP_NO_AUTH_INFO)?;
    Credentials::from_header(header.to_str().unwrap_or_default())
}

/// An error of the adapter itself.
fn refused(status: StatusCode, code: i32) -> Response<Full<Bytes>> {
    response(status, json::error(&SqlError::of(code)))
}

/// An error of the server. Its HTTP status is 200, but for a wrong password.
fn failed(error: &SqlError) -> Response<Full<Bytes>> {
    let unknown = error.code == codes::v3::MND_AUTH_FAILURE;
    response(if unknown { StatusCode::UNAUTHORIZED } else { StatusCode::OK }, json::error(error))
}

fn response(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let json = body.starts_with('{');
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let kind = if json { "application/json; charset=utf-8" } else { "text/plain" };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
