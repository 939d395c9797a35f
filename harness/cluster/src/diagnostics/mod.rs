//! What a person would look at after a failure, collected in one go.

use std::collections::BTreeSet;

use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{Event, PersistentVolume, PersistentVolumeClaim, Pod, Service},
    discovery::v1::EndpointSlice,
};
use kube::{Api, ResourceExt, api::ListParams};
use seatrial_record::{EvidenceKind, Table};
use serde_json::Value;
use tokio::time::timeout;

use crate::{Cluster, Full, PodState, Result, Seen, Via, seen::table_text};

fn table(columns: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        rows: rows.into_iter().map(|row| row.into_iter().map(Some).collect()).collect(),
    }
}

fn or_none(text: Option<String>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or_else(|| "<none>".to_owned())
}

impl Cluster {
    /// Collects the standard evidence of the namespace: pods, `StatefulSets`, claims, volumes, Services, end point
    /// slices, events, each pod described, logs of every container and of the one before it, and what each running
    /// server says of dnodes, mnodes and vgroups. What cannot be had says why. Ends within the limit `diagnostics`
    /// with what there is by then.
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
        let slices = self.list::<EndpointSlice>("endpointslices", "").await;
        self.add(seen, "endpointslices", "get endpointslices", slices.as_ref().map(|slices| slice_table(slices)));
        self.events(seen).await;
        for pod in pods.as_deref().unwrap_or_default() {
            self.describe(seen, pod);
        }
        for state in states.iter().filter(|state| state.running && !state.deleting) {
            self.ask(seen, &state.name).await;
        }
        for pod in pods.as_deref().unwrap_or_default() {
            self.pod_logs(seen, pod).await;
        }
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

    /// What the server in a pod says of its cluster.
    async fn ask(&self, seen: &mut Vec<Seen>, pod: &str) {
        seen.extend(self.dnodes(pod, Via::Shell, Full::AsShown).await.seen);
        seen.extend(self.mnodes(pod, Via::Shell, Full::AsShown).await.seen);
        let databases = self.databases(pod, Via::Shell).await;
        seen.extend(databases.seen);
        for database in databases.rows.unwrap_or_default() {
            // 3.x counts its two catalogues as databases; they have no vgroups.
            if !matches!(database.as_str(), "information_schema" | "performance_schema") {
                seen.extend(self.vgroups(pod, &database, Via::Shell).await.seen);
            }
        }
    }

    async fn pod_logs(&self, seen: &mut Vec<Seen>, pod: &Pod) {
        let name = pod.name_any();
        let containers: BTreeSet<String> =
            pod.spec.iter().flat_map(|spec| &spec.containers).map(|container| container.name.clone()).collect();
        let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
        let restarted: BTreeSet<String> =
            statuses.filter(|status| status.restart_count > 0).map(|status| status.name.clone()).collect();
        for container in containers {
            let previous = restarted.contains(&container);
            for previous in [Some(false), previous.then_some(true)].into_iter().flatten() {
                let (flag, word) = if previous { (" --previous", " before its restart") } else { ("", "") };
                let source = format!("kubectl logs {name} -c {container} -n {}{flag}", self.namespace());
                let text = match self.logs(&name, Some(&container), previous).await {
                    Ok(text) => redact(&text),
                    Err(error) => error.to_string(),
                };
                // The end of a log is what tells: the beginning is what a bound takes away.
                let text = tail(&text, self.limits().evidence_bytes);
                seen.push(self.see(
                    EvidenceKind::Log,
                    format!("log of {name}/{container}{word}"),
                    source,
                    text.as_bytes(),
                ));
            }
        }
    }
}

fn tail(text: &str, bytes: usize) -> &str {
    let mut start = text.len().saturating_sub(bytes);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

fn event_time(event: &Event) -> Option<String> {
    let time = event.last_timestamp.as_ref().map(|time| time.0.to_string());
    let precise = || event.event_time.as_ref().map(|time| time.0.to_string());
    time.or_else(precise).or_else(|| event.first_timestamp.as_ref().map(|time| time.0.to_string()))
}

const SECRET_WORDS: [&str; 6] = ["password", "passwd", "secret", "token", "apikey", "credential"];

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['_', '-'], "");
    // The name of a secret is none.
    name != "secretname" && SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Replaces the values of environment variables and keys whose names speak of secrets.
fn redact_value(value: &mut Value, secret: bool) {
    match value {
        Value::Object(map) => {
            let named = map.get("name").and_then(Value::as_str).is_some_and(is_secret);
            for (key, inner) in map.iter_mut() {
                redact_value(inner, (named && key == "value") || is_secret(key) && inner.is_string());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact_value(item, false)),
        Value::String(text) if secret => "(redacted)".clone_into(text),
        Value::String(text) => *text = redact(text),
        _ => {}
    }
}

/// Replaces what follows `password=`, `token:` and the like in free text.
fn redact(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut words: Vec<String> = Vec::new();
        let mut hide_next = false;
        for word in line.split(' ') {
            if hide_next && !word.is_empty() {
                words.push("(redacted)".to_owned());
                hide_next = false;
                continue;
            }
            match word.find(['=', ':']) {
                Some(at) if is_secret(&word[..at]) && at + 1 < word.len() => {
                    words.push(format!("{}(redacted)", &word[..=at]));
                }
                Some(at) if is_secret(&word[..at]) => {
                    hide_next = true;
                    words.push(word.to_owned());
                }
                _ => words.push(word.to_owned()),
            }
        }
        lines.push(words.join(" "));
    }
    lines.join("\n")
}

