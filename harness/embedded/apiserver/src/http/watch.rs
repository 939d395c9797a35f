use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::stream::unfold;
use serde_json::{Value, json};
use tokio::{
    sync::watch::Receiver,
    time::{Instant, sleep_until},
};

use super::{
    answer::{Answer, stream},
    request::{Call, Form},
};
use crate::{
    ApiError, Store,
    kind::Kind,
    object::Object,
    select::Selection,
    store::{Change, ChangeKind, decode},
    table::{partial, table},
};

/// A watch that names no limit ends after this time; real servers choose 30 to 60 minutes.
const LONGEST: Duration = Duration::from_secs(3_600);
/// How often a quiet watch tells how far it is.
const BOOKMARKS: Duration = Duration::from_secs(60);

pub(super) fn watch(store: &Store, call: &Call) -> Result<Answer, ApiError> {
    let kind = call.target.kind;
    let query = &call.query;
    let selection = call.selection()?;
    let form = call.form();
    let version = query.get("resourceVersion").unwrap_or("0");
    let from: u64 = version.parse().map_err(|_| {
        ApiError::bad_request(format!(
            "Invalid value: \"{version}\": strconv.ParseUint: parsing \"{version}\": invalid syntax"
        ))
    })?;
    let limit = query.number::<u64>("timeoutSeconds")?.map_or(LONGEST, Duration::from_secs);
    let bookmarks = query.flag("allowWatchBookmarks");
    let initial = query.get("sendInitialEvents") == Some("true");
    let now = Instant::now();
    let mut watch = Watch {
        changes: store.watch_kind(kind),
        store: store.clone(),
        kind,
        selection,
        form,
        seen: from,
        ready: VecDeque::new(),
        ends: now + limit,
        bookmark: bookmarks.then(|| now + BOOKMARKS),
        over: false,
    };
    if from == 0 || initial {
        watch.send_present(initial);
    }
    let chunks = unfold(watch, |mut watch| async move { watch.next().await.map(|chunk| (chunk, watch)) });
    Ok(stream("application/json", chunks))
}

struct Watch {
    store: Store,
    changes: Receiver<u64>,
    kind: &'static Kind,
    selection: Selection,
    form: Form,
    // Changes up to this revision have been sent.
    seen: u64,
    ready: VecDeque<Bytes>,
    ends: Instant,
    bookmark: Option<Instant>,
    over: bool,
}

impl Watch {
    /// What is there now, as additions; if asked for, with a bookmark that says so.
    fn send_present(&mut self, announce: bool) {
        let (revision, objects) = self.store.snapshot(self.kind, self.selection.namespace.as_deref());
        let selected: Vec<_> = objects.into_iter().filter(|object| self.selection.covers(object)).collect();
        for object in selected {
            self.send("ADDED", &object);
        }
        self.seen = revision;
        if announce {
            self.send_bookmark(true);
        }
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Some(chunk);
            }
            if self.over {
                return None;
            }
            self.changes.mark_unchanged();
            self.collect();
            if !self.ready.is_empty() {
                continue;
            }
            let wake = self.bookmark.map_or(self.ends, |at| at.min(self.ends));
            tokio::select! {
                biased;
                changed = self.changes.changed() => {
                    self.over = changed.is_err();
                }
                () = sleep_until(wake) => {
                    if Instant::now() >= self.ends {
                        self.over = true;
                    } else {
                        self.bookmark = self.bookmark.map(|at| at + BOOKMARKS);
                        self.send_bookmark(false);
                    }
                }
            }
        }
    }

    fn collect(&mut self) {
        let Some((revision, changes)) = self.store.changes_after(self.kind, self.seen) else {
            let (oldest, current) = (self.seen, self.store.revision());
            let gone = ApiError::expired(format!("too old resource version: {oldest} ({current})"));
            self.ready.push_back(event("ERROR", gone.status().to_string().as_bytes()));
            self.over = true;
            return;
        };
        for change in &changes {
            self.send_change(change);
        }
        self.seen = self.seen.max(revision);
    }

    /// An object that starts or stops being selected appears or disappears for this watch.
    fn send_change(&mut self, change: &Change) {
        let before = change.previous.as_ref().is_some_and(|object| self.selection.covers(object));
        let after = change.kind != ChangeKind::Deleted && self.selection.covers(&change.object);
        let what = match (before, after) {
            (false, false) => return,
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
        };
        self.send(what, &change.object);
    }

    fn send(&mut self, what: &str, object: &Arc<Object>) {
        let chunk = match self.form {
            Form::Object => event(what, &object.bytes()),
            Form::Partial => event(what, partial(object.value()).to_string().as_bytes()),
            Form::Table(include) => {
                let meta = json!({ "resourceVersion": object.text("/metadata/resourceVersion") });
                let now = self.store.world().clock.now();
                let shown = table(self.kind, std::iter::once(object.as_ref()), include, now, &meta);
                event(what, shown.to_string().as_bytes())
            }
        };
        self.ready.push_back(chunk);
    }

    fn send_bookmark(&mut self, initial: bool) {
        let mut meta = json!({ "resourceVersion": self.seen.to_string(), "creationTimestamp": null });
        if initial {
            meta["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
        }
        let mark = json!({ "kind": self.kind.kind, "apiVersion": self.kind.api_version(), "metadata": meta });
        let shown: Value = match self.form {
            Form::Object => mark,
            Form::Partial => partial(&mark),
            Form::Table(include) => {
                // What a table shows of it is its metadata, as of any object.
                let object = decode(self.kind, &mark).ok().map(|object| Object::new(object, self.seen));
                let now = self.store.world().clock.now();
                let meta = json!({ "resourceVersion": self.seen.to_string() });
                table(self.kind, object.iter(), include, now, &meta)
            }
        };
        self.ready.push_back(event("BOOKMARK", shown.to_string().as_bytes()));
    }
}

fn event(what: &str, object: &[u8]) -> Bytes {
    let mut text = format!(r#"{{"type":"{what}","object":"#).into_bytes();
    text.extend_from_slice(object);
    text.extend_from_slice(b"}\n");
    text.into()
}
