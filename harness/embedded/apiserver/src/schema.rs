//! How lists and maps of the served kinds merge. The names of fields suffice: no two kinds disagree on one.

/// How server-side apply sees a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// One value as a whole.
    Atomic,
    /// A set of scalars.
    Set,
    /// Items with keys.
    Keyed(&'static [&'static str]),
}

/// The list called `field`, found in an object that is called `parent`.
pub(crate) fn list(parent: &str, field: &str) -> ListKind {
    ListKind::Keyed(match field {
        "finalizers" | "podCIDRs" => return ListKind::Set,
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "schedulingGates"
        | "resourceClaims" => &["name"],
        "secrets" if parent.is_empty() => &["name"],
        "volumeMounts" => &["mountPath"],
        "volumeDevices" => &["devicePath"],
        "hostAliases" | "podIPs" | "hostIPs" => &["ip"],
        "topologySpreadConstraints" => &["topologyKey", "whenUnsatisfiable"],
        "conditions" => &["type"],
        "ownerReferences" => &["uid"],
        "ports" if is_container(parent) => &["containerPort", "protocol"],
        "ports" if parent == "spec" => &["port", "protocol"],
        _ => return ListKind::Atomic,
    })
}

/// The key by which a strategic merge patch merges items of a list; an empty key merges scalars.
pub(crate) fn merge_key(parent: &str, field: &str) -> Option<&'static str> {
    match (list(parent, field), field) {
        (_, "taints") => Some("key"),
        (_, "addresses") if parent == "status" => Some("type"),
        (ListKind::Atomic, _) => None,
        (ListKind::Set, _) => Some(""),
        (ListKind::Keyed(keys), _) => keys.first().copied(),
    }
}

/// True if server-side apply sees the map called `field` as one value.
pub(crate) fn atomic_map(field: &str) -> bool {
    matches!(
        field,
        "selector"
            | "podSelector"
            | "namespaceSelector"
            | "labelSelector"
            | "nodeSelector"
            | "fieldRef"
            | "resourceFieldRef"
            | "configMapKeyRef"
            | "secretKeyRef"
            | "dataSource"
            | "targetRef"
            | "scaleTargetRef"
    )
}

fn is_container(parent: &str) -> bool {
    matches!(parent, "containers" | "initContainers" | "ephemeralContainers")
}
