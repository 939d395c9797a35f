//! Kubernetes events: what controllers and kubelets tell about objects.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::core::v1::{Event, EventSource, ObjectReference},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use seatrial_apiserver::{Deletion, Store, Stored};
use seatrial_sim::Dice;

use crate::meta;

/// How long an API server keeps an event after it was last seen.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// Writes events; equal ones become one event with a count. A clone is another handle to the same recorder.
#[derive(Clone)]
pub(crate) struct Recorder {
    store: Store,
    known: Arc<Mutex<Known>>,
}

struct Known {
    events: BTreeMap<Key, Entry>,
    names: Dice,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    uid: String,
    field: Option<String>,
    component: &'static str,
    warning: bool,
    reason: String,
    message: String,
}

struct Entry {
    namespace: String,
    name: String,
    seen: Timestamp,
}

/// Who tells it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    component: &'static str,
    host: Option<String>,
}

impl Source {
    pub(crate) fn controller(component: &'static str) -> Self {
        Self { component, host: None }
    }

    pub(crate) fn kubelet(node: &str) -> Self {
        Self { component: "kubelet", host: Some(node.to_owned()) }
    }
}

/// What is told: kind, reason and message, and perhaps a part of the object.
pub(crate) struct News<'a> {
    warning: bool,
    reason: &'a str,
    message: String,
    field: Option<String>,
}

impl<'a> News<'a> {
    pub(crate) fn normal(reason: &'a str, message: impl Into<String>) -> Self {
        Self { warning: false, reason, message: message.into(), field: None }
    }

    pub(crate) fn warning(reason: &'a str, message: impl Into<String>) -> Self {
        Self { warning: true, reason, message: message.into(), field: None }
    }

    /// The same, about a part of the object such as `spec.containers{tdengine}`.
    pub(crate) fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

impl Recorder {
    pub(crate) fn new(store: &Store) -> Self {
        let names = store.world().chance.stream("controllers/events");
        let known = Arc::new(Mutex::new(Known { events: BTreeMap::new(), names }));
        Self { store: store.clone(), known }
    }

    /// Tells `news` about `object`. An event that cannot be stored is lost, as on a real cluster.
    pub(crate) fn tell<K: Stored>(&self, source: &Source, object: &K, news: News<'_>) {
        let key = Key {
            uid: meta::uid(object).to_owned(),
            field: news.field,
            component: source.component,
            warning: news.warning,
            reason: news.reason.to_owned(),
            message: news.message,
        };
        let at = self.store.world().clock.now();
        self.forget_old(at);
        if let Some((namespace, name)) = self.seen_before(&key, at) {
            let count = |event: &mut Event| {
                event.count = Some(event.count.unwrap_or(1).saturating_add(1));
                event.last_timestamp = Some(meta::whole_seconds(at));
            };
            if self.store.modify::<Event>(&namespace, &name, count).is_ok() {
                return;
            }
        }
        let suffix = self.lock().names.bits();
        let event = build(source, object, &key, suffix, at);
        if let Ok(stored) = self.store.create(&event) {
            let entry =
                Entry { namespace: meta::namespace(&*stored).into(), name: meta::name(&*stored).into(), seen: at };
            self.lock().events.insert(key, entry);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen_before(&self, key: &Key, at: Timestamp) -> Option<(String, String)> {
        let mut known = self.lock();
        let entry = known.events.get_mut(key)?;
        entry.seen = at;
        Some((entry.namespace.clone(), entry.name.clone()))
    }

    fn forget_old(&self, at: Timestamp) {
        let old = |entry: &Entry| at.duration_since(entry.seen) > KEPT;
        let mut gone = Vec::new();
        self.lock().events.retain(|_, entry| {
            let keep = !old(entry);
            if !keep {
                gone.push((entry.namespace.clone(), entry.name.clone()));
            }
            keep
        });
        for (namespace, name) in gone {
            // It may be gone already, with its namespace.
            let _ = self.store.delete::<Event>(&namespace, &name, Deletion::now());
        }
    }
}

fn build<K: Stored>(source: &Source, object: &K, key: &Key, suffix: u64, at: Timestamp) -> Event {
    let own = object.metadata().namespace.clone();
    let namespace = own.clone().filter(|namespace| !namespace.is_empty()).unwrap_or_else(|| "default".to_owned());
    let time = meta::whole_seconds(at);
    Event {
        metadata: ObjectMeta {
            name: Some(format!("{}.{suffix:016x}", meta::name(object))),
            namespace: Some(namespace),
            ..ObjectMeta::default()
        },
        involved_object: ObjectReference {
            api_version: Some(K::API_VERSION.to_owned()),
            kind: Some(K::KIND.to_owned()),
            name: object.metadata().name.clone(),
            namespace: own,
            uid: object.metadata().uid.clone(),
            resource_version: object.metadata().resource_version.clone(),
            field_path: key.field.clone(),
        },
        reason: Some(key.reason.clone()),
        message: Some(key.message.clone()),
        source: Some(EventSource { component: Some(source.component.to_owned()), host: source.host.clone() }),
        reporting_component: Some(source.component.to_owned()),
        reporting_instance: Some(source.host.clone().unwrap_or_default()),
        first_timestamp: Some(time.clone()),
        last_timestamp: Some(time),
        count: Some(1),
        type_: Some(if key.warning { "Warning" } else { "Normal" }.to_owned()),
        ..Event::default()
    }
}
