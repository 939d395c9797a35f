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

/// An object of any type.
pub(crate) trait Typed: Any + Send + Sync {
    fn meta(&self) -> &ObjectMeta;
    fn meta_mut(&mut self) -> &mut ObjectMeta;
    fn copy(&self) -> Box<dyn Typed>;
    fn same(&self, other: &dyn Typed) -> bool;
    fn to_value(&self) -> serde_json::Result<Value>;
    fn to_bytes(&self) -> serde_json::Result<Vec<u8>>;
}

impl<K: Stored> Typed for K {
    fn meta(&self) -> &ObjectMeta {
        self.metadata()
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.metadata_mut()
    }

    fn copy(&self) -> Box<dyn Typed> {
        Box::new(self.clone())
    }

    fn same(&self, other: &dyn Typed) -> bool {
        (other as &dyn Any).downcast_ref::<Self>() == Some(self)
    }

    fn to_value(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }

    fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

/// An object of a served kind, whatever its kind.
pub(crate) trait Served: Typed {
    fn set_defaults(&mut self);
    fn faults(&self, old: Option<&dyn Typed>) -> Vec<Cause>;
}

impl<K: Stored + Defaults + Validate> Served for K {
    fn set_defaults(&mut self) {
        Defaults::set_defaults(self);
    }

    fn faults(&self, old: Option<&dyn Typed>) -> Vec<Cause> {
        let old = old.and_then(|old| (old as &dyn Any).downcast_ref::<Self>());
        let mut faults = Vec::new();
        Validate::validate(self, &mut faults);
        if let Some(old) = old {
            Validate::validate_update(self, old, &mut faults);
        }
        faults
    }
}

/// One version of an object, never changed once stored. Controllers share it as its type; clients get JSON, which is made
/// when the first of them asks.
pub(crate) struct Object {
    typed: Arc<dyn Typed>,
    revision: u64,
    value: OnceLock<Value>,
    bytes: OnceLock<Bytes>,
}

impl Object {
    pub(crate) fn new(typed: Box<dyn Typed>, revision: u64) -> Self {
        Self { typed: typed.into(), revision, value: OnceLock::new(), bytes: OnceLock::new() }
    }

    /// The object as JSON; made once, then kept.
    pub(crate) fn value(&self) -> &Value {
        self.value.get_or_init(|| self.typed.to_value().unwrap_or_default())
    }

    /// The object as JSON text; made once, then kept.
    pub(crate) fn bytes(&self) -> Bytes {
        self.bytes.get_or_init(|| self.typed.to_bytes().unwrap_or_default().into()).clone()
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The object, whatever its type.
    pub(crate) fn any(&self) -> &dyn Typed {
        self.typed.as_ref()
    }

    /// The object as its type.
    pub(crate) fn typed<K: Stored>(&self) -> Option<&K> {
        (self.any() as &dyn Any).downcast_ref()
    }

    /// The object as its type, to be kept.
    pub(crate) fn shared<K: Stored>(&self) -> Option<Arc<K>> {
        let any: Arc<dyn Any + Send + Sync> = Arc::<dyn Typed>::clone(&self.typed);
        any.downcast().ok()
    }

    pub(crate) fn meta(&self) -> &ObjectMeta {
        self.typed.meta()
    }

    /// A text in the object, by its JSON pointer.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.value().pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        self.meta().name.as_deref().unwrap_or_default()
    }

    pub(crate) fn namespace(&self) -> &str {
        self.meta().namespace.as_deref().unwrap_or_default()
    }

    pub(crate) fn uid(&self) -> &str {
        self.meta().uid.as_deref().unwrap_or_default()
    }

    pub(crate) fn deleting(&self) -> bool {
        self.meta().deletion_timestamp.is_some()
    }
}
