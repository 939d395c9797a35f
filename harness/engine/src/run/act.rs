use std::future::Future;

use seatrial_cluster::{ClusterError, Seen, Target};
use seatrial_record::{Blame, EvidenceKind, Verdict, clean};
use tokio::time::timeout;

use super::{Glance, Holds, Setting, Stage, Stop, check::CheckEnd, look_kind};
use crate::{
    Edits, ManifestSet,
    manifest_set::SetError,
    scenario::{Action, Apply, Delete, Expectation, ObjectRef, Release},
};

/// How an action ended: as it should, or else.
pub(super) type Acted = Result<(), CheckEnd>;

pub(super) fn failed(error: &ClusterError) -> CheckEnd {
    let blame = error.blame();
    let verdict = if blame == Blame::Environment { Verdict::Unknown } else { Verdict::Fail };
    CheckEnd { verdict, blame: Some(blame), reason: error.to_string() }
}

pub(super) fn refused(blame: Blame, reason: impl Into<String>) -> CheckEnd {
    CheckEnd { verdict: Verdict::Fail, blame: Some(blame), reason: reason.into() }
}

impl From<SetError> for CheckEnd {
    fn from(error: SetError) -> Self {
        refused(Blame::Manifest, error.to_string())
    }
}

impl Stage<'_> {
    /// Does what a step does.
    pub async fn act(&mut self, action: &Action, setting: &Setting<'_>) -> Result<Acted, Stop> {
        match action {
            Action::Apply(apply) => {
                let named = apply.set.as_ref().and_then(|name| setting.sets.iter().find(|set| set.name == *name));
                self.apply_files(apply, named.unwrap_or(setting.set), setting.edits).await
            }
            Action::Scale(replicas) => {
                let (access, name) = (self.access.clone(), self.names.statefulset.clone());
                let command = format!("kubectl scale statefulset {name} --replicas={replicas}");
                let text = format!("statefulset.apps/{name} scaled");
                self.call(command, access.scale(&name, *replicas), |()| text).await
            }
            Action::Restart(_) => {
                let (access, name) = (self.access.clone(), self.names.statefulset.clone());
                let command = format!("kubectl rollout restart statefulset {name}");
                let text = format!("statefulset.apps/{name} restarted");
                self.call(command, access.restart(&name), |()| text).await
            }
            Action::SetImage(release) => {
                let image = match release {
                    Release::Tested => setting.edits.image.clone(),
                    Release::Version(version) => setting.edits.image_of(*version),
                };
                let (access, name) = (self.access.clone(), self.names.statefulset.clone());
                let command = format!("kubectl set image statefulset {name} *={image}");
                let text = format!("statefulset.apps/{name} image updated");
                self.call(command, access.set_image(&name, &image), |()| text).await
            }
            Action::Configure(data) => {
                let (access, name) = (self.access.clone(), self.names.config.clone());
                let patch = serde_json::json!({ "data": data });
                let command = format!("kubectl patch configmap {name} --type merge -p '{patch}'");
                let text = format!("configmap/{name} patched");
                self.call(command, access.configure(&name, data), |()| text).await
            }
            Action::Delete(targets) => {
                for target in &targets.0 {
                    if let Err(end) = self.delete(target).await? {
                        return Ok(Err(end));
                    }
                }
                Ok(Ok(()))
            }
            Action::DeleteMissing(object) => self.delete_missing(object).await,
            Action::Sql(sql) => self.must(&Expectation::Sql(sql.clone())).await,
            Action::Exec(exec) => self.must(&Expectation::Exec(exec.clone())).await,
            Action::Workload(action) => self.work(action, setting).await,
            Action::Fault(fault) => Box::pin(self.inject(fault)).await,
            Action::Heal(heal) => Box::pin(self.heal(heal)).await,
            Action::Schedule(schedule) => Box::pin(self.follow(schedule)).await,
        }
    }

    /// Applies all manifests of a set.
    pub async fn apply_all(&mut self, set: &ManifestSet, edits: &Edits, replicas: u32) -> Result<Acted, Stop> {
        let files = set.files.iter().map(|file| file.name.clone()).collect();
        let apply = Apply { files, set: None, replicas: Some(replicas), parallel: false, service: None };
        self.apply_files(&apply, set, edits).await
    }

    async fn apply_files(&mut self, apply: &Apply, set: &ManifestSet, edits: &Edits) -> Result<Acted, Stop> {
        let edited = set.some(&apply.files).and_then(|mut manifests| {
            edits.make(&mut manifests, apply.replicas, apply.parallel)?;
            if let Some(service) = &apply.service {
                manifests.set_service_name(service)?;
            }
            Ok(manifests)
        });
        let manifests = match edited {
            Ok(manifests) => manifests,
            Err(error) => return Ok(Err(error.into())),
        };
        let access = self.access.clone();
        let command = apply.files.iter().map(|file| format!("kubectl apply -f {file}")).collect::<Vec<_>>().join("; ");
        let text = |applied: Vec<seatrial_cluster::Applied>| {
            applied.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        self.call(command, access.apply(&manifests), text).await
    }

    async fn delete(&mut self, target: &Delete) -> Result<Acted, Stop> {
        let (target, within) = match target {
            Delete::Object(object) => (Target::Named(look_kind(object.kind), object.name.expand(&self.names)), None),
            Delete::Selected { kind, selector, within } => {
                (Target::Labelled(look_kind(*kind), selector.clone()), *within)
            }
        };
        let command = format!("kubectl delete {target}");
        let access = self.access.clone();
        let work = access.delete(&target);
        let kind = target.kind().name();
        let text = |names: Vec<String>| match names.as_slice() {
            [] => "No resources found".to_owned(),
            names => names.iter().map(|name| format!("{kind} \"{name}\" deleted")).collect::<Vec<_>>().join("\n"),
        };
        let Some(within) = within else { return self.call(command, work, text).await };
        match self.drive(timeout(within.0, work)).await? {
            Ok(result) => self.call(command, std::future::ready(result), text).await,
            Err(_) => Ok(Err(refused(Blame::Product, format!("`{command}`: not gone within {within}")))),
        }
    }

    /// Deletes what is not there. That the API server does not find it is what should happen.
    async fn delete_missing(&mut self, object: &ObjectRef) -> Result<Acted, Stop> {
        let target = Target::Named(look_kind(object.kind), object.name.expand(&self.names));
        let command = format!("kubectl delete {target}");
        let access = self.access.clone();
        let acted = match self.drive(access.delete(&target)).await? {
            Ok(_) => Err(refused(Blame::Product, format!("`{command}`: it existed, and is deleted"))),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(failed(&error)),
        };
        let said = acted.as_ref().err().map_or_else(|| format!("{target} not found"), |end| end.reason.clone());
        self.note_command(command, &said)?;
        Ok(acted)
    }

    /// Does something that a person would do by `command`, and records what came of it.
    async fn call<T>(
        &mut self,
        command: String,
        work: impl Future<Output = seatrial_cluster::Result<T>>,
        text: impl FnOnce(T) -> String,
    ) -> Result<Acted, Stop> {
        let result = self.drive(work).await?;
        let (text, acted) = match result {
            Ok(value) => (text(value), Ok(())),
            Err(error) => (error.to_string(), Err(failed(&error))),
        };
        self.note_command(command, &text)?;
        Ok(acted)
    }

    /// Records a command and what came of it.
    fn note_command(&mut self, command: String, text: &str) -> Result<(), Stop> {
        let source = format!("{command} -n {}", self.names.namespace);
        let seen = Seen::new(EvidenceKind::Command, command, source, self.access.now(), text.as_bytes(), 64 * 1024);
        self.record(vec![seen])?;
        Ok(())
    }

    /// Looks once at something that must hold now, and records what was seen.
    async fn must(&mut self, expectation: &Expectation) -> Result<Acted, Stop> {
        let snapshot = self.fresh().await?;
        let mut lens = self.lens(snapshot);
        let glance = self.drive(lens.look(expectation)).await?;
        self.record(lens.seen)?;
        Ok(end_of(&glance))
    }
}

/// What a look says of an action that must have gone well.
fn end_of(glance: &Glance) -> Acted {
    let verdict = match glance.holds {
        Holds::Yes => return Ok(()),
        Holds::No => Verdict::Fail,
        Holds::Unknown => Verdict::Unknown,
    };
    let verdict = if glance.blame == Some(Blame::Environment) { Verdict::Unknown } else { verdict };
    Err(CheckEnd { verdict, blame: glance.blame, reason: clean(glance.why.as_bytes()) })
}
