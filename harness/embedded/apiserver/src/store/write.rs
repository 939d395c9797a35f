use std::{any::Any, sync::Arc};

use k8s_openapi::{
    api::core::v1::PersistentVolumeClaim,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};
use serde_json::Value;

use super::{Store, address, delete::may_go, state::State};
use crate::{
    ApiError, Cause,
    apply::{self, Manager},
    defaults::protect,
    kind::{Kind, of},
    object::{Object, Served, Typed},
};

/// Which part of an object a request may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything but the status.
    Main,
    /// The status only.
    Status,
}

/// The circumstances of a write.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    /// Check, but do not store.
    pub(crate) dry_run: bool,
    /// By a controller: the status may be set at creation.
    pub(crate) trusted: bool,
    /// Who becomes the owner of what changes; none: ownership stays as the object says.
    pub(crate) manager: Option<Manager>,
}

impl Write {
    pub(crate) fn trusted() -> Self {
        Self { dry_run: false, trusted: true, manager: None }
    }
}

impl Store {
    /// Creates an object from JSON.
    pub(crate) fn insert(
        &self,
        kind: &'static Kind,
        namespace: &str,
        mut value: Value,
        write: &Write,
    ) -> Result<Arc<Object>, ApiError> {
        check_shape(&value)?;
        if kind.status && !write.trusted {
            remove(&mut value, "status");
        }
        self.insert_served(kind, namespace, decode(kind, &value)?, write)
    }

    /// Creates an object.
    pub(super) fn insert_served(
        &self,
        kind: &'static Kind,
        namespace: &str,
        mut object: Box<dyn Served>,
        write: &Write,
    ) -> Result<Arc<Object>, ApiError> {
        let now = self.now();
        self.write(|state| {
            let name = new_name(state, kind, object.as_mut(), namespace)?;
            check_namespace(state, kind, namespace, &name)?;
            if state.get(kind, namespace, &name).is_some() {
                return Err(ApiError::already_exists(kind, &name));
            }
            let meta = object.meta_mut();
            meta.uid = Some(state.uids.uuid());
            meta.creation_timestamp = Some(Time(now));
            meta.deletion_timestamp = None;
            meta.deletion_grace_period_seconds = None;
            meta.resource_version = None;
            meta.self_link = None;
            meta.generation = kind.same_desired.is_some().then_some(1);
            match kind.kind {
                "PersistentVolumeClaim" => protect(meta, "kubernetes.io/pvc-protection"),
                "PersistentVolume" => protect(meta, "kubernetes.io/pv-protection"),
                _ => {}
            }
            object.set_defaults();
            admit(state, kind, &name, &mut object)?;
            refuse_faults(kind, &name, object.faults(None))?;
            if let Some(manager) = &write.manager {
                let mut value = encode(object.as_ref())?;
                apply::track(kind, &Value::Null, &mut value, manager, now);
                object = decode(kind, &value)?;
            }
            if write.dry_run {
                return Ok(Arc::new(Object::new(object, 0)));
            }
            Ok(state.put(kind, namespace, &name, object))
        })
    }

    /// Replaces an object by what `change` makes of it. Metadata that only the server sets stays as it is.
    pub(crate) fn replace(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
        part: Part,
        write: &Write,
        change: impl FnOnce(&Object) -> Result<Value, ApiError>,
    ) -> Result<Arc<Object>, ApiError> {
        let old = self.object(kind, namespace, name).ok_or_else(|| ApiError::missing(kind, name))?;
        let mut value = change(&old)?;
        check_shape(&value)?;
        check_version(kind, &old, &value)?;
        limit_to(part, kind, old.value(), &mut value);
        let mut object = decode(kind, &value)?;
        keep_server_fields(old.meta(), object.meta_mut());
        object.set_defaults();
        let now = self.now();
        self.write(|state| {
            if kind.kind == "Service" {
                let mut value = encode(object.as_ref())?;
                carry_addresses(old.value(), &mut value);
                address::assign(state, kind, name, &mut value)?;
                object = decode(kind, &value)?;
            }
            refuse_faults(kind, name, object.faults(Some(old.any())))?;
            if let Some(manager) = &write.manager {
                let mut value = encode(object.as_ref())?;
                apply::track(kind, old.value(), &mut value, manager, now);
                object = decode(kind, &value)?;
            }
            if write.dry_run {
                return Ok(Arc::new(Object::new(object, old.revision())));
            }
            Ok(commit(state, kind, &old, object))
        })
    }

