use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const OLD: &str = "set-1";
const NEW: &str = "set-2";

fn wanted(replicas: u32, ordered: bool) -> Wanted {
    Wanted {
        start: 0,
        replicas,
        ordered,
        strategy: Rollout::Rolling { partition: 0, max_unavailable: 1 },
        current_revision: OLD.into(),
        update_revision: OLD.into(),
        blocked: BTreeSet::new(),
        deleting: false,
    }
}

fn pod(ordinal: u32, ready: bool) -> PodView {
    PodView {
        ordinal,
        revision: OLD.into(),
        pending: !ready,
        ready,
        available: ready,
        ended: false,
        terminating: false,
        lacks_claims: false,
    }
}

fn delete(ordinal: u32, why: Why) -> Vec<Action> {
    vec![Action::Delete { ordinal, why }]
}

fn create(ordinal: u32, revision: &str) -> Vec<Action> {
    vec![Action::Create { ordinal, revision: revision.into() }]
}

#[test]
fn pods_are_made_one_after_the_other() {
    assert_eq!(plan(&[], &wanted(2, true)), create(0, OLD));
    assert_eq!(plan(&[pod(0, false)], &wanted(2, true)), []);
    assert_eq!(plan(&[pod(0, true)], &wanted(2, true)), create(1, OLD));
    assert_eq!(plan(&[], &wanted(2, false)).len(), 2);
}

#[test]
fn a_pod_that_is_not_yet_available_holds_the_next_one_back() {
    let waiting = PodView { available: false, ..pod(0, true) };
    assert_eq!(plan(&[waiting], &wanted(2, true)), []);
}

#[test]
fn scaling_down_takes_the_highest_ordinal_and_waits() {
    let pods = [pod(0, true), pod(1, true), pod(2, true), pod(3, true)];
    assert_eq!(plan(&pods, &wanted(2, true)), delete(3, Why::ScaleDown));
    let going = [pod(0, true), pod(1, true), pod(2, true), PodView { terminating: true, ..pod(3, true) }];
    assert_eq!(plan(&going, &wanted(2, true)), []);
    assert_eq!(plan(&pods, &wanted(2, false)).len(), 2);
}

#[test]
fn scaling_down_waits_for_healthy_predecessors() {
    assert_eq!(plan(&[pod(0, true), pod(1, false), pod(2, true)], &wanted(2, true)), []);
    // The only unhealthy pod is the one to go.
    assert_eq!(plan(&[pod(0, true), pod(1, true), pod(2, false)], &wanted(2, true)), delete(2, Why::ScaleDown));
    // A sick one below it goes later; the healthy top goes first.
    let pods = [pod(0, true), pod(1, false), pod(2, true)];
    assert_eq!(plan(&pods, &wanted(1, true)), delete(2, Why::ScaleDown));
    // Two sick ones: the lower one is the first unhealthy, the upper one blocks.
    assert_eq!(plan(&[pod(0, true), pod(1, false), pod(2, false)], &wanted(1, true)), []);
}

#[test]
fn ended_pods_are_replaced() {
    let ended = PodView { ended: true, ..pod(0, false) };
    assert_eq!(plan(&[ended], &wanted(1, true)), delete(0, Why::Ended));
}

#[test]
fn an_update_goes_from_the_top_and_waits_for_each_pod() {
    let update = Wanted { update_revision: NEW.into(), ..wanted(3, true) };
    let pods = [pod(0, true), pod(1, true), pod(2, true)];
    assert_eq!(plan(&pods, &update), delete(2, Why::Update));
    assert_eq!(plan(&pods[..2], &update), create(2, NEW));
    let half = [pod(0, true), pod(1, true), PodView { revision: NEW.into(), ..pod(2, false) }];
    assert_eq!(plan(&half, &update), []);
    let next = [pod(0, true), pod(1, true), PodView { revision: NEW.into(), ..pod(2, true) }];
    assert_eq!(plan(&next, &update), delete(1, Why::Update));
}

#[test]
fn a_partition_keeps_the_lower_pods_and_their_revision() {
    let strategy = Rollout::Rolling { partition: 2, max_unavailable: 1 };
    let update = Wanted { update_revision: NEW.into(), strategy, ..wanted(3, true) };
    let done = [pod(0, true), pod(1, true), PodView { revision: NEW.into(), ..pod(2, true) }];
    assert_eq!(plan(&done, &update), []);
    assert_eq!(plan(&done[1..], &update), create(0, OLD));
}

#[test]
fn on_delete_replaces_nothing_by_itself() {
    let update = Wanted { update_revision: NEW.into(), strategy: Rollout::OnDelete, ..wanted(2, true) };
    assert_eq!(plan(&[pod(0, true), pod(1, true)], &update), []);
    assert_eq!(plan(&[pod(0, true)], &update), create(1, NEW));
}

#[test]
fn a_claim_that_is_going_holds_its_pod_back() {
    let blocked = Wanted { blocked: [1].into(), ..wanted(2, true) };
    assert_eq!(plan(&[pod(0, true)], &blocked), []);
    assert_eq!(plan(&[pod(0, true)], &wanted(2, true)), create(1, OLD));
}

#[test]
fn a_set_that_is_being_deleted_does_nothing() {
    assert_eq!(plan(&[], &Wanted { deleting: true, ..wanted(2, true) }), []);
}

/// Something that happens around the controller.
#[derive(Clone, Debug)]
enum Happening {
    Reconcile,
    Ready(u32),
    Unready(u32),
    Ends(u32),
    SomebodyDeletes(u32),
    Gone(u32),
    Scale(u32),
    NewTemplate,
}

