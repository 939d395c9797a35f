use k8s_openapi::api::{
    apps::v1::{ControllerRevision, StatefulSet},
    coordination::v1::Lease,
    core::v1::{
        ConfigMap, Endpoints, Event, Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Service,
        ServiceAccount,
    },
    discovery::v1::EndpointSlice,
    networking::v1::NetworkPolicy,
    policy::v1::PodDisruptionBudget,
    storage::v1::StorageClass,
};

use super::{Kind, desired::same_desired, kind};

/// All kinds that are served, in the order of discovery.
pub(crate) static KINDS: &[Kind] = &[
    Kind { short_names: &["cm"], ..kind::<ConfigMap>(0, "configmap", true) },
    Kind { short_names: &["ep"], ..kind::<Endpoints>(1, "endpoints", true) },
    Kind { short_names: &["ev"], ..kind::<Event>(2, "event", true) },
    Kind { short_names: &["ns"], status: true, ..kind::<Namespace>(3, "namespace", false) },
    Kind { short_names: &["no"], status: true, ..kind::<Node>(4, "node", false) },
    Kind { short_names: &["pvc"], status: true, ..kind::<PersistentVolumeClaim>(5, "persistentvolumeclaim", true) },
    Kind { short_names: &["pv"], status: true, ..kind::<PersistentVolume>(6, "persistentvolume", false) },
    Kind {
        short_names: &["po"],
        categories: &["all"],
        status: true,
        same_desired: Some(same_desired::<Pod>),
        ..kind::<Pod>(7, "pod", true)
    },
    Kind { ..kind::<Secret>(8, "secret", true) },
    Kind { short_names: &["sa"], ..kind::<ServiceAccount>(9, "serviceaccount", true) },
    Kind { short_names: &["svc"], categories: &["all"], status: true, ..kind::<Service>(10, "service", true) },
    Kind { ..kind::<ControllerRevision>(11, "controllerrevision", true) },
    Kind {
        short_names: &["sts"],
        categories: &["all"],
        status: true,
        same_desired: Some(same_desired::<StatefulSet>),
        ..kind::<StatefulSet>(12, "statefulset", true)
    },
    Kind { ..kind::<Lease>(13, "lease", true) },
    Kind { same_desired: Some(same_desired::<EndpointSlice>), ..kind::<EndpointSlice>(14, "endpointslice", true) },
    Kind {
        short_names: &["netpol"],
        same_desired: Some(same_desired::<NetworkPolicy>),
        ..kind::<NetworkPolicy>(15, "networkpolicy", true)
    },
    Kind {
        short_names: &["pdb"],
        status: true,
        same_desired: Some(same_desired::<PodDisruptionBudget>),
        ..kind::<PodDisruptionBudget>(16, "poddisruptionbudget", true)
    },
    Kind { short_names: &["sc"], ..kind::<StorageClass>(17, "storageclass", false) },
];
