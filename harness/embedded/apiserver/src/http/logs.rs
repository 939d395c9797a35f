use std::{collections::VecDeque, fmt::Write as _};

use bytes::Bytes;
use futures::stream::unfold;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use seatrial_sim::LogEntry;

use super::{
    ApiServer,
    answer::{Answer, raw, stream},
    request::Call,
};
use crate::{ApiError, Cause, ContainerLogView};

const PLAIN: &str = "text/plain";

struct Options {
    timestamps: bool,
    since: Option<Timestamp>,
    tail: Option<usize>,
    limit: Option<usize>,
}

/// The log of a container.
pub(super) fn logs(server: &ApiServer, call: &Call) -> Result<Answer, ApiError> {
    let store = server.store();
    let (scope, name) = (call.target.scope(), call.name());
    let pod = store.get::<Pod>(scope, name).ok_or_else(|| ApiError::missing(call.target.kind, name))?;
    let container = container(&pod, call.query.get("container"))?;
    let options = options(call, store.world().clock.now())?;
    let view = server.agent().logs(scope, name, Some(&container), call.query.flag("previous"))?;
    if call.query.flag("follow") {
        return Ok(follow(view, &options));
    }
    let mut text = String::new();
    for entry in &selected(view.log.entries(0), &options) {
        render(&mut text, entry, options.timestamps);
    }
    let mut bytes = text.into_bytes();
    bytes.truncate(options.limit.unwrap_or(usize::MAX));
    Ok(raw(200, PLAIN, bytes))
}

/// The container that is meant: the one that is named, or the only one.
pub(crate) fn container(pod: &Pod, named: Option<&str>) -> Result<String, ApiError> {
    let pod_name = pod.metadata.name.as_deref().unwrap_or_default();
    let spec = pod.spec.as_ref();
    let usual: Vec<_> =
        spec.into_iter().flat_map(|spec| spec.containers.iter()).map(|container| container.name.clone()).collect();
    let initial = spec.into_iter().flat_map(|spec| spec.init_containers.iter().flatten());
    let mut initial = initial.map(|container| container.name.clone());
    match (named, usual.as_slice()) {
        (Some(named), _) if usual.iter().any(|name| name == named) || initial.any(|name| name == named) => {
            Ok(named.to_owned())
        }
        (Some(named), _) => Err(ApiError::bad_request(format!("container {named} is not valid for pod {pod_name}"))),
        (None, [only]) => Ok(only.clone()),
        (None, []) => Err(ApiError::bad_request(format!("pod {pod_name} has no containers"))),
        (None, several) => Err(ApiError::bad_request(format!(
            "a container name must be specified for pod {pod_name}, choose one of: [{}]",
            several.join(" ")
        ))),
    }
}

fn options(call: &Call, now: Timestamp) -> Result<Options, ApiError> {
    let query = &call.query;
    let mut causes = Vec::new();
    let mut positive = |key: &str, least: i64| -> Result<Option<i64>, ApiError> {
        let number = query.number::<i64>(key)?;
        if let Some(number) = number.filter(|number| *number < least) {
            let bound = if least == 0 { "must be greater than or equal to 0" } else { "must be greater than 0" };
            causes.push(Cause::invalid(key, &number.into(), bound));
        }
        Ok(number)
    };
    let seconds = positive("sinceSeconds", 1)?;
    let tail = positive("tailLines", 0)?;
    let limit = positive("limitBytes", 1)?;
    if let Some(cause) = causes.first() {
        let (kind, name) = ("PodLogOptions", call.name());
        let text = format!("{kind} \"{name}\" is invalid: {}: {}", cause.field, cause.message);
        let mut error = ApiError::new(422, "Invalid", text).about("", kind, name);
        error.causes = causes;
        return Err(error);
    }
    let time = query.get("sinceTime").map(|text| {
        text.parse::<Timestamp>().map_err(|_| ApiError::bad_request(format!("sinceTime: {text} is not a time")))
    });
    let ago = seconds.and_then(|seconds| now.checked_sub(SignedDuration::from_secs(seconds)).ok());
    Ok(Options {
        timestamps: query.flag("timestamps"),
        since: ago.or(time.transpose()?),
        tail: tail.and_then(|lines| usize::try_from(lines).ok()),
        limit: limit.and_then(|bytes| usize::try_from(bytes).ok()),
    })
}

fn selected(mut entries: Vec<LogEntry>, options: &Options) -> Vec<LogEntry> {
    if let Some(since) = options.since {
        entries.retain(|entry| entry.at >= since);
    }
    if let Some(tail) = options.tail {
        entries.drain(..entries.len().saturating_sub(tail));
    }
    entries
}

fn render(text: &mut String, entry: &LogEntry, timestamps: bool) {
    if timestamps {
        // Nine digits, as container runtimes write them.
        let _ = write!(text, "{:.9} ", entry.at);
    }
    text.push_str(&entry.line);
    text.push('\n');
}

struct Follower {
    view: ContainerLogView,
    length: tokio::sync::watch::Receiver<usize>,
    ready: VecDeque<LogEntry>,
    next: usize,
    left: usize,
    timestamps: bool,
    ended: bool,
}

fn follow(view: ContainerLogView, options: &Options) -> Answer {
    let length = view.log.subscribe();
    let present = view.log.entries(0);
    let next = present.len();
    let follower = Follower {
        length,
        ready: selected(present, options).into(),
        next,
        left: options.limit.unwrap_or(usize::MAX),
        timestamps: options.timestamps,
        ended: false,
        view,
    };
    let chunks = unfold(follower, |mut follower| async move { follower.next().await.map(|chunk| (chunk, follower)) });
    stream(PLAIN, chunks)
}

impl Follower {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let mut text = String::new();
            for entry in self.ready.drain(..) {
                render(&mut text, &entry, self.timestamps);
            }
            if !text.is_empty() {
                let mut bytes = text.into_bytes();
                bytes.truncate(self.left);
                self.left -= bytes.len();
                return (!bytes.is_empty()).then(|| bytes.into());
            }
            self.length.mark_unchanged();
            let fresh = self.view.log.entries(self.next);
            if !fresh.is_empty() {
                self.next += fresh.len();
                self.ready.extend(fresh);
                continue;
            }
            if self.ended || self.left == 0 {
                return None;
            }
            tokio::select! {
                biased;
                changed = self.length.changed() => self.ended = changed.is_err(),
                () = &mut self.view.ended => self.ended = true,
            }
        }
    }
}
