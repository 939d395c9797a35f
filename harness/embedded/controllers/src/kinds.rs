//! All kinds that live in a namespace or can be owned, seen alike.

use std::sync::Arc;

use k8s_openapi::{
    api::{
        apps::v1::{ControllerRevision, StatefulSet},
        coordination::v1::Lease,
        core::v1::{
            ConfigMap, Endpoints, Event, Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, Secret,
            Service, ServiceAccount,
        },
        discovery::v1::EndpointSlice,
        networking::v1::NetworkPolicy,
        policy::v1::PodDisruptionBudget,
        storage::v1::StorageClass,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use seatrial_apiserver::{ApiError, Deletion, Store, Stored};

/// All objects, or those of a namespace.
type List = fn(&Store, Option<&str>) -> Vec<Arc<dyn AnyObject>>;
/// Changes the metadata of the object in a namespace, with a name.
type Modify = fn(&Store, &str, &str, &dyn Fn(&mut ObjectMeta)) -> Result<(), ApiError>;

/// An object of any kind.
pub(crate) trait AnyObject: Send + Sync {
    fn meta(&self) -> &ObjectMeta;
}

impl<K: Stored> AnyObject for K {
    fn meta(&self) -> &ObjectMeta {
        self.metadata()
    }
}

/// A kind of objects, for controllers that treat all kinds alike.
pub(crate) struct AnyKind {
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) list: List,
    pub(crate) delete: fn(&Store, &str, &str, Deletion) -> Result<(), ApiError>,
    pub(crate) modify: Modify,
}

const fn any<K: Stored>() -> AnyKind {
    AnyKind {
        kind: K::KIND,
        plural: K::URL_PATH_SEGMENT,
        list: |store, namespace| store.list::<K>(namespace).into_iter().map(|object| object as _).collect(),
        delete: |store, namespace, name, how| store.delete::<K>(namespace, name, how),
        modify: |store, namespace, name, change| {
            store.modify::<K>(namespace, name, |object| change(object.metadata_mut())).map(drop)
        },
    }
}

/// Kinds that live in namespaces, in the order in which a namespace is emptied.
pub(crate) static NAMESPACED: &[AnyKind] = &[
    any::<StatefulSet>(),
    any::<Pod>(),
    any::<Service>(),
    any::<Endpoints>(),
    any::<EndpointSlice>(),
    any::<PersistentVolumeClaim>(),
    any::<ConfigMap>(),
    any::<Secret>(),
    any::<ServiceAccount>(),
    any::<ControllerRevision>(),
    any::<NetworkPolicy>(),
    any::<PodDisruptionBudget>(),
    any::<Lease>(),
    any::<Event>(),
];

/// Kinds outside namespaces that can own objects.
pub(crate) static CLUSTER: &[AnyKind] =
    &[any::<Namespace>(), any::<Node>(), any::<PersistentVolume>(), any::<StorageClass>()];
