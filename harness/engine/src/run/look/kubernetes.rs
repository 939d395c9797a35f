use seatrial_cluster::{ClaimState, Kind};
use seatrial_record::EvidenceKind;

use crate::{
    run::{Glance, Holds, Lens, grid::Grid},
    scenario::{Kind as Named, Objects, Pvcs, StatefulSetStatus},
};

impl Lens {
    pub(crate) fn pvcs(&mut self, expected: &Pvcs) -> Glance {
        let mut table = Grid::new(["NAME", "STATUS", "VOLUME"]);
        for claim in self.snapshot.claims.values() {
            let status = if claim.deleting { "Terminating".to_owned() } else { claim.phase.clone() };
            table.row(vec![claim.name.clone(), status, claim.volume.clone().unwrap_or_default()]);
        }
        let source = format!("kubectl get pvc -n {}", self.names.namespace);
        self.note(EvidenceKind::Object, "volume claims".to_owned(), source, &table.to_string());
        let header = ["claim", "state"];
        let (mut left, mut right) = (Grid::new(header), Grid::new(header));
        let mut against = Vec::new();
        let lists = [(&expected.bound, "bound"), (&expected.present, "present"), (&expected.absent, "absent")];
        for (names, state) in lists {
            for name in names.iter().map(|name| name.expand(&self.names)) {
                let claim = self.snapshot.claims.get(&name);
                let found = claim_state(claim);
                let fits = match state {
                    "present" => claim.is_some_and(|claim| !claim.deleting),
                    state => found == state,
                };
                if !fits {
                    against.push(format!("claim {name} is {found}, not {state}"));
                }
                left.row(vec![name.clone(), state.to_owned()]);
                right.row(vec![name, if fits { state.to_owned() } else { found }]);
            }
        }
        Glance::of(left.to_string(), right.to_string(), &against)
    }

    pub(crate) fn statefulset(&mut self, expected: StatefulSetStatus) -> Glance {
        let text = match self.snapshot.stateful_sets.get(&self.names.statefulset) {
            Some(set) => {
                format!("replicas {}, pods {}, ready {}, updated {}", set.replicas, set.current, set.ready, set.updated)
            }
            None => "not found".to_owned(),
        };
        let source = format!("kubectl get statefulset {} -n {}", self.names.statefulset, self.names.namespace);
        self.note(EvidenceKind::Object, "StatefulSet".to_owned(), source, &text);
        let found = self.snapshot.stateful_sets.get(&self.names.statefulset);
        let number = |number: Option<u32>| number.map_or_else(|| "none".to_owned(), |number| number.to_string());
        let rows = [
            ("replicas", expected.replicas, found.map(|found| found.replicas)),
            ("ready", expected.ready, found.map(|found| found.ready)),
            ("updated", expected.updated, found.map(|found| found.updated)),
        ];
        let (mut left, mut right) = (Grid::new(["what", "number"]), Grid::new(["what", "number"]));
        let mut against = Vec::new();
        for (what, wanted, found) in rows {
            let Some(wanted) = wanted else { continue };
            let fits = found.is_some_and(|found| wanted.allows(found.into()));
            left.row(vec![what.to_owned(), wanted.to_string()]);
            right.row(vec![what.to_owned(), if fits { wanted.to_string() } else { number(found) }]);
            if !fits {
                against.push(format!("{what} of the StatefulSet is {}, not {wanted}", number(found)));
            }
        }
        Glance::of(left.to_string(), right.to_string(), &against)
    }

