//! The scheduler: finds a node for every pod, and waits for its volumes.

mod fit;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use k8s_openapi::api::{
    core::v1::{Node, PersistentVolume, PersistentVolumeClaim, Pod, PodCondition},
    storage::v1::StorageClass,
};
use seatrial_apiserver::Store;
use seatrial_sim::Dice;
use tokio::time::Instant;

use crate::{
    changes::Controller,
    events::{News, Recorder, Source},
    meta,
};
use fit::{Refusals, Views};

/// Annotation by which the scheduler tells the provisioner on which node a claim's first consumer will run.
pub(crate) const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// Binds pods to nodes.
pub(crate) struct Scheduler {
    store: Store,
    recorder: Recorder,
    source: Source,
    dice: Dice,
    /// What was last said about a pod that does not fit, by UID.
    said: BTreeMap<String, String>,
}

/// What the claims of a pod allow.
enum Volumes {
    /// Some claim cannot be used at all.
    Unusable(String),
    /// Bound, or to be provisioned for the chosen node: (claims to provision, volumes already bound).
    Usable { unbound: Vec<Arc<PersistentVolumeClaim>>, bound: Vec<Arc<PersistentVolume>> },
}

impl Scheduler {
    pub(crate) fn new(store: &Store, recorder: &Recorder) -> Self {
        Self {
            store: store.clone(),
            recorder: recorder.clone(),
            source: Source::controller("default-scheduler"),
            dice: store.world().chance.stream("controllers/scheduler"),
            said: BTreeMap::new(),
        }
    }
}

impl Controller for Scheduler {
    fn reconcile(&mut self) -> Option<Instant> {
        let all = self.store.list::<Pod>(None);
        let mut waiting: Vec<_> = all
            .iter()
            .filter(|pod| meta::pod_node(pod).is_none() && !meta::deleting(pod.as_ref()) && !meta::pod_has_ended(pod))
            .collect();
        self.said.retain(|uid, _| waiting.iter().any(|pod| meta::uid(pod.as_ref()) == uid));
        if waiting.is_empty() {
            return None;
        }
        waiting.sort_by_key(|pod| pod.metadata.creation_timestamp.clone());
        let nodes = self.store.list::<Node>(None);
        // Pods bound in this round count for those that follow.
        let mut views = Views::new(&nodes, &all);
        for pod in waiting {
            self.place(pod, &nodes, &mut views);
        }
        None
    }

    fn reaction(&mut self) -> Duration {
        self.dice.millis(5, 60)
    }
}

impl Scheduler {
    fn place(&mut self, pod: &Arc<Pod>, nodes: &[Arc<Node>], views: &mut Views) {
        let (unbound, bound) = match self.volumes(pod) {
            Volumes::Unusable(why) => return self.refuse(pod, nodes.len(), &why),
            Volumes::Usable { unbound, bound } => (unbound, bound),
        };
        let mut refusals = Refusals::default();
        let selected = unbound.iter().find_map(|claim| selected_node(claim));
        let fitting: Vec<&Node> = nodes
            .iter()
            .map(Arc::as_ref)
            .filter(|node| selected.as_deref().is_none_or(|selected| selected == meta::name(*node)))
            .filter(|node| views.fits(pod, node, &bound, &mut refusals))
            .collect();
        let Some(node) = views.best(pod, &fitting) else {
            let why = refusals.text();
            return self.refuse(pod, nodes.len(), &why);
        };
        let node = meta::name(node).to_owned();
        if !unbound.is_empty() {
            // Bound only when the provisioner has made the volumes.
            for claim in &unbound {
                self.select(claim, &node);
            }
            return;
        }
        self.bind(pod, &node);
        views.add(pod, &node);
    }

    fn select(&self, claim: &PersistentVolumeClaim, node: &str) {
        let mark = |claim: &mut PersistentVolumeClaim| {
            claim.metadata.annotations.get_or_insert_default().insert(SELECTED_NODE.into(), node.into());
        };
        // A claim that vanished is seen at the next change.
        let _ = self.store.modify::<PersistentVolumeClaim>(meta::namespace(claim), meta::name(claim), mark);
    }

