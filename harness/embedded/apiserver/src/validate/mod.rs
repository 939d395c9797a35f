use crate::Cause;

/// Says what is wrong with an object, in the API server's words.
pub(crate) trait Validate {
    fn validate(&self, _faults: &mut Vec<Cause>) {}

    fn validate_update(&self, _old: &Self, _faults: &mut Vec<Cause>)
    where
        Self: Sized,
    {
    }
}

mod interim {
    use super::Validate;
    use k8s_openapi::api::{
        apps::v1::{ControllerRevision, StatefulSet},
        coordination::v1::Lease,
        core::v1::*,
        discovery::v1::EndpointSlice,
        networking::v1::NetworkPolicy,
        policy::v1::PodDisruptionBudget,
        storage::v1::StorageClass,
    };
    macro_rules! none { ($($t:ty),*) => { $(impl Validate for $t {})* } }
    none!(
        ControllerRevision,
        StatefulSet,
        Lease,
        ConfigMap,
        Endpoints,
        Event,
        Namespace,
        Node,
        PersistentVolume,
        PersistentVolumeClaim,
        Pod,
        Secret,
        Service,
        ServiceAccount,
        EndpointSlice,
        NetworkPolicy,
        PodDisruptionBudget,
        StorageClass
    );
}
