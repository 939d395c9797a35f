use std::convert::Infallible;

use bytes::Bytes;
use futures::Stream;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use serde_json::Value;

use crate::ApiError;

/// Body of an answer: bytes, or a stream that goes on (watch, logs).
pub type ResponseBody = UnsyncBoxBody<Bytes, Infallible>;

pub(crate) type Answer = Response<ResponseBody>;

const JSON: &str = "application/json";

pub(crate) fn raw(code: u16, content_type: &str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()).boxed_unsync());
    *answer.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = HeaderValue::from_str(content_type) {
        answer.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    answer
}

pub(crate) fn json(code: u16, value: &Value) -> Answer {
    raw(code, JSON, serde_json::to_vec(value).unwrap_or_default())
}

pub(crate) fn json_bytes(code: u16, bytes: Bytes) -> Answer {
    raw(code, JSON, bytes)
}

pub(crate) fn stream(content_type: &str, chunks: impl Stream<Item = Bytes> + Send + 'static) -> Answer {
    use futures::StreamExt;
    let frames = chunks.map(|chunk| Ok::<_, Infallible>(Frame::data(chunk)));
    let mut answer = raw(200, content_type, Bytes::new());
    *answer.body_mut() = StreamBody::new(frames).boxed_unsync();
    answer
}

/// A refusal as HTTP: a `metav1.Status`.
pub fn error(error: &ApiError) -> Response<ResponseBody> {
    let mut answer = json(error.code, &error.status());
    let wait = error.subject.as_ref().map_or(0, |subject| subject.retry_after_seconds);
    if wait > 0 {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    answer
}

/// Adds warnings, which `kubectl` prints.
pub(crate) fn warn(answer: &mut Answer, warnings: &[String]) {
    for warning in warnings {
        let text = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{text}\"")) {
            answer.headers_mut().append(header::WARNING, value);
        }
    }
}