    pub(crate) async fn objects(&mut self, expected: &Objects) -> Glance {
        let wanted = [(&expected.present, "present"), (&expected.absent, "absent")];
        let (mut left, mut right) = (Grid::new(["object", "state"]), Grid::new(["object", "state"]));
        let mut against = Vec::new();
        for (objects, state) in wanted {
            for object in objects {
                let name = object.name.expand(&self.names);
                let found = match self.access.names(kind(object.kind)).await {
                    Ok(names) => {
                        let source = format!("kubectl get {} -n {} -o name", object.kind, self.names.namespace);
                        self.note(EvidenceKind::Object, format!("every {}", object.kind), source, &names.join("\n"));
                        if names.contains(&name) { "present" } else { "absent" }
                    }
                    Err(error) => return Glance::error(format!("{}/{name} {state}", object.kind), &error),
                };
                let name = format!("{}/{name}", object.kind);
                if found != state {
                    against.push(format!("{name} is {found}, not {state}"));
                }
                left.row(vec![name.clone(), state.to_owned()]);
                right.row(vec![name, found.to_owned()]);
            }
        }
        Glance::of(left.to_string(), right.to_string(), &against)
    }

    pub(crate) async fn namespace(&mut self) -> Glance {
        let expected = "nothing";
        let mut found = Vec::new();
        for kind in Kind::all() {
            match self.access.names(kind).await {
                Ok(names) => found.extend(names.into_iter().map(|name| format!("{}/{name}", kind.name()))),
                Err(error) => return Glance::error(expected, &error),
            }
        }
        let source = format!("kubectl get all,pvc,cm,secret,pdb,netpol -n {}; kubectl get pv", self.names.namespace);
        match self.access.volumes().await {
            Ok(volumes) => found.extend(volumes.into_iter().map(|name| format!("volume/{name}"))),
            Err(error) => return Glance::error(expected, &error),
        }
        self.note(EvidenceKind::Object, "everything in the namespace".to_owned(), source, &found.join("\n"));
        match found.as_slice() {
            [] => Glance::yes(expected, expected),
            found => Glance::no(expected, found.join("\n"), format!("there is still {}", found.join(", "))),
        }
    }

    pub(crate) async fn log(&mut self, expected: &crate::scenario::Log) -> Glance {
        let pod = self.names.pod(expected.pod);
        let contains = expected.contains.as_ref().map(|text| text.expand(&self.names));
        let lacks = expected.lacks.as_ref().map(|text| text.expand(&self.names));
        let wanted: Vec<String> = [("contains", &contains), ("lacks", &lacks)]
            .into_iter()
            .filter_map(|(how, text)| text.as_ref().map(|text| format!("{how}: {text}")))
            .collect();
        let wanted = wanted.join("\n");
        let log = match self.access.logs(&pod, expected.previous).await {
            Ok(log) => log,
            Err(error) => return Glance::error(wanted, &error),
        };
        self.note(EvidenceKind::Log, format!("log of {pod}"), format!("kubectl logs {pod}"), &log);
        let mut against = Vec::new();
        let mut seen = Vec::new();
        if let Some(text) = &contains {
            let line = log.lines().find(|line| line.contains(text.as_str()));
            seen.push(line.map_or_else(|| "no such line".to_owned(), |_| format!("contains: {text}")));
            if line.is_none() {
                against.push(format!("the log of {pod} does not contain `{text}`"));
            }
        }
        if let Some(text) = &lacks {
            let line = log.lines().find(|line| line.contains(text.as_str()));
            seen.push(line.map_or_else(|| format!("lacks: {text}"), str::to_owned));
            if let Some(line) = line {
                against.push(format!("the log of {pod} contains `{text}`: {line}"));
            }
        }
        let mut glance = Glance::of(wanted, seen.join("\n"), &against);
        if log.is_empty() && glance.holds == Holds::No {
            glance.why = format!("the log of {pod} is empty");
        }
        glance
    }
}

fn claim_state(claim: Option<&ClaimState>) -> String {
    match claim {
        None => "absent".to_owned(),
        Some(claim) if claim.deleting => "being deleted".to_owned(),
        Some(claim) => claim.phase.to_ascii_lowercase(),
    }
}

/// The kind as the cluster knows it.
pub(crate) fn kind(kind: Named) -> Kind {
    match kind {
        Named::Pod => Kind::Pod,
        Named::Pvc => Kind::Claim,
        Named::StatefulSet => Kind::StatefulSet,
        Named::Service => Kind::Service,
        Named::ConfigMap => Kind::ConfigMap,
    }
}
