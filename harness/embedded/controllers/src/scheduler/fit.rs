//! Whether a pod fits a node, and which node it fits best.

use std::{collections::BTreeMap, sync::Arc};

use k8s_openapi::api::core::v1::{Node, NodeSelectorTerm, PersistentVolume, Pod, Taint, Toleration};

use crate::{meta, quantity, selector};

const HOST_NAME: &str = "kubernetes.io/hostname";

/// Why nodes were refused, counted.
#[derive(Debug, Default)]
pub(super) struct Refusals(BTreeMap<String, usize>);

impl Refusals {
    fn add(&mut self, why: impl Into<String>) {
        *self.0.entry(why.into()).or_default() += 1;
    }

    /// As the scheduler's message has it: `1 node(s) were unschedulable, 2 Insufficient cpu.`
    pub(super) fn text(&self) -> String {
        let parts: Vec<_> = self.0.iter().map(|(why, count)| format!("{count} {why}")).collect();
        if parts.is_empty() { "no nodes available to schedule pods.".into() } else { format!("{}.", parts.join(", ")) }
    }
}

/// The pods on each node.
pub(super) struct Views {
    on: BTreeMap<String, Vec<Arc<Pod>>>,
}

impl Views {
    pub(super) fn new(nodes: &[Arc<Node>], pods: &[Arc<Pod>]) -> Self {
        let mut on: BTreeMap<String, Vec<Arc<Pod>>> =
            nodes.iter().map(|node| (meta::name(node.as_ref()).to_owned(), Vec::new())).collect();
        for pod in pods.iter().filter(|pod| !meta::pod_has_ended(pod)) {
            if let Some(node) = meta::pod_node(pod) {
                on.entry(node.to_owned()).or_default().push(Arc::clone(pod));
            }
        }
        Self { on }
    }

    pub(super) fn add(&mut self, pod: &Arc<Pod>, node: &str) {
        self.on.entry(node.to_owned()).or_default().push(Arc::clone(pod));
    }

    pub(super) fn fits(
        &self,
        pod: &Pod,
        node: &Node,
        volumes: &[Arc<PersistentVolume>],
        refusals: &mut Refusals,
    ) -> bool {
        let refusal = self.refusal(pod, node, volumes);
        if let Some(why) = &refusal {
            refusals.add(why.clone());
        }
        refusal.is_none()
    }

    fn refusal(&self, pod: &Pod, node: &Node, volumes: &[Arc<PersistentVolume>]) -> Option<String> {
        let spec = pod.spec.as_ref()?;
        let tolerations = spec.tolerations.as_deref().unwrap_or_default();
        let node_spec = node.spec.clone().unwrap_or_default();
        let cordoned =
            Taint { key: "node.kubernetes.io/unschedulable".into(), effect: "NoSchedule".into(), ..Taint::default() };
        if node_spec.unschedulable == Some(true) && !tolerated(&cordoned, tolerations) {
            return Some("node(s) were unschedulable".into());
        }
        let hard = |taint: &&Taint| taint.effect != "PreferNoSchedule" && !tolerated(taint, tolerations);
        if node_spec.taints.iter().flatten().any(|taint| hard(&taint)) {
            return Some("node(s) had untolerated taint(s)".into());
        }
        if !selected(pod, node) {
            return Some("node(s) didn't match Pod's node affinity/selector".into());
        }
        if !self.apart(pod, node) {
            return Some("node(s) didn't match pod anti-affinity rules".into());
        }
        let elsewhere = |volume: &&PersistentVolume| {
            let required = volume.spec.as_ref().and_then(|spec| spec.node_affinity.as_ref()?.required.as_ref());
            required.is_some_and(|required| !any_term(&required.node_selector_terms, node))
        };
        if volumes.iter().map(Arc::as_ref).any(|volume| elsewhere(&volume)) {
            return Some("node(s) didn't match PersistentVolume's node affinity".into());
        }
        self.lacking(pod, node)
    }

