use std::any::Any;

use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{Pod, PodSpec},
    discovery::v1::EndpointSlice,
    networking::v1::NetworkPolicy,
    policy::v1::PodDisruptionBudget,
};

use crate::object::Typed;

/// Kinds that tell what is wanted from what is.
pub(super) trait Desired: Any {
    /// True if both want the same.
    fn same_desired(&self, other: &Self) -> bool;
}

/// True if both are of type `K` and want the same.
pub(super) fn same_desired<K: Desired>(one: &dyn Typed, other: &dyn Typed) -> bool {
    let (one, other) = ((one as &dyn Any).downcast_ref::<K>(), (other as &dyn Any).downcast_ref::<K>());
    one.zip(other).is_some_and(|(one, other)| one.same_desired(other))
}

impl Desired for Pod {
    /// Where a pod runs is not what somebody wants, but what the scheduler found.
    fn same_desired(&self, other: &Self) -> bool {
        let (Some(one), Some(other)) = (&self.spec, &other.spec) else { return self.spec == other.spec };
        one == other
            || one.node_name != other.node_name && *one == PodSpec { node_name: one.node_name.clone(), ..other.clone() }
    }
}

impl Desired for StatefulSet {
    fn same_desired(&self, other: &Self) -> bool {
        self.spec == other.spec
    }
}

impl Desired for EndpointSlice {
    fn same_desired(&self, other: &Self) -> bool {
        self.address_type == other.address_type && self.endpoints == other.endpoints && self.ports == other.ports
    }
}

impl Desired for NetworkPolicy {
    fn same_desired(&self, other: &Self) -> bool {
        self.spec == other.spec
    }
}

impl Desired for PodDisruptionBudget {
    fn same_desired(&self, other: &Self) -> bool {
        self.spec == other.spec
    }
}
