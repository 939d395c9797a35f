use seatrial_sim::Defect;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::{Answer, json as json_answer, json_bytes},
    read::{render_list, show},
    request::Call,
};
use crate::{ApiError, Deletion, Propagation, Store, store::Deleted};

/// `DeleteOptions`, as much of it as is honoured.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Options {
    grace_period_seconds: Option<i64>,
    propagation_policy: Option<String>,
    orphan_dependents: Option<bool>,
    preconditions: Option<Preconditions>,
    dry_run: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Preconditions {
    uid: Option<String>,
    resource_version: Option<String>,
}

impl Options {
    pub(super) fn dry_run(&self) -> bool {
        self.dry_run.as_ref().is_some_and(|list| !list.is_empty())
    }

    pub(super) fn deletion(self) -> Result<Deletion, ApiError> {
        let propagation = match (self.propagation_policy.as_deref(), self.orphan_dependents) {
            (None, Some(true)) | (Some("Orphan"), _) => Propagation::Orphan,
            (Some("Foreground"), _) => Propagation::Foreground,
            (None | Some("Background"), _) => Propagation::Background,
            (Some(other), _) => {
                return Err(ApiError::new(
                    422,
                    "Invalid",
                    format!(
                        "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"{other}\": supported values: \"Background\", \"Foreground\", \"Orphan\", \"nil\""
                    ),
                ));
            }
        };
        let conditions = self.preconditions.unwrap_or_default();
        Ok(Deletion {
            grace_seconds: self.grace_period_seconds,
            propagation,
            uid: conditions.uid,
            resource_version: conditions.resource_version,
        })
    }
}

fn options(call: &Call) -> Result<(Deletion, bool), ApiError> {
    let mut options = Options::default();
    if !call.body.is_empty() {
        options = serde_json::from_value(call.json()?)
            .map_err(|error| ApiError::bad_request(format!("invalid DeleteOptions: {error}")))?;
    }
    if let Some(grace) = call.query.number("gracePeriodSeconds")? {
        options.grace_period_seconds = Some(grace);
    }
    if let Some(policy) = call.query.get("propagationPolicy") {
        options.propagation_policy = Some(policy.to_owned());
    }
    let dry_run = call.dry_run() || options.dry_run();
    Ok((options.deletion()?, dry_run))
}

pub(super) fn one(store: &Store, call: &Call) -> Result<Answer, ApiError> {
    let kind = call.target.kind;
    let (how, mut dry_run) = options(call)?;
    dry_run |= kind.kind == "ConfigMap" && store.world().defects.has(Defect::ConfigDeletionIgnored);
    let deleted = store.delete_object(kind, call.target.scope(), call.name(), &how, dry_run)?;
    Ok(match deleted {
        Deleted::Marked(object) => show(store, call, 200, &object),
        // These kinds answer with the object's last state.
        Deleted::Gone(object)
            if matches!(
                kind.kind,
                "Pod" | "Service" | "PersistentVolume" | "PersistentVolumeClaim" | "ServiceAccount"
            ) =>
        {
            show(store, call, 200, &object)
        }
        Deleted::Gone(object) => {
            let mut details = json!({ "name": object.name(), "kind": kind.plural, "uid": object.uid() });
            if !kind.group.is_empty() {
                details["group"] = kind.group.into();
            }
            json_answer(
                200,
                &json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details }),
            )
        }
    })
}

pub(super) fn collection(store: &Store, call: &Call) -> Result<Answer, ApiError> {
    let kind = call.target.kind;
    if kind.kind == "Namespace" || (kind.namespaced && call.target.namespace.is_none()) {
        return Err(ApiError::method_not_allowed());
    }
    let (how, dry_run) = options(call)?;
    let selection = call.selection()?;
    let objects = store.objects(kind, call.target.namespace.as_deref());
    let mut deleted = Vec::new();
    for object in objects.into_iter().filter(|object| selection.covers(object)) {
        match store.delete_object(kind, object.namespace(), object.name(), &how, dry_run) {
            Ok(Deleted::Marked(object) | Deleted::Gone(object)) => deleted.push(object),
            Err(error) if error.code == 404 => {}
            Err(error) => return Err(error),
        }
    }
    let meta: Value = json!({ "resourceVersion": store.revision().to_string() });
    Ok(json_bytes(200, render_list(kind.kind, &kind.api_version(), &meta, &deleted)))
}
