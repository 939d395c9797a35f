//! The pods and claims of a StatefulSet: their names, labels and contents.

use k8s_openapi::{
    api::{
        apps::v1::StatefulSet,
        core::v1::{PersistentVolumeClaim, PersistentVolumeClaimVolumeSource, Pod, PodTemplateSpec, Volume},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use crate::meta;

/// Label with the revision that a pod was made from.
pub(super) const REVISION: &str = "controller-revision-hash";
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

pub(super) fn pod_name(set: &StatefulSet, ordinal: u32) -> String {
    format!("{}-{ordinal}", meta::name(set))
}

/// The ordinal in the name of a pod of `set`.
pub(super) fn ordinal(set: &str, pod: &str) -> Option<u32> {
    let digits = pod.strip_prefix(set)?.strip_prefix('-')?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    digits.parse().ok().filter(|_| plain)
}

pub(super) fn revision(pod: &Pod) -> &str {
    let labels = pod.metadata.labels.as_ref();
    labels.and_then(|labels| labels.get(REVISION)).map(String::as_str).unwrap_or_default()
}

/// The claims of a pod: name of the template, and name of the claim.
pub(super) fn claim_names(set: &StatefulSet, ordinal: u32) -> Vec<(String, String)> {
    let templates = set.spec.volume_claim_templates.iter().flatten();
    templates
        .map(|template| {
            let name = meta::name(template);
            (name.to_owned(), format!("{name}-{}-{ordinal}", meta::name(set)))
        })
        .collect()
}

/// The pod of `ordinal`, from the template of the revision with that name.
pub(super) fn build(set: &StatefulSet, template: &PodTemplateSpec, revision: &str, ordinal: u32) -> Pod {
    let name = pod_name(set, ordinal);
    let template_meta = template.metadata.clone().unwrap_or_default();
    let mut labels = template_meta.labels.unwrap_or_default();
    labels.insert(REVISION.into(), revision.into());
    labels.insert(POD_NAME.into(), name.clone());
    labels.insert(POD_INDEX.into(), ordinal.to_string());
    let mut spec = template.spec.clone().unwrap_or_default();
    spec.hostname = Some(name.clone());
    spec.subdomain.clone_from(&set.spec.service_name);
    let claims = claim_names(set, ordinal);
    let own: Vec<Volume> = claims
        .into_iter()
        .map(|(template, claim)| Volume {
            name: template,
            persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource { claim_name: claim, read_only: None }),
            ..Volume::default()
        })
        .collect();
    if !own.is_empty() {
        let mut volumes = own;
        let others = spec.volumes.take().unwrap_or_default();
        let kept: Vec<_> =
            others.into_iter().filter(|other| volumes.iter().all(|own| own.name != other.name)).collect();
        volumes.extend(kept);
        spec.volumes = Some(volumes);
    }
    Pod {
        metadata: ObjectMeta {
            name: Some(name),
            generate_name: Some(format!("{}-", meta::name(set))),
            namespace: set.metadata.namespace.clone(),
            labels: Some(labels),
            annotations: template_meta.annotations,
            finalizers: template_meta.finalizers,
            owner_references: Some(vec![meta::controller_reference(set)]),
            ..ObjectMeta::default()
        },
        spec: Some(spec),
        status: None,
    }
}

/// The claims of a pod as they are made.
pub(super) fn build_claims(set: &StatefulSet, ordinal: u32) -> Vec<PersistentVolumeClaim> {
    let spec = &set.spec;
    let templates = spec.volume_claim_templates.iter().flatten();
    let names = claim_names(set, ordinal);
    templates
        .zip(names)
        .map(|(template, (_, name))| {
            let mut claim = template.clone();
            let mut labels = claim.metadata.labels.take().unwrap_or_default();
            labels.extend(spec.selector.match_labels.clone().unwrap_or_default());
            claim.metadata = ObjectMeta {
                name: Some(name),
                namespace: set.metadata.namespace.clone(),
                labels: Some(labels),
                annotations: template.metadata.annotations.clone(),
                ..ObjectMeta::default()
            };
            claim.status = None;
            claim
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("tdengine-0", Some(0))]
    #[case("tdengine-12", Some(12))]
    #[case("tdengine-012", None)]
    #[case("tdengine-", None)]
    #[case("tdengine-x", None)]
    #[case("other-0", None)]
    fn the_ordinal_is_in_the_name(#[case] pod: &str, #[case] expected: Option<u32>) {
        assert_eq!(ordinal("tdengine", pod), expected);
    }
}
