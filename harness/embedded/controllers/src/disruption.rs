//! `PodDisruptionBudget`s: how many pods may be evicted now.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use k8s_openapi::{
    api::{
        apps::v1::StatefulSet,
        core::v1::Pod,
        policy::v1::{PodDisruptionBudget, PodDisruptionBudgetStatus},
    },
    apimachinery::pkg::{apis::meta::v1::Condition, util::intstr::IntOrString},
};
use seatrial_apiserver::Store;
use seatrial_sim::Dice;
use tokio::time::Instant;

use crate::{changes::Controller, meta, selector};

/// Keeps the status of every budget.
pub(crate) struct Budgets {
    store: Store,
    dice: Dice,
}

impl Budgets {
    pub(crate) fn new(store: &Store) -> Self {
        Self { store: store.clone(), dice: store.world().chance.stream("controllers/disruption") }
    }

    fn keep(&self, budget: &PodDisruptionBudget) {
        let Some(spec) = &budget.spec else { return };
        let mut pods = self.store.list::<Pod>(Some(meta::namespace(budget)));
        pods.retain(|pod| {
            spec.selector.as_ref().is_some_and(|labels| selector::matches(labels, &pod.metadata))
                && !meta::pod_has_ended(pod)
        });
        let healthy =
            count(pods.iter().map(Arc::as_ref).filter(|pod| meta::pod_is_ready(pod) && !meta::deleting(*pod)));
        let expected = self.expected(&pods);
        let desired = match (&spec.min_available, &spec.max_unavailable) {
            (Some(IntOrString::Int(number)), _) => *number,
            (Some(share), _) => part(share, expected),
            (_, Some(most)) => (expected - part(most, expected)).max(0),
            _ => expected,
        };
        let allowed = if expected == 0 { 0 } else { (healthy - desired).max(0) };
        let now = meta::now(self.store.world());
        let write = |budget: &mut PodDisruptionBudget| {
            let old = budget.status.take().unwrap_or_default();
            let status = if allowed > 0 { "True" } else { "False" };
            let before = old.conditions.iter().flatten().find(|known| known.status == status);
            let since = before.map_or(now, |known| known.last_transition_time.clone());
            budget.status = Some(PodDisruptionBudgetStatus {
                current_healthy: Some(healthy),
                desired_healthy: Some(desired),
                expected_pods: Some(expected),
                disruptions_allowed: Some(allowed),
                // A pod that was evicted and is gone needs no entry any more.
                disrupted_pods: old.disrupted_pods.map(|evicted| still_there(evicted, &pods)),
                observed_generation: budget.metadata.generation,
                conditions: Some(vec![Condition {
                    type_: "DisruptionAllowed".into(),
                    status: status.into(),
                    reason: if allowed > 0 { "SufficientPods" } else { "InsufficientPods" }.into(),
                    message: String::new(),
                    observed_generation: budget.metadata.generation,
                    last_transition_time: since,
                }]),
            });
        };
        // It may vanish meanwhile.
        let _ = self.store.modify::<PodDisruptionBudget>(meta::namespace(budget), meta::name(budget), write);
    }

    /// How many pods there should be: what their sets want, or those without a set as they are.
    fn expected(&self, pods: &[Arc<Pod>]) -> i32 {
        let mut sets = BTreeMap::new();
        let mut alone = 0;
        for pod in pods.iter().map(Arc::as_ref) {
            match meta::controller(&pod.metadata).filter(|owner| owner.kind == "StatefulSet") {
                Some(owner) => {
                    let set = self.store.get::<StatefulSet>(meta::namespace(pod), &owner.name);
                    let size = set.and_then(|set| set.spec.replicas).unwrap_or(0);
                    sets.insert(owner.uid.clone(), size);
                }
                None => alone += 1,
            }
        }
        sets.values().sum::<i32>() + alone
    }
}

fn still_there<T>(evicted: BTreeMap<String, T>, pods: &[Arc<Pod>]) -> BTreeMap<String, T> {
    let waits = |name: &str| pods.iter().map(Arc::as_ref).any(|pod| meta::name(pod) == name && !meta::deleting(pod));
    evicted.into_iter().filter(|(name, _)| waits(name)).collect()
}

fn count<'a>(pods: impl Iterator<Item = &'a Pod>) -> i32 {
    i32::try_from(pods.count()).unwrap_or(i32::MAX)
}

/// A number of pods, or a share of them, rounded up.
fn part(value: &IntOrString, of: i32) -> i32 {
    match value {
        IntOrString::Int(number) => *number,
        IntOrString::String(text) => {
            let percent = text.trim_end_matches('%').parse::<i32>().unwrap_or(0);
            (of * percent + 99) / 100
        }
    }
}

impl Controller for Budgets {
    fn reconcile(&mut self) -> Option<Instant> {
        for budget in self.store.list::<PodDisruptionBudget>(None) {
            self.keep(&budget);
        }
        None
    }

    fn reaction(&mut self) -> Duration {
        self.dice.millis(10, 60)
    }
}
