//! What a person would look at after a failure, collected in one go.

mod redact;
mod server;
mod tables;

use futures::future::join_all;
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{Event, PersistentVolume, PersistentVolumeClaim, Pod, Service},
    discovery::v1::Endpoint,
};
use kube::{
    Api, ResourceExt,
    api::{ApiResource, DynamicObject, ListParams},
};
use seatrial_record::{EvidenceKind, Table};
use serde_json::Value;
use tokio::time::timeout;

use self::{
    redact::{redact, redact_value},
    tables::{claim_table, or_none, pod_table, service_table, set_table, slice_table, table},
};
use crate::{Cluster, PodState, Result, Seen, seen::table_text};

impl Cluster {
    /// Collects the standard evidence of the namespace: pods, `StatefulSets`, claims, volumes, Services, end point
    /// slices, events, each pod described, logs of every container and of the one before it; and of each running server
    /// its settings, what the names of all end points resolve to there, and what it says of dnodes, mnodes, vgroups and
    /// transactions. What cannot be had says why. Ends within the limit `diagnostics` with what there is by then.
    pub async fn diagnostics(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        let limit = self.limits().diagnostics;
        if timeout(limit, self.collect(&mut seen)).await.is_err() {
            let text = format!("the limit `diagnostics` ({limit:?}) ran out: more was not collected");
            seen.push(self.see(EvidenceKind::Note, "diagnostics".to_owned(), String::new(), text.as_bytes()));
        }
        seen
    }

    async fn collect(&self, seen: &mut Vec<Seen>) {
        let pods = self.list::<Pod>("pods", "").await;
        let states: Vec<PodState> = pods.as_deref().unwrap_or_default().iter().map(PodState::from).collect();
        self.add(seen, "pods", "get pods -o wide", pods.as_ref().map(|pods| pod_table(pods)));
        let sets = self.list::<StatefulSet>("statefulsets", "").await;
        self.add(seen, "statefulsets", "get statefulsets", sets.as_ref().map(|sets| set_table(sets)));
        let claims = self.list::<PersistentVolumeClaim>("persistentvolumeclaims", "").await;
        self.add(seen, "persistentvolumeclaims", "get pvc", claims.as_ref().map(|claims| claim_table(claims)));
        self.add(seen, "persistentvolumes of the namespace", "get pv", self.volumes().await.as_ref().map(Table::clone));
        let services = self.list::<Service>("services", "").await;
        self.add(seen, "services", "get services", services.as_ref().map(|services| service_table(services)));
        let slices = self.endpoints().await;
        self.add(seen, "endpointslices", "get endpointslices", slices.as_ref().map(|slices| slice_table(slices)));
        self.events(seen).await;
        let pods = pods.unwrap_or_default();
        for pod in &pods {
            self.describe(seen, pod);
        }
        // All at once, so that one that hangs does not take the others' time; logs first, which cannot hang for long.
        seen.extend(join_all(pods.iter().map(|pod| self.pod_logs(pod))).await.into_iter().flatten());
        let hosts = self.hosts(sets.as_deref().unwrap_or_default(), claims.as_deref().unwrap_or_default());
        let running = states.iter().filter(|state| state.running && !state.deleting);
        seen.extend(join_all(running.map(|state| self.server(&state.name, &hosts))).await.into_iter().flatten());
    }

    /// The end points of the namespace's Services, each with the name of its slice. Servers before 1.21 have them in
    /// `v1beta1` only, whose fields that are of interest here are the same.
    async fn endpoints(&self) -> Result<Vec<(String, Endpoint)>> {
        let mut found = Err(crate::ClusterError::new("list endpointslices", crate::Problem::ConnectionLost));
        for version in ["v1", "v1beta1"] {
            let resource = ApiResource {
                group: "discovery.k8s.io".to_owned(),
                version: version.to_owned(),
                api_version: format!("discovery.k8s.io/{version}"),
                kind: "EndpointSlice".to_owned(),
                plural: "endpointslices".to_owned(),
            };
            let api: Api<DynamicObject> = Api::namespaced_with(self.client().clone(), self.namespace(), &resource);
            found = self.request("list endpointslices", api.list(&ListParams::default())).await;
            if !found.as_ref().is_err_and(crate::ClusterError::is_not_found) {
                break;
            }
        }
        let mut endpoints = Vec::new();
        for slice in found?.items {
            let listed = slice.data.get("endpoints").cloned().unwrap_or_default();
            let listed: Vec<Endpoint> = serde_json::from_value(listed).unwrap_or_default();
            endpoints.extend(listed.into_iter().map(|endpoint| (slice.name_any(), endpoint)));
        }
        Ok(endpoints)
    }