    /// Replaces an object as a controller does: unchecked, status included.
    pub(super) fn overwrite(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
        mut object: Box<dyn Typed>,
    ) -> Result<Arc<Object>, ApiError> {
        self.write(|state| {
            let old = state.get(kind, namespace, name).ok_or_else(|| ApiError::missing(kind, name))?;
            keep_server_fields(old.meta(), object.meta_mut());
            Ok(commit(state, kind, &old, object))
        })
    }
}

/// Stores `object` if it differs; one that waits for its deletion goes when nothing keeps it any more.
fn commit(state: &mut State, kind: &'static Kind, old: &Arc<Object>, mut object: Box<dyn Typed>) -> Arc<Object> {
    if object.same(old.any()) {
        return Arc::clone(old);
    }
    if kind.same_desired.is_some_and(|same| !same(old.any(), object.as_ref())) {
        object.meta_mut().generation = Some(old.meta().generation.unwrap_or(0) + 1);
    }
    let (namespace, name) = (old.namespace(), old.name());
    let stored = state.put(kind, namespace, name, object);
    if may_go(stored.any()) { state.remove(kind, namespace, name).unwrap_or(stored) } else { stored }
}

/// Guards what follows, which indexes into the object and its metadata.
fn check_shape(value: &Value) -> Result<(), ApiError> {
    let meta = value.get("metadata").unwrap_or(&Value::Null);
    if value.is_object() && (meta.is_object() || meta.is_null()) {
        return Ok(());
    }
    Err(ApiError::bad_request("the object provided is unrecognized: it is not an object with metadata"))
}

pub(crate) fn decode(kind: &Kind, value: &Value) -> Result<Box<dyn Served>, ApiError> {
    (kind.decode)(value).map_err(|error| {
        let (name, version) = (kind.kind, kind.version);
        ApiError::bad_request(format!("{name} in version \"{version}\" cannot be handled as a {name}: json: {error}"))
    })
}

fn encode(object: &dyn Served) -> Result<Value, ApiError> {
    object.to_value().map_err(|error| ApiError::internal(error.to_string()))
}

fn refuse_faults(kind: &Kind, name: &str, faults: Vec<Cause>) -> Result<(), ApiError> {
    if faults.is_empty() { Ok(()) } else { Err(ApiError::invalid(kind, name, faults)) }
}

/// The name of a new object, made up from `generateName` if need be.
fn new_name(state: &mut State, kind: &Kind, object: &mut dyn Served, namespace: &str) -> Result<String, ApiError> {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let meta = object.meta_mut();
    meta.namespace = kind.namespaced.then(|| namespace.to_owned());
    if let Some(name) = meta.name.clone().filter(|name| !name.is_empty()) {
        return Ok(name);
    }
    let Some(prefix) = meta.generate_name.clone().filter(|prefix| !prefix.is_empty()) else {
        let cause = Cause::required("metadata.name", "name or generateName is required");
        return Err(ApiError::invalid(kind, "", vec![cause]));
    };
    let letters = (0..5).filter_map(|_| LETTERS.get(state.names.below(LETTERS.len())));
    let name = prefix.chars().take(58).chain(letters.map(|letter| char::from(*letter))).collect::<String>();
    meta.name = Some(name.clone());
    Ok(name)
}

fn check_namespace(state: &State, kind: &Kind, namespace: &str, name: &str) -> Result<(), ApiError> {
    let Some(namespaces) = of("", "Namespace").filter(|_| kind.namespaced) else { return Ok(()) };
    let found = state.get(namespaces, "", namespace).ok_or_else(|| ApiError::missing(namespaces, namespace))?;
    if found.deleting() {
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        let mut error = ApiError::forbidden(kind, name, &why);
        let message = format!("namespace {namespace} is being terminated");
        error.causes.push(Cause { reason: "NamespaceTerminating", field: "metadata.namespace".into(), message });
        return Err(error);
    }
    Ok(())
}

