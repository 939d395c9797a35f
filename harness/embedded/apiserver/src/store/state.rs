use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
    sync::Arc,
};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use seatrial_sim::{Chance, Dice};

use crate::{
    kind::{KINDS, Kind},
    object::{Object, Typed},
};

/// How many changes of a kind can be replayed by a watch.
const HISTORY: usize = 1_000;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Added,
    Modified,
    Deleted,
}

/// One change of one object.
#[derive(Clone)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) kind: ChangeKind,
    /// The object after the change; if deleted, its last state.
    pub(crate) object: Arc<Object>,
    /// The object before the change.
    pub(crate) previous: Option<Arc<Object>>,
}

/// Kinds that were changed, by their index, and whether the ties of an object were.
pub(super) type Touched = BTreeMap<usize, bool>;

/// What keeps an object, or lets it go: its owners, its finalizers, and whether it is being deleted.
fn ties(object: &Object) -> (Option<&[OwnerReference]>, Option<&[String]>, bool) {
    let meta = object.meta();
    (meta.owner_references.as_deref(), meta.finalizers.as_deref(), object.deleting())
}

#[derive(Default)]
struct Table {
    objects: BTreeMap<(String, String), Arc<Object>>,
    log: VecDeque<Change>,
    // Changes up to this revision are forgotten.
    forgotten: u64,
}

/// Objects and history, behind the store's lock.
pub(super) struct State {
    revision: u64,
    tables: Vec<Table>,
    touched: Touched,
    pub(super) uids: Dice,
    pub(super) names: Dice,
    pub(super) addresses: Dice,
}

impl State {
    pub(super) fn new(chance: &Chance) -> Self {
        Self {
            revision: 1,
            tables: KINDS.iter().map(|_| Table::default()).collect(),
            touched: Touched::new(),
            uids: chance.stream("apiserver/uids"),
            names: chance.stream("apiserver/names"),
            addresses: chance.stream("apiserver/addresses"),
        }
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn take_touched(&mut self) -> Touched {
        std::mem::take(&mut self.touched)
    }

    pub(super) fn get(&self, kind: &Kind, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.tables.get(kind.index)?.objects.get(&key(namespace, name)).cloned()
    }

    pub(super) fn list(&self, kind: &Kind, namespace: Option<&str>) -> Vec<Arc<Object>> {
        let Some(table) = self.tables.get(kind.index) else { return Vec::new() };
        match namespace {
            None => table.objects.values().cloned().collect(),
            Some(namespace) => table
                .objects
                .range((Bound::Included(key(namespace, "")), Bound::Unbounded))
                .take_while(|((at, _), _)| at == namespace)
                .map(|(_, object)| Arc::clone(object))
                .collect(),
        }
    }

    /// Changes after `revision`, or nothing if they are no longer all known.
    pub(super) fn changes_after(&self, kind: &Kind, revision: u64) -> Option<Vec<Change>> {
        let table = self.tables.get(kind.index)?;
        if revision < table.forgotten {
            return None;
        }
        let first = table.log.partition_point(|change| change.revision <= revision);
        Some(table.log.iter().skip(first).cloned().collect())
    }

    fn version(&mut self, mut object: Box<dyn Typed>) -> Arc<Object> {
        self.revision += 1;
        object.meta_mut().resource_version = Some(self.revision.to_string());
        Arc::new(Object::new(object, self.revision))
    }

    /// Stores a new version of an object under the next revision.
    pub(super) fn put(&mut self, kind: &Kind, namespace: &str, name: &str, object: Box<dyn Typed>) -> Arc<Object> {
        let object = self.version(object);
        if let Some(table) = self.tables.get_mut(kind.index) {
            let previous = table.objects.insert(key(namespace, name), Arc::clone(&object));
            let ties = previous.as_ref().is_none_or(|previous| ties(previous) != ties(&object));
            *self.touched.entry(kind.index).or_default() |= ties;
            let what = if previous.is_some() { ChangeKind::Modified } else { ChangeKind::Added };
            table.record(Change { revision: self.revision, kind: what, object: Arc::clone(&object), previous });
        }
        object
    }

    /// Removes an object; its last state carries the revision of its removal.
    pub(super) fn remove(&mut self, kind: &Kind, namespace: &str, name: &str) -> Option<Arc<Object>> {
        let table = self.tables.get_mut(kind.index)?;
        let previous = table.objects.remove(&key(namespace, name))?;
        let object = self.version(previous.any().copy());
        let table = self.tables.get_mut(kind.index)?;
        table.record(Change {
            revision: self.revision,
            kind: ChangeKind::Deleted,
            object: Arc::clone(&object),
            previous: Some(previous),
        });
        self.touched.insert(kind.index, true);
        Some(object)
    }
}

impl Table {
    fn record(&mut self, change: Change) {
        self.log.push_back(change);
        while self.log.len() > HISTORY {
            if let Some(oldest) = self.log.pop_front() {
                self.forgotten = oldest.revision;
            }
        }
    }
}

fn key(namespace: &str, name: &str) -> (String, String) {
    (namespace.to_owned(), name.to_owned())
}