    fn add<E: std::fmt::Display>(
        &self,
        seen: &mut Vec<Seen>,
        title: &str,
        command: &str,
        found: std::result::Result<Table, E>,
    ) {
        let source = format!("kubectl {command} -n {}", self.namespace());
        let (text, table) = match found {
            Ok(table) if table.rows.is_empty() => ("none\n".to_owned(), None),
            Ok(table) => (table_text(&table), Some(table)),
            Err(error) => (error.to_string(), None),
        };
        let evidence = self.see(EvidenceKind::Object, title.to_owned(), source, text.as_bytes());
        seen.push(evidence.with_table(table));
    }

    /// The volumes that claims of this namespace have or had.
    async fn volumes(&self) -> Result<Table> {
        let api: Api<PersistentVolume> = Api::all(self.client().clone());
        let list = self.request("list persistentvolumes", api.list(&ListParams::default())).await?;
        let mut rows = Vec::new();
        for volume in list.items {
            let spec = volume.spec.clone().unwrap_or_default();
            let claim = spec.claim_ref.filter(|claim| claim.namespace.as_deref() == Some(self.namespace()));
            let Some(claim) = claim else { continue };
            let phase = volume.status.as_ref().and_then(|status| status.phase.clone());
            let class = or_none(spec.storage_class_name);
            let policy = or_none(spec.persistent_volume_reclaim_policy);
            rows.push(vec![volume.name_any(), policy, or_none(phase), or_none(claim.name), class]);
        }
        rows.sort();
        Ok(table(&["NAME", "RECLAIM POLICY", "STATUS", "CLAIM", "STORAGECLASS"], rows))
    }

    /// Names of the volumes that claims of this namespace have or had: what a clean-up must not leave behind.
    pub async fn volume_names(&self) -> Result<Vec<String>> {
        let table = self.volumes().await?;
        Ok(table.rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    async fn events(&self, seen: &mut Vec<Seen>) {
        let found = self.list::<Event>("events", "").await.map(|mut events| {
            // By time; those of one second stay in the order of their names.
            events.sort_by_key(event_time);
            let row = |event: &Event| {
                let object = &event.involved_object;
                let name = object.name.clone().unwrap_or_default();
                vec![
                    or_none(event_time(event)),
                    or_none(event.type_.clone()),
                    or_none(event.reason.clone()),
                    format!("{}/{name}", object.kind.clone().unwrap_or_default().to_ascii_lowercase()),
                    event.count.unwrap_or(1).to_string(),
                    redact(&event.message.clone().unwrap_or_default()).replace('\n', " "),
                ]
            };
            table(&["LAST SEEN", "TYPE", "REASON", "OBJECT", "COUNT", "MESSAGE"], events.iter().map(row).collect())
        });
        let source = format!("kubectl get events -n {} --sort-by=.lastTimestamp", self.namespace());
        let text = found.as_ref().map_or_else(ToString::to_string, table_text);
        seen.push(self.see(EvidenceKind::Events, "events".to_owned(), source, text.as_bytes()));
    }

    fn describe(&self, seen: &mut Vec<Seen>, pod: &Pod) {
        let mut value = serde_json::to_value(pod).unwrap_or_default();
        redact_value(&mut value, false);
        if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        let (title, name) = (format!("pod {}", pod.name_any()), pod.name_any());
        let source = format!("kubectl get pod {name} -n {} -o json", self.namespace());
        seen.push(self.see(EvidenceKind::Object, title, source, text.as_bytes()));
    }
}

fn event_time(event: &Event) -> Option<String> {
    let time = event.last_timestamp.as_ref().map(|time| time.0.to_string());
    let precise = || event.event_time.as_ref().map(|time| time.0.to_string());
    time.or_else(precise).or_else(|| event.first_timestamp.as_ref().map(|time| time.0.to_string()))
}