    fn bind(&mut self, pod: &Pod, node: &str) {
        let now = meta::now(self.store.world());
        let bind = |pod: &mut Pod| {
            if let Some(spec) = &mut pod.spec {
                spec.node_name = Some(node.to_owned());
            }
            let condition = PodCondition {
                type_: "PodScheduled".into(),
                status: "True".into(),
                last_transition_time: Some(now.clone()),
                observed_generation: pod.metadata.generation,
                ..PodCondition::default()
            };
            set_condition(pod, condition);
        };
        if let Ok(bound) = self.store.modify::<Pod>(meta::namespace(pod), meta::name(pod), bind) {
            let who = format!("{}/{}", meta::namespace(bound.as_ref()), meta::name(bound.as_ref()));
            let message = format!("Successfully assigned {who} to {node}");
            self.recorder.tell(&self.source, bound.as_ref(), News::normal("Scheduled", message));
        }
    }

    fn refuse(&mut self, pod: &Pod, nodes: usize, why: &str) {
        let message = format!(
            "0/{nodes} nodes are available: {why} preemption: 0/{nodes} nodes are available: \
             {nodes} Preemption is not helpful for scheduling."
        );
        if self.said.get(meta::uid(pod)) == Some(&message) {
            return;
        }
        self.said.insert(meta::uid(pod).to_owned(), message.clone());
        let now = meta::now(self.store.world());
        let mark = |pod: &mut Pod| {
            let condition = PodCondition {
                type_: "PodScheduled".into(),
                status: "False".into(),
                reason: Some("Unschedulable".into()),
                message: Some(message.clone()),
                last_transition_time: Some(now),
                observed_generation: pod.metadata.generation,
                ..PodCondition::default()
            };
            set_condition(pod, condition);
        };
        // A pod that vanished needs no condition.
        let _ = self.store.modify::<Pod>(meta::namespace(pod), meta::name(pod), mark);
        self.recorder.tell(&self.source, pod, News::warning("FailedScheduling", message));
    }

    fn volumes(&self, pod: &Pod) -> Volumes {
        let (mut unbound, mut bound) = (Vec::new(), Vec::new());
        let volumes = pod.spec.iter().filter_map(|spec| spec.volumes.as_ref()).flatten();
        for source in volumes.filter_map(|volume| volume.persistent_volume_claim.as_ref()) {
            let name = &source.claim_name;
            let Some(claim) = self.store.get::<PersistentVolumeClaim>(meta::namespace(pod), name) else {
                return Volumes::Unusable(format!("persistentvolumeclaim \"{name}\" not found."));
            };
            if meta::deleting(claim.as_ref()) {
                let why = format!("persistentvolumeclaim \"{name}\" is being deleted.");
                return Volumes::Unusable(why);
            }
            let volume = claim.spec.as_ref().and_then(|spec| spec.volume_name.clone()).unwrap_or_default();
            let phase = claim.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Pending");
            if phase == "Bound" {
                bound.extend(self.store.get::<PersistentVolume>("", &volume));
            } else if phase == "Lost" {
                let why =
                    format!("persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{volume}\".");
                return Volumes::Unusable(why);
            } else if self.waits_for_consumer(&claim) {
                unbound.push(claim);
            } else {
                return Volumes::Unusable("pod has unbound immediate PersistentVolumeClaims.".into());
            }
        }
        Volumes::Usable { unbound, bound }
    }

    fn waits_for_consumer(&self, claim: &PersistentVolumeClaim) -> bool {
        let class = claim.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default();
        let class = self.store.get::<StorageClass>("", class);
        class.is_some_and(|class| class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer"))
    }
}

fn selected_node(claim: &PersistentVolumeClaim) -> Option<String> {
    claim.metadata.annotations.as_ref()?.get(SELECTED_NODE).cloned()
}

fn set_condition(pod: &mut Pod, condition: PodCondition) {
    let conditions = pod.status.get_or_insert_default().conditions.get_or_insert_default();
    conditions.retain(|present| present.type_ != condition.type_);
    conditions.push(condition);
}
