use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use futures::stream;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Frame, Incoming},
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;

use super::{
    auth::Credentials,
    json::{self, Times},
};
use crate::{SqlError, codes, shell::Connector};

/// What differs between generations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestDialect {
    /// Whether `/rest/sql/db` chooses a database.
    pub database_in_path: bool,
    /// `restfulRowLimit`: most rows of an answer.
    pub most_rows: usize,
    /// Most bytes of a request.
    pub longest_request: usize,
}

/// 2.1.1.0, as recorded.
pub const V2_1: RestDialect = RestDialect { database_in_path: false, most_rows: 10_240, longest_request: 1_048_576 };

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Serves HTTP/1.1 on a connection until it is closed.
pub async fn serve_connection(stream: DuplexStream, dialect: RestDialect, connector: Arc<dyn Connector>) {
    let service = service_fn(|request| {
        let (dialect, connector) = (dialect.clone(), Arc::clone(&connector));
        async move { Ok::<_, Infallible>(answer(request, &dialect, connector.as_ref()).await) }
    });
    let mut server = http1::Builder::new();
    // The real service sends no date, and writes its headers in title case.
    server.auto_date_header(false).title_case_headers(true);
    // A client that breaks off leaves nothing to do.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, dialect: &RestDialect, connector: &dyn Connector) -> Response<Body> {
    match route(request, dialect, connector).await {
        Ok(response) => response,
        Err(error) => whole(status_of(error.code), json::error(&error)),
    }
}

async fn route(
    request: Request<Incoming>,
    dialect: &RestDialect,
    connector: &dyn Connector,
) -> Result<Response<Body>, SqlError> {
    let path = request.uri().path().to_owned();
    let mut segments = path.split('/').skip(1);
    let header = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default().to_owned());
    let mut credentials = header.map(|value| Credentials::from_header(&value)).transpose().map_err(SqlError::of)?;
    if request.method() == Method::OPTIONS {
        return Ok(options());
    }
    if segments.next() != Some("rest") {
        return Err(SqlError::of(codes::HTTP_UNSUPPORT_URL));
    }
    let times = match segments.next() {
        Some("sql") => Some(Times::Local),
        Some("sqlt") => Some(Times::Number),
        Some("sqlutc") => Some(Times::Utc),
        Some("login") => None,
        // Whoever does not say who he is does not hear what there is; so `/rest/ws` is refused with 401.
        Some(_) if credentials.is_none() => return Err(SqlError::of(codes::HTTP_NO_AUTH_INFO)),
        _ => return Err(SqlError::of(codes::HTTP_INVALID_URL)),
    };
    let further = segments.next();
    if times.is_none()
        && let (Some(user), Some(password)) = (further, segments.next())
    {
        credentials = Some(Credentials::new(user, password));
    }
    let credentials = credentials
        .filter(|credentials| !credentials.user.is_empty() && !credentials.password.is_empty())
        .ok_or_else(|| SqlError::of(codes::HTTP_NO_AUTH_INFO))?;
    let database = further.filter(|name| dialect.database_in_path && !name.is_empty());
    let login = credentials.login(database.map(str::to_owned));
    let Some(times) = times else {
        connector.connect(&login).await?;
        return Ok(whole(StatusCode::OK, json::status("succ", 0, &credentials.token())));
    };
    let body = Limited::new(request.into_body(), dialect.longest_request).collect().await;
    let body = body.map_err(|_| SqlError::of(codes::HTTP_REQUSET_TOO_BIG))?.to_bytes();
    let sql = String::from_utf8_lossy(&body);
    if sql.trim().is_empty() {
        return Err(SqlError::of(codes::HTTP_NO_SQL_INPUT));
    }
    let mut session = connector.connect(&login).await?;
    let answer = session.execute(&sql).await?;
    Ok(chunked(json::success(&answer, times, dialect.most_rows)))
}

/// The HTTP status of an error.
fn status_of(code: i32) -> StatusCode {
    match code {
        codes::HTTP_SERVER_OFFLINE | codes::HTTP_UNSUPPORT_URL | codes::HTTP_INVALID_URL => StatusCode::NOT_FOUND,
        codes::HTTP_NO_AUTH_INFO => StatusCode::UNAUTHORIZED,
        codes::HTTP_REQUSET_TOO_BIG => StatusCode::PAYLOAD_TOO_LARGE,
        codes::HTTP_INVALID_AUTH_TYPE
        | codes::HTTP_INVALID_AUTH_FORMAT
        | codes::HTTP_INVALID_BASIC_AUTH
        | codes::HTTP_INVALID_TAOSD_AUTH => StatusCode::NOT_ACCEPTABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// An answer of known length, as errors and logins have it.
fn whole(status: StatusCode, body: String) -> Response<Body> {
    response(status, Full::new(Bytes::from(body)).boxed_unsync())
}

/// An answer in chunks, as results have it.
fn chunked(body: String) -> Response<Body> {
    let frame = Ok::<_, Infallible>(Frame::data(Bytes::from(body)));
    response(StatusCode::OK, StreamBody::new(stream::iter([frame])).boxed_unsync())
}

fn response(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    response
}

fn options() -> Response<Body> {
    let mut response = whole(StatusCode::OK, json::status("succ", 0, "process options request success"));
    let headers = response.headers_mut();
    headers.insert("access-control-allow-methods", HeaderValue::from_static("*"));
    headers.insert("access-control-max-age", HeaderValue::from_static("3600"));
    headers.insert(
        "access-control-allow-headers",
        HeaderValue::from_static("Origin, X-Requested-With, Content-Type, Accept, authorization"),
    );
    response
}
