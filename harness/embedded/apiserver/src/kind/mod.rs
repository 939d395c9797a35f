mod desired;
mod table;

use std::any::Any;

use k8s_openapi::Resource;
use serde_json::Value;

use crate::{
    Stored,
    defaults::Defaults,
    object::{Served, Typed},
    validate::Validate,
};

pub(crate) use table::KINDS;

/// Compares two objects.
pub(crate) type Compare = fn(&dyn Typed, &dyn Typed) -> bool;
/// Takes an object for one of a served kind.
pub(crate) type Serve = fn(Box<dyn Typed>) -> Option<Box<dyn Served>>;

/// A kind of object that this server serves.
pub(crate) struct Kind {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    #[expect(clippy::struct_field_names, reason = "what Kubernetes calls it")]
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) short_names: &'static [&'static str],
    pub(crate) categories: &'static [&'static str],
    pub(crate) namespaced: bool,
    /// Has the subresource `status`.
    pub(crate) status: bool,
    /// Whether two objects want the same, of kinds that count such changes in `metadata.generation`.
    pub(crate) same_desired: Option<Compare>,
    pub(crate) decode: fn(&Value) -> serde_json::Result<Box<dyn Served>>,
    /// The same object, as one that is served; none if it is of another kind.
    pub(crate) serve: Serve,
    /// Position in [`KINDS`].
    pub(crate) index: usize,
}

impl Kind {
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

const fn kind<K: Stored + Defaults + Validate>(index: usize, singular: &'static str, namespaced: bool) -> Kind {
    Kind {
        group: K::GROUP,
        version: K::VERSION,
        kind: K::KIND,
        plural: K::URL_PATH_SEGMENT,
        singular,
        short_names: &[],
        categories: &[],
        namespaced,
        status: false,
        same_desired: None,
        decode: decode::<K>,
        serve: serve::<K>,
        index,
    }
}

fn decode<K: Stored + Defaults + Validate>(value: &Value) -> serde_json::Result<Box<dyn Served>> {
    Ok(Box::new(K::deserialize(value)?))
}

fn serve<K: Stored + Defaults + Validate>(object: Box<dyn Typed>) -> Option<Box<dyn Served>> {
    let object: Box<K> = (object as Box<dyn Any>).downcast().ok()?;
    Some(object)
}

/// The kind called `kind` in `group`.
pub(crate) fn of(group: &str, kind: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|served| served.kind == kind && served.group == group)
}

/// The kind of a type.
pub(crate) fn of_type<K: Resource>() -> Option<&'static Kind> {
    KINDS.get(const { place(K::GROUP, K::KIND) })
}

/// Where a kind stands in [`KINDS`]; their number if it is not there. Looked for when this is compiled: it is asked for
/// whenever an object is read.
const fn place(group: &str, kind: &str) -> usize {
    let mut index = 0;
    while index < KINDS.len() && !(same(KINDS[index].kind, kind) && same(KINDS[index].group, group)) {
        index += 1;
    }
    index
}

const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::{DaemonSet, StatefulSet};

    use super::*;

    #[test]
    fn every_kind_knows_its_place() {
        for (index, kind) in KINDS.iter().enumerate() {
            assert_eq!(kind.index, index, "{}", kind.kind);
        }
        assert_eq!(of("apps", "StatefulSet").map(|kind| kind.plural), Some("statefulsets"));
        assert!(of("apps", "Pod").is_none());
        assert_eq!(of_type::<StatefulSet>().map(|kind| kind.plural), Some("statefulsets"));
        assert!(of_type::<DaemonSet>().is_none());
    }
}