    fn lacking(&self, pod: &Pod, node: &Node) -> Option<String> {
        let there = self.on.get(meta::name(node)).map(Vec::as_slice).unwrap_or_default();
        let offered = node.status.as_ref().and_then(|status| status.allocatable.clone()).unwrap_or_default();
        let most = offered.get("pods").and_then(quantity::milli).unwrap_or(110_000) / 1_000;
        if i128::try_from(there.len()).is_ok_and(|count| count >= most) {
            return Some("Too many pods".into());
        }
        ["cpu", "memory"].into_iter().find_map(|resource| {
            let wanted = requested(pod, resource);
            let used: i128 = there.iter().map(|other| requested(other, resource)).sum();
            let offered = offered.get(resource).and_then(quantity::milli)?;
            (wanted > 0 && wanted + used > offered).then(|| format!("Insufficient {resource}"))
        })
    }

    // No pod that this one does not want near, and none that does not want this one.
    fn apart(&self, pod: &Pod, node: &Node) -> bool {
        let there = self.on.get(meta::name(node)).map(Vec::as_slice).unwrap_or_default();
        let avoids = |one: &Pod, other: &Pod| {
            let spec = one.spec.as_ref().and_then(|spec| spec.affinity.as_ref()?.pod_anti_affinity.as_ref());
            let terms = spec.and_then(|rules| rules.required_during_scheduling_ignored_during_execution.as_ref());
            terms.into_iter().flatten().filter(|term| term.topology_key == HOST_NAME).any(|term| {
                let namespaces = term.namespaces.as_deref().unwrap_or_default();
                let near = if namespaces.is_empty() {
                    meta::namespace(one) == meta::namespace(other)
                } else {
                    namespaces.iter().any(|namespace| namespace == meta::namespace(other))
                };
                near && term.label_selector.as_ref().is_some_and(|labels| selector::matches(labels, &other.metadata))
            })
        };
        there.iter().all(|other| !avoids(pod, other) && !avoids(other, pod))
    }

    /// The node with the fewest pods of the same owner, then with the fewest pods, then the first.
    pub(super) fn best<'a>(&self, pod: &Pod, nodes: &[&'a Node]) -> Option<&'a Node> {
        let owner = meta::controller(&pod.metadata).map(|owner| owner.uid.clone());
        let load = |node: &&&Node| {
            let there = self.on.get(meta::name(**node)).map(Vec::as_slice).unwrap_or_default();
            let siblings = there
                .iter()
                .filter(|other| {
                    owner.is_some() && meta::controller(&other.metadata).map(|other| other.uid.clone()) == owner
                })
                .count();
            (siblings, there.len())
        };
        nodes.iter().min_by_key(load).copied()
    }
}

fn requested(pod: &Pod, resource: &str) -> i128 {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let one = |container: &k8s_openapi::api::core::v1::Container| {
        quantity::milli(container.resources.as_ref()?.requests.as_ref()?.get(resource)?)
    };
    containers.filter_map(one).sum()
}

fn tolerated(taint: &Taint, tolerations: &[Toleration]) -> bool {
    tolerations.iter().any(|toleration| {
        let key = toleration.key.as_deref().unwrap_or_default();
        let effect = toleration.effect.as_deref().unwrap_or_default();
        let exists = toleration.operator.as_deref() == Some("Exists");
        let value = toleration.value.as_deref().unwrap_or_default() == taint.value.as_deref().unwrap_or_default();
        (key == taint.key && (exists || value) || key.is_empty() && exists)
            && (effect.is_empty() || effect == taint.effect)
    })
}

fn selected(pod: &Pod, node: &Node) -> bool {
    let Some(spec) = &pod.spec else { return true };
    let labels = node.metadata.labels.clone().unwrap_or_default();
    let by_label = spec.node_selector.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required = affinity.and_then(|rules| rules.required_during_scheduling_ignored_during_execution.as_ref());
    by_label && required.is_none_or(|required| any_term(&required.node_selector_terms, node))
}

fn any_term(terms: &[NodeSelectorTerm], node: &Node) -> bool {
    let labels = node.metadata.labels.clone().unwrap_or_default();
    let name = BTreeMap::from([("metadata.name".to_owned(), meta::name(node).to_owned())]);
    terms.iter().any(|term| {
        let (by_label, by_field) = (term.match_expressions.as_deref(), term.match_fields.as_deref());
        let filled = by_label.is_some_and(|list| !list.is_empty()) || by_field.is_some_and(|list| !list.is_empty());
        filled
            && by_label.into_iter().flatten().all(|requirement| selector::node_fits(requirement, &labels))
            && by_field.into_iter().flatten().all(|requirement| selector::node_fits(requirement, &name))
    })
}
