use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use super::{exec, exec_spdy, exec_websocket, forward, forward_spdy, forward_websocket};
use crate::{
    ApiError,
    http::{Answer, ApiServer, Query, Target, raw},
};

/// A connection after its upgrade.
pub(super) type Upgraded = hyper_util::rt::TokioIo<hyper::upgrade::Upgraded>;
pub(super) type Socket = WebSocketStream<Upgraded>;

const SPDY: &str = "SPDY/3.1";
const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
const EXEC_WEBSOCKET: [&str; 2] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const EXEC_SPDY: [&str; 2] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const FORWARD_WEBSOCKET: [&str; 3] = [TUNNEL, "v4.channel.k8s.io", "v5.channel.k8s.io"];
const FORWARD_SPDY: [&str; 1] = ["portforward.k8s.io"];

enum Carrier {
    WebSocket { accept: String },
    Spdy,
}

/// Answers a request that wants to become a stream, and serves the stream in a task of its own.
pub(crate) fn upgrade<B>(
    server: &ApiServer,
    target: &Target,
    query: &Query,
    mut request: Request<B>,
) -> Result<Answer, ApiError> {
    let carrier = carrier(request.headers())?;
    let on_upgrade = hyper::upgrade::on(&mut request);
    let headers = request.headers();
    if target.sub.as_deref() == Some("exec") {
        let plan = exec::plan(server, target, query)?;
        match carrier {
            Carrier::WebSocket { accept } => {
                let protocol = choose(headers, header::SEC_WEBSOCKET_PROTOCOL.as_str(), &EXEC_WEBSOCKET)?;
                spawn(on_upgrade, move |io| async move {
                    exec_websocket::serve(socket(io).await, plan).await;
                });
                Ok(switch_websocket(&accept, protocol))
            }
            Carrier::Spdy => {
                let protocol = choose(headers, "x-stream-protocol-version", &EXEC_SPDY)?;
                spawn(on_upgrade, move |io| exec_spdy::serve(io, plan));
                Ok(switch_spdy(protocol))
            }
        }
    } else {
        let pod = forward::target(server, target)?;
        match carrier {
            Carrier::WebSocket { accept } => {
                let protocol = choose(headers, header::SEC_WEBSOCKET_PROTOCOL.as_str(), &FORWARD_WEBSOCKET)?;
                if protocol == TUNNEL {
                    spawn(on_upgrade, move |io| async move {
                        forward_spdy::serve(super::tunnel::open(socket(io).await), pod).await;
                    });
                } else {
                    let ports = forward::ports(query)?;
                    spawn(on_upgrade, move |io| async move {
                        forward_websocket::serve(socket(io).await, pod, ports).await;
                    });
                }
                Ok(switch_websocket(&accept, protocol))
            }
            Carrier::Spdy => {
                let protocol = choose(headers, "x-stream-protocol-version", &FORWARD_SPDY)?;
                spawn(on_upgrade, move |io| forward_spdy::serve(io, pod));
                Ok(switch_spdy(protocol))
            }
        }
    }
}

fn carrier(headers: &HeaderMap) -> Result<Carrier, ApiError> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wanted = text(header::UPGRADE);
    if wanted.eq_ignore_ascii_case("websocket") {
        let key = text(header::SEC_WEBSOCKET_KEY);
        if STANDARD.decode(key).map_or(0, |bytes| bytes.len()) != 16 {
            return Err(ApiError::bad_request("missing or bad Sec-WebSocket-Key"));
        }
        return Ok(Carrier::WebSocket { accept: derive_accept_key(key.as_bytes()) });
    }
    if wanted.eq_ignore_ascii_case(SPDY) {
        return Ok(Carrier::Spdy);
    }
    Err(ApiError::bad_request("Upgrade request required"))
}

/// The first protocol of ours that the client offers.
fn choose(headers: &HeaderMap, name: &str, ours: &[&'static str]) -> Result<&'static str, ApiError> {
    let offered: Vec<_> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    ours.iter().copied().find(|protocol| offered.contains(protocol)).ok_or_else(|| {
        ApiError::new(403, "Forbidden", format!("unable to upgrade: none of the protocols {offered:?} is supported"))
    })
}

fn spawn<F, S>(on_upgrade: OnUpgrade, serve: F)
where
    F: FnOnce(Upgraded) -> S + Send + 'static,
    S: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        match on_upgrade.await {
            Ok(upgraded) => serve(hyper_util::rt::TokioIo::new(upgraded)).await,
            Err(error) => tracing::debug!(%error, "connection was not upgraded"),
        }
    });
}

async fn socket(io: Upgraded) -> Socket {
    // As much is filled with zeros before every read.
    let config = WebSocketConfig::default().read_buffer_size(4 * 1024);
    WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await
}

fn switching() -> Answer {
    let mut answer: Response<_> = raw(101, "", "");
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    answer.headers_mut().remove(header::CONTENT_TYPE);
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    answer
}

fn switch_websocket(accept: &str, protocol: &'static str) -> Answer {
    let mut answer = switching();
    let headers = answer.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    answer
}

fn switch_spdy(protocol: &'static str) -> Answer {
    let mut answer = switching();
    answer.headers_mut().insert(header::UPGRADE, HeaderValue::from_static(SPDY));
    answer.headers_mut().insert("x-stream-protocol-version", HeaderValue::from_static(protocol));
    answer
}
