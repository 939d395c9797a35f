use std::collections::BTreeSet;

use seatrial_cluster::PodState;
use seatrial_record::{Blame, EvidenceKind};

use crate::{
    run::{
        Glance, Lens,
        grid::{ANY, Grid},
        lens::members,
    },
    scenario::{CrashLoop, Others, Pods},
};

/// Reasons why a pod does not run that are neither the product's nor the manifest's fault.
const ENVIRONMENT: [&str; 5] =
    ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "Unschedulable", "RegistryUnavailable"];
/// Reasons that are the manifest's fault.
const MANIFEST: [&str; 3] = ["InvalidImageName", "CreateContainerConfigError", "CreateContainerError"];

const CRASH_LOOP: &str = "CrashLoopBackOff";

fn is_ready(pod: &PodState) -> bool {
    pod.ready && !pod.deleting
}

impl Lens {
    pub(crate) fn pods(&mut self, expected: &Pods) -> Glance {
        self.note_pods();
        let pods = self.members();
        let before = members(&self.names, &self.before);
        let (crashing, some_crash) = match &expected.crash_loop {
            None => (&[] as &[u32], false),
            Some(CrashLoop::Pods(ordinals)) => (ordinals.as_slice(), false),
            Some(CrashLoop::Some(_)) => (&[] as &[u32], true),
        };
        let lists = [&expected.ready, &expected.not_ready, &expected.absent, &expected.same, &expected.replaced];
        let named: BTreeSet<u32> =
            lists.into_iter().flatten().chain(crashing).chain(expected.restarts.keys()).copied().collect();
        let header = ["pod", "state", "restarts", "identity"];
        let (mut left, mut right) = (Grid::new(header), Grid::new(header));
        let mut against = Vec::new();
        for &ordinal in &named {
            let name = self.names.pod(ordinal);
            let pod = pods.get(&ordinal).copied();
            let state = match () {
                () if expected.ready.contains(&ordinal) => "ready",
                () if crashing.contains(&ordinal) => CRASH_LOOP,
                () if expected.not_ready.contains(&ordinal) => "not ready",
                () if expected.absent.contains(&ordinal) => "absent",
                () => "exists",
            };
            let fits = match (state, pod) {
                ("absent", pod) => pod.is_none(),
                (_, None) => false,
                ("ready", Some(pod)) => is_ready(pod),
                (CRASH_LOOP, Some(pod)) => pod.status == CRASH_LOOP && !pod.deleting,
                ("not ready", Some(pod)) => !pod.ready && !pod.deleting,
                _ => true,
            };
            let found = pod.map_or_else(|| "absent".to_owned(), ToString::to_string);
            if !fits {
                against.push(format!("{name} is {found}, not {state}"));
            }
            let restarts = expected.restarts.get(&ordinal);
            let restarts_found = match (restarts, pod) {
                (None, _) => ANY.to_owned(),
                (Some(_), None) => String::new(),
                (Some(count), Some(pod)) if count.allows(pod.restarts.into()) => count.to_string(),
                (Some(count), Some(pod)) => {
                    against.push(format!("{name} was restarted {} times, not {count}", pod.restarts));
                    pod.restarts.to_string()
                }
            };
            let identity = match () {
                () if expected.same.contains(&ordinal) => "the same",
                () if expected.replaced.contains(&ordinal) => "replaced",
                () => ANY,
            };
            let identity_found = match (pod, before.get(&ordinal)) {
                _ if identity == ANY => ANY,
                (Some(pod), Some(before)) if pod.uid != before.uid => "replaced",
                (Some(pod), Some(before)) if pod.restarts != before.restarts => "restarted",
                (Some(_), Some(_)) => "the same",
                (Some(_), None) => "new",
                (None, _) => "gone",
            };
            if identity != identity_found {
                against.push(format!("{name} is {identity_found}, not {identity}"));
            }
            let restarts = restarts.map_or_else(|| ANY.to_owned(), ToString::to_string);
            left.row(vec![name.clone(), state.to_owned(), restarts, identity.to_owned()]);
            let shown = if fits { state.to_owned() } else { found };
            right.row(vec![name, shown, restarts_found, identity_found.to_owned()]);
        }
        let any_crashes = pods.values().any(|pod| pod.status == CRASH_LOOP);
        if some_crash {
            left.row(vec!["some pod".to_owned(), CRASH_LOOP.to_owned(), ANY.to_owned(), ANY.to_owned()]);
            if !any_crashes {
                against.push(format!("no pod is in {CRASH_LOOP}"));
            }
        }
        for (ordinal, pod) in pods.iter().filter(|(ordinal, _)| !named.contains(ordinal)) {
            if some_crash || expected.others == Others::None {
                right.row(vec![pod.name.clone(), pod.to_string(), ANY.to_owned(), ANY.to_owned()]);
            }
            if !some_crash && expected.others == Others::None {
                against.push(format!("{} exists, as {pod}", self.names.pod(*ordinal)));
            }
        }
        let (left, right) = left.without_empty(right);
        let mut glance = Glance::of(left.to_string(), right.to_string(), &against);
        glance.blame = glance.blame.map(|blame| self.pods_blame().unwrap_or(blame));
        glance
    }

    /// The pods as `kubectl get pods` shows them, as evidence.
    fn note_pods(&mut self) {
        let mut table = Grid::new(["NAME", "READY", "STATUS", "RESTARTS"]);
        for pod in self.members().into_values() {
            let ready = format!("{}/{}", pod.containers.0, pod.containers.1);
            table.row(vec![pod.name.clone(), ready, pod.status.clone(), pod.restarts.to_string()]);
        }
        let source = format!("kubectl get pods -l {} -n {}", self.names.selector, self.names.namespace);
        self.note(EvidenceKind::Object, "pods".to_owned(), source, &table.to_string());
    }

    /// Whom the states of the pods themselves blame.
    pub(crate) fn pods_blame(&self) -> Option<Blame> {
        let reasons = || self.snapshot.pods.values().flat_map(|pod| [pod.reason.as_deref(), Some(pod.status.as_str())]);
        let has = |known: &[&str]| reasons().flatten().any(|reason| known.contains(&reason));
        if has(&ENVIRONMENT) {
            return Some(Blame::Environment);
        }
        has(&MANIFEST).then_some(Blame::Manifest)
    }
}
