use k8s_openapi::api::{
    apps::v1::{
        RollingUpdateStatefulSetStrategy, StatefulSet, StatefulSetPersistentVolumeClaimRetentionPolicy,
        StatefulSetStatus, StatefulSetUpdateStrategy,
    },
    core::v1::PersistentVolumeClaimStatus,
};

use super::{Defaults, pod::pod_spec, storage::claim_spec};

impl Defaults for StatefulSet {
    fn set_defaults(&mut self) {
        let spec = &mut self.spec;
        spec.replicas.get_or_insert(1);
        spec.pod_management_policy.get_or_insert_with(|| "OrderedReady".into());
        spec.revision_history_limit.get_or_insert(10);
        let strategy = spec.update_strategy.get_or_insert_with(StatefulSetUpdateStrategy::default);
        if strategy.type_.get_or_insert_with(|| "RollingUpdate".into()) == "RollingUpdate" {
            let rolling = strategy.rolling_update.get_or_insert_with(RollingUpdateStatefulSetStrategy::default);
            rolling.partition.get_or_insert(0);
        }
        let retention = spec
            .persistent_volume_claim_retention_policy
            .get_or_insert_with(StatefulSetPersistentVolumeClaimRetentionPolicy::default);
        retention.when_deleted.get_or_insert_with(|| "Retain".into());
        retention.when_scaled.get_or_insert_with(|| "Retain".into());
        if let Some(template) = &mut spec.template.spec {
            pod_spec(template);
        }
        for claim in spec.volume_claim_templates.iter_mut().flatten() {
            claim.spec.iter_mut().for_each(claim_spec);
            let status = claim.status.get_or_insert_with(PersistentVolumeClaimStatus::default);
            status.phase.get_or_insert_with(|| "Pending".into());
        }
        let status = self.status.get_or_insert_with(StatefulSetStatus::default);
        status.available_replicas.get_or_insert(0);
    }
}