/// What admission plug-ins and allocators add to a new object.
fn admit(state: &mut State, kind: &Kind, name: &str, object: &mut Box<dyn Served>) -> Result<(), ApiError> {
    match kind.kind {
        "Service" => {
            let mut value = encode(object.as_ref())?;
            address::assign(state, kind, name, &mut value)?;
            *object = decode(kind, &value)?;
        }
        "PersistentVolumeClaim" => {
            let claim = (object.as_mut() as &mut dyn Any).downcast_mut::<PersistentVolumeClaim>();
            if let Some(spec) = claim.and_then(|claim| claim.spec.as_mut())
                && spec.storage_class_name.is_none()
            {
                spec.storage_class_name = default_class(state);
            }
        }
        _ => {}
    }
    Ok(())
}

fn default_class(state: &State) -> Option<String> {
    const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
    let classes = state.list(of("storage.k8s.io", "StorageClass")?, None);
    let annotated = |class: &&Arc<Object>| {
        class
            .meta()
            .annotations
            .as_ref()
            .and_then(|annotations| annotations.get(DEFAULT))
            .is_some_and(|is| is == "true")
    };
    classes.iter().find(annotated).map(|class| class.name().to_owned())
}

fn check_version(kind: &Kind, old: &Object, new: &Value) -> Result<(), ApiError> {
    let text = |pointer| new.pointer(pointer).and_then(Value::as_str).filter(|text: &&str| !text.is_empty());
    if let Some(uid) = text("/metadata/uid").filter(|uid| *uid != old.uid()) {
        let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", old.uid());
        return Err(ApiError::conflict(kind, old.name(), &why));
    }
    let version = text("/metadata/resourceVersion");
    if version.is_some_and(|version| version != old.revision().to_string()) {
        return Err(ApiError::modified(kind, old.name()));
    }
    Ok(())
}

fn limit_to(part: Part, kind: &Kind, old: &Value, new: &mut Value) {
    match part {
        Part::Main if kind.status => match old.get("status") {
            Some(status) => new["status"] = status.clone(),
            None => remove(new, "status"),
        },
        Part::Main => {}
        Part::Status => {
            let status = new.get("status").cloned();
            *new = old.clone();
            match status {
                Some(status) => new["status"] = status,
                None => remove(new, "status"),
            }
        }
    }
}

/// Metadata that no request changes.
fn keep_server_fields(old: &ObjectMeta, new: &mut ObjectMeta) {
    new.name.clone_from(&old.name);
    new.generate_name.clone_from(&old.generate_name);
    new.namespace.clone_from(&old.namespace);
    new.uid.clone_from(&old.uid);
    new.resource_version.clone_from(&old.resource_version);
    new.generation = old.generation;
    new.creation_timestamp.clone_from(&old.creation_timestamp);
    new.deletion_timestamp.clone_from(&old.deletion_timestamp);
    new.deletion_grace_period_seconds = old.deletion_grace_period_seconds;
}

/// Who updates a Service without naming its addresses keeps them.
fn carry_addresses(old: &Value, new: &mut Value) {
    let empty = |value: &Value| value.is_null() || value == "";
    let external = |value: &Value| value["spec"]["type"] == "ExternalName";
    if !external(old) && !external(new) && empty(&new["spec"]["clusterIP"]) {
        new["spec"]["clusterIP"] = old["spec"]["clusterIP"].clone();
    }
    let old_ports = old.pointer("/spec/ports").and_then(Value::as_array);
    let node_port = |port: &Value| {
        let same = |known: &&Value| known["port"] == port["port"] && known["protocol"] == port["protocol"];
        old_ports.into_iter().flatten().find(same).map(|known| known["nodePort"].clone()).filter(Value::is_number)
    };
    if !matches!(new["spec"]["type"].as_str(), Some("NodePort" | "LoadBalancer")) {
        return;
    }
    for port in new.pointer_mut("/spec/ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if port.get("nodePort").is_none_or(Value::is_null)
            && let Some(kept) = node_port(port)
        {
            port["nodePort"] = kept;
        }
    }
}

fn remove(value: &mut Value, key: &str) {
    if let Some(map) = value.as_object_mut() {
        map.shift_remove(key);
    }
}