fn pod_table(pods: &[Pod]) -> Table {
    let row = |pod: &Pod| {
        let state = PodState::from(pod);
        vec![
            state.name,
            format!("{}/{}", state.containers.0, state.containers.1),
            state.status,
            state.restarts.to_string(),
            or_none(state.ip),
            or_none(state.node),
            or_none(state.message.map(|message| redact(&message).replace('\n', " "))),
        ]
    };
    table(&["NAME", "READY", "STATUS", "RESTARTS", "IP", "NODE", "MESSAGE"], pods.iter().map(row).collect())
}

fn set_table(sets: &[StatefulSet]) -> Table {
    let row = |set: &StatefulSet| {
        let state = crate::StatefulSetState::from(set);
        let ready = format!("{}/{}", state.ready, state.replicas);
        vec![state.name, ready, state.current.to_string(), state.updated.to_string()]
    };
    table(&["NAME", "READY", "PODS", "UP-TO-DATE"], sets.iter().map(row).collect())
}

fn claim_table(claims: &[PersistentVolumeClaim]) -> Table {
    let row = |claim: &PersistentVolumeClaim| {
        let state = crate::ClaimState::from(claim);
        let phase = if state.deleting { "Terminating".to_owned() } else { state.phase };
        let class = claim.spec.as_ref().and_then(|spec| spec.storage_class_name.clone());
        vec![state.name, phase, or_none(state.volume), or_none(class)]
    };
    table(&["NAME", "STATUS", "VOLUME", "STORAGECLASS"], claims.iter().map(row).collect())
}

fn service_table(services: &[Service]) -> Table {
    let row = |service: &Service| {
        let spec = service.spec.clone().unwrap_or_default();
        let ports = spec.ports.unwrap_or_default();
        let port = |port: &k8s_openapi::api::core::v1::ServicePort| {
            format!("{}/{}", port.port, port.protocol.as_deref().unwrap_or("TCP"))
        };
        vec![
            service.name_any(),
            or_none(spec.cluster_ip),
            spec.publish_not_ready_addresses.unwrap_or(false).to_string(),
            ports.iter().map(port).collect::<Vec<_>>().join(","),
        ]
    };
    table(&["NAME", "CLUSTER-IP", "PUBLISH-NOT-READY", "PORTS"], services.iter().map(row).collect())
}

fn slice_table(slices: &[EndpointSlice]) -> Table {
    let mut rows = Vec::new();
    for slice in slices {
        for endpoint in slice.endpoints.iter().flatten() {
            let conditions = endpoint.conditions.clone().unwrap_or_default();
            rows.push(vec![
                slice.name_any(),
                or_none(endpoint.hostname.clone()),
                endpoint.addresses.join(","),
                conditions.ready.map_or_else(|| "unknown".to_owned(), |ready| ready.to_string()),
                or_none(endpoint.target_ref.as_ref().and_then(|target| target.name.clone())),
            ]);
        }
    }
    table(&["SLICE", "HOSTNAME", "ADDRESSES", "READY", "POD"], rows)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("login password=taosdata ok", "login password=(redacted) ok")]
    #[case("TOKEN: abc def", "TOKEN: (redacted) def")]
    #[case("nothing to hide: 1=2", "nothing to hide: 1=2")]
    fn secrets_in_text_are_hidden(#[case] text: &str, #[case] redacted: &str) {
        assert_eq!(redact(text), redacted);
    }

    #[test]
    fn secrets_in_objects_are_hidden() {
        let mut value = json!({
            "env": [{ "name": "TAOS_ROOT_PASSWORD", "value": "x" }, { "name": "TZ", "value": "UTC" }],
            "token": "y", "automountServiceAccountToken": true, "secret": { "secretName": "z" },
        });
        redact_value(&mut value, false);
        assert_eq!(value["env"][0]["value"], "(redacted)");
        assert_eq!(value["env"][1]["value"], "UTC");
        assert_eq!(value["token"], "(redacted)");
        assert_eq!(value["automountServiceAccountToken"], true);
        assert_eq!(value["secret"]["secretName"], "z");
    }

    #[test]
    fn the_end_of_a_log_is_kept() {
        assert_eq!(tail("ab汉", 4), "b汉");
        assert_eq!(tail("ab汉", 2), "");
        assert_eq!(tail("ab", 4), "ab");
    }
}
