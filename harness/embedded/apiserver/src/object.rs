use std::{
    any::Any,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use k8s_openapi::{Metadata, Resource, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Cause, defaults::Defaults, validate::Validate};

/// A Kubernetes object type that can be kept in a [`Store`](crate::Store).
pub trait Stored:
    Resource + Metadata<Ty = ObjectMeta> + Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static
{
}

impl<K> Stored for K where
    K: Resource + Metadata<Ty = ObjectMeta> + Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static
{
}

/// An object of a served kind, whatever its kind.
pub(crate) trait Served: Any + Send + Sync {
    fn meta_mut(&mut self) -> &mut ObjectMeta;
    fn set_defaults(&mut self);
    fn faults(&self, old: Option<&dyn Served>) -> Vec<Cause>;
    fn to_value(&self) -> serde_json::Result<Value>;
}

impl<K: Stored + Defaults + Validate> Served for K {
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.metadata_mut()
    }

    fn set_defaults(&mut self) {
        Defaults::set_defaults(self);
    }

    fn faults(&self, old: Option<&dyn Served>) -> Vec<Cause> {
        let old = old.and_then(|old| (old as &dyn Any).downcast_ref::<Self>());
        let mut faults = Vec::new();
        Validate::validate(self, &mut faults);
        if let Some(old) = old {
            Validate::validate_update(self, old, &mut faults);
        }
        faults
    }

    fn to_value(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }
}

/// One version of an object, never changed once stored.
pub(crate) struct Object {
    value: Value,
    revision: u64,
    typed: OnceLock<Option<Arc<dyn Any + Send + Sync>>>,
    bytes: OnceLock<Bytes>,
}

impl Object {
    pub(crate) fn new(value: Value, revision: u64) -> Self {
        Self { value, revision, typed: OnceLock::new(), bytes: OnceLock::new() }
    }

    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The object as its type; decoded once, then shared.
    pub(crate) fn shared<K: Stored>(&self) -> Option<Arc<K>> {
        Arc::clone(self.decoded::<K>()?).downcast().ok()
    }

    /// The object as its type; decoded once, then kept.
    pub(crate) fn typed<K: Stored>(&self) -> Option<&K> {
        self.decoded::<K>()?.downcast_ref()
    }

    fn decoded<K: Stored>(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        let decode = || {
            let decoded: Option<K> = serde::Deserialize::deserialize(&self.value).ok();
            decoded.map(|object| Arc::new(object) as Arc<dyn Any + Send + Sync>)
        };
        self.typed.get_or_init(decode).as_ref()
    }

    /// The object as JSON text; rendered once, then kept.
    pub(crate) fn bytes(&self) -> Bytes {
        self.bytes.get_or_init(|| serde_json::to_vec(&self.value).unwrap_or_default().into()).clone()
    }

    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    pub(crate) fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    pub(crate) fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }

    pub(crate) fn deleting(&self) -> bool {
        self.value.pointer("/metadata/deletionTimestamp").is_some()
    }
}
