use serde_json::{Value, json};

use crate::kind::Kind;

/// Column definitions of a kind. A trailing `+` marks a column that only `-o wide` shows, `#` an integer.
pub(super) fn definitions(kind: &Kind) -> Vec<Value> {
    let columns: &[&str] = match kind.kind {
        "Pod" => &["Name", "Ready", "Status", "Restarts", "Age", "IP+", "Node+", "Nominated Node+", "Readiness Gates+"],
        "StatefulSet" => &["Name", "Ready", "Age", "Containers+", "Images+"],
        "ControllerRevision" => &["Name", "Controller", "Revision#", "Age"],
        "PodDisruptionBudget" => &["Name", "Min Available", "Max Unavailable", "Allowed Disruptions#", "Age"],
        "Service" => &["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "Selector+"],
        "EndpointSlice" => &["Name", "AddressType", "Ports", "Endpoints", "Age"],
        "Endpoints" => &["Name", "Endpoints", "Age"],
        "NetworkPolicy" => &["Name", "Pod-Selector", "Age"],
        "PersistentVolumeClaim" => &[
            "Name",
            "Status",
            "Volume",
            "Capacity",
            "Access Modes",
            "StorageClass",
            "VolumeAttributesClass",
            "Age",
            "VolumeMode+",
        ],
        "PersistentVolume" => &[
            "Name",
            "Capacity",
            "Access Modes",
            "Reclaim Policy",
            "Status",
            "Claim",
            "StorageClass",
            "VolumeAttributesClass",
            "Reason",
            "Age",
            "VolumeMode+",
        ],
        "StorageClass" => &["Name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age"],
        "Node" => &[
            "Name",
            "Status",
            "Roles",
            "Age",
            "Version",
            "Internal-IP+",
            "External-IP+",
            "OS-Image+",
            "Kernel-Version+",
            "Container-Runtime+",
        ],
        "Namespace" => &["Name", "Status", "Age"],
        "Event" => &[
            "Last Seen",
            "Type",
            "Reason",
            "Object",
            "Subobject+",
            "Source+",
            "Message",
            "First Seen+",
            "Count#+",
            "Name+",
        ],
        "Secret" => &["Name", "Type", "Data#", "Age"],
        "ConfigMap" => &["Name", "Data#", "Age"],
        "ServiceAccount" => &["Name", "Secrets#", "Age"],
        "Lease" => &["Name", "Holder", "Age"],
        _ => &["Name", "Age"],
    };
    columns.iter().map(|column| definition(column)).collect()
}

fn definition(column: &str) -> Value {
    let (column, wide) = column.strip_suffix('+').map_or((column, false), |rest| (rest, true));
    let (column, number) = column.strip_suffix('#').map_or((column, false), |rest| (rest, true));
    json!({
        "name": column,
        "type": if number { "integer" } else { "string" },
        "format": if column == "Name" { "name" } else { "" },
        "description": "",
        "priority": i32::from(wide),
    })
}