fn happening() -> impl Strategy<Value = Happening> {
    let ordinal = 0..6_u32;
    prop_oneof![
        6 => Just(Happening::Reconcile),
        4 => ordinal.clone().prop_map(Happening::Ready),
        1 => ordinal.clone().prop_map(Happening::Unready),
        1 => ordinal.clone().prop_map(Happening::Ends),
        1 => ordinal.clone().prop_map(Happening::SomebodyDeletes),
        3 => ordinal.clone().prop_map(Happening::Gone),
        1 => ordinal.prop_map(Happening::Scale),
        1 => Just(Happening::NewTemplate),
    ]
}

/// A cluster of pods, as far as a plan can see and change it.
struct Model {
    pods: BTreeMap<u32, PodView>,
    wanted: Wanted,
    templates: u32,
}

impl Model {
    fn views(&self) -> Vec<PodView> {
        self.pods.values().cloned().collect()
    }

    fn reconcile(&mut self) -> Result<usize, TestCaseError> {
        let before = self.views();
        let actions = plan(&before, &self.wanted);
        let healthy = |ordinal: u32| self.pods.get(&ordinal).is_some_and(PodView::healthy);
        if self.wanted.ordered {
            let moves = actions.iter().filter(|action| !matches!(action, Action::RepairClaims { .. })).count();
            prop_assert!(moves <= 1, "more than one step at a time: {actions:?}");
        }
        for action in &actions {
            match action {
                Action::Create { ordinal, .. } => {
                    prop_assert!(!self.pods.contains_key(ordinal), "two pods of ordinal {ordinal}");
                    prop_assert!(self.wanted.holds(*ordinal));
                    if self.wanted.ordered {
                        prop_assert!((0..*ordinal).all(healthy), "{ordinal} made before its predecessors are ready");
                    }
                }
                Action::Delete { ordinal, why } => {
                    prop_assert!(self.pods.contains_key(ordinal));
                    if *why == Why::ScaleDown {
                        prop_assert!(!self.wanted.holds(*ordinal));
                        if self.wanted.ordered {
                            let top = self.pods.keys().next_back();
                            prop_assert_eq!(top, Some(ordinal), "not from the top");
                            prop_assert!((0..self.wanted.replicas).all(healthy));
                        }
                    }
                }
                Action::RepairClaims { .. } => {}
            }
        }
        for action in &actions {
            match action {
                Action::Create { ordinal, revision } => {
                    self.pods.insert(*ordinal, PodView { revision: revision.clone(), ..pod(*ordinal, false) });
                }
                Action::Delete { ordinal, .. } => self.change(*ordinal, |pod| pod.terminating = true),
                Action::RepairClaims { .. } => {}
            }
        }
        Ok(actions.len())
    }

    fn change(&mut self, ordinal: u32, change: impl FnOnce(&mut PodView)) {
        if let Some(pod) = self.pods.get_mut(&ordinal) {
            change(pod);
        }
    }

    fn happens(&mut self, what: &Happening) -> Result<(), TestCaseError> {
        match *what {
            Happening::Reconcile => {
                self.reconcile()?;
            }
            Happening::Ready(ordinal) => self.change(ordinal, |view| {
                if !view.ended {
                    (view.pending, view.ready, view.available) = (false, true, true);
                }
            }),
            Happening::Unready(ordinal) => self.change(ordinal, |view| (view.ready, view.available) = (false, false)),
            Happening::Ends(ordinal) => self.change(ordinal, |view| {
                (view.pending, view.ready, view.available, view.ended) = (false, false, false, true);
            }),
            Happening::SomebodyDeletes(ordinal) => self.change(ordinal, |view| view.terminating = true),
            Happening::Gone(ordinal) => {
                if self.pods.get(&ordinal).is_some_and(|view| view.terminating) {
                    self.pods.remove(&ordinal);
                }
            }
            Happening::Scale(replicas) => self.wanted.replicas = replicas,
            Happening::NewTemplate => {
                self.templates += 1;
                self.wanted.update_revision = format!("set-{}", self.templates + 1);
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_under_any_interleaving(
        ordered: bool,
        replicas in 0..5_u32,
        happenings in proptest::collection::vec(happening(), 0..80),
    ) {
        let mut model = Model { pods: BTreeMap::new(), wanted: wanted(replicas, ordered), templates: 0 };
        for what in &happenings {
            model.happens(what)?;
        }
        // Once the world is kind, the set becomes what is wanted and then rests.
        for _ in 0..60 {
            let steps = model.reconcile()?;
            let gone: Vec<_> = model.pods.values().filter(|view| view.terminating).map(|view| view.ordinal).collect();
            let waiting: Vec<_> = model.pods.values().filter(|view| !view.ready && !view.ended).map(|view| view.ordinal).collect();
            // Kubernetes waits for ever for a failed pod that must go, if a lower one that must go is sick too.
            let ended = model.pods.values().filter(|view| view.ended && !model.wanted.holds(view.ordinal));
            let stuck: Vec<_> = ended.map(|view| view.ordinal).collect();
            for ordinal in &stuck {
                model.happens(&Happening::SomebodyDeletes(*ordinal))?;
            }
            for ordinal in &gone {
                model.happens(&Happening::Gone(*ordinal))?;
            }
            for ordinal in &waiting {
                model.happens(&Happening::Ready(*ordinal))?;
            }
            if steps == 0 && gone.is_empty() && waiting.is_empty() && stuck.is_empty() {
                break;
            }
        }
        let ordinals: Vec<_> = model.pods.keys().copied().collect();
        prop_assert_eq!(ordinals, (0..model.wanted.replicas).collect::<Vec<_>>());
        for view in model.pods.values() {
            prop_assert!(view.healthy());
            prop_assert_eq!(&view.revision, &model.wanted.update_revision);
        }
        prop_assert_eq!(model.reconcile()?, 0);
    }
}
