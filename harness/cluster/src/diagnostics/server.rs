//! What the pods and the servers in them say of themselves.

use std::collections::BTreeSet;

use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{PersistentVolumeClaim, Pod},
};
use kube::ResourceExt;
use seatrial_record::EvidenceKind;

use super::redact::redact;
use crate::{Cluster, Full, Seen, Via};

/// Beginnings of the environment variables that a server or its entrypoint reads.
const VARIABLES: [&str; 3] = ["TAOS_", "CLUSTER", "TZ="];

impl Cluster {
    /// The names that the end points of all servers have: of those that run, and of those whose claims are still there.
    pub(super) fn hosts(&self, sets: &[StatefulSet], claims: &[PersistentVolumeClaim]) -> Vec<String> {
        let mut hosts = Vec::new();
        for set in sets {
            let (name, spec) = (set.name_any(), &set.spec);
            let asked = spec.replicas.and_then(|replicas| usize::try_from(replicas).ok()).unwrap_or(1);
            let claimed = claims.iter().filter_map(|claim| {
                let claim = claim.name_any();
                let (before, ordinal) = claim.rsplit_once('-')?;
                before.ends_with(&format!("-{name}")).then(|| ordinal.parse::<usize>().ok())?.map(|ordinal| ordinal + 1)
            });
            let service = spec.service_name.as_deref().unwrap_or_default();
            let pods = claimed.max().unwrap_or(0).max(asked);
            hosts.extend((0..pods).map(|n| format!("{name}-{n}.{service}.{}.svc.cluster.local", self.namespace())));
        }
        hosts
    }

    /// What the server in a pod says of itself and of its cluster. One that does not answer is not asked further.
    pub(super) async fn server(&self, pod: &str, hosts: &[String]) -> Vec<Seen> {
        let mut seen = vec![self.settings(pod).await];
        if !hosts.is_empty() {
            seen.push(self.resolve(pod, hosts).await);
        }
        let dnodes = self.dnodes(pod, Via::Shell, Full::AsShown).await;
        seen.extend(dnodes.seen);
        if dnodes.rows.is_err_and(|error| error.is_timeout()) {
            return seen;
        }
        seen.extend(self.mnodes(pod, Via::Shell, Full::AsShown).await.seen);
        let databases = self.databases(pod, Via::Shell).await;
        seen.extend(databases.seen);
        let databases = databases.rows.unwrap_or_default();
        // 3.x counts its two catalogues as databases; they have no vgroups.
        let (catalogues, own): (Vec<_>, Vec<_>) = databases
            .into_iter()
            .partition(|database| matches!(database.as_str(), "information_schema" | "performance_schema"));
        for database in own {
            seen.extend(self.vgroups(pod, &database, Via::Shell).await.seen);
        }
        let statements = ["show variables", "show transactions"];
        for sql in &statements[..if catalogues.is_empty() { 1 } else { 2 }] {
            seen.extend(self.sql(pod, sql, Via::Shell, self.limits().query).await.seen);
        }
        seen
    }

    /// The configuration file without its comments, and the environment variables that count.
    async fn settings(&self, pod: &str) -> Seen {
        let file = "/etc/taos/taos.cfg";
        let mut text = String::new();
        match self.print(pod, &["cat", file]).await {
            Ok(printed) => {
                let says = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
                text.extend(printed.lines().filter(says).flat_map(|line| [line, "\n"]));
            }
            Err(error) => text = error,
        }
        match self.print(pod, &["env"]).await {
            Ok(printed) => {
                let counts = |line: &&str| VARIABLES.iter().any(|beginning| line.starts_with(beginning));
                let mut variables: Vec<&str> = printed.lines().filter(counts).collect();
                variables.sort_unstable();
                text.push_str("\n[environment]\n");
                text.extend(variables.into_iter().flat_map(|line| [line, "\n"]));
            }
            Err(error) => text.push_str(&error),
        }
        let source = format!("kubectl exec -n {} {pod} -- cat {file}; ... -- env", self.namespace());
        self.see(EvidenceKind::Command, format!("settings in {pod}"), source, redact(&text).as_bytes())
    }

    /// What the names of all end points resolve to in a pod.
    async fn resolve(&self, pod: &str, hosts: &[String]) -> Seen {
        let argv: Vec<&str> = ["getent", "hosts"].into_iter().chain(hosts.iter().map(String::as_str)).collect();
        let source = format!("kubectl exec -n {} {pod} -- {}", self.namespace(), argv.join(" "));
        let text = match self.print(pod, &argv).await {
            Ok(printed) => {
                let unknown = hosts.iter().filter(|host| !printed.contains(host.as_str()));
                let unknown: Vec<_> = unknown.map(|host| format!("no address:     {host}\n")).collect();
                format!("{printed}{}", unknown.concat())
            }
            Err(error) => error,
        };
        self.see(EvidenceKind::Command, format!("addresses of the end points in {pod}"), source, text.as_bytes())
    }

    /// Standard output of a command, whatever its exit code; or why there is none.
    async fn print(&self, pod: &str, argv: &[&str]) -> Result<String, String> {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let output = self.exec(pod, None, &argv, self.limits().query).await.map_err(|error| error.to_string())?;
        if output.exit != 0 && output.stdout.is_empty() && !output.stderr.is_empty() {
            return Err(seatrial_record::clean(&output.stderr));
        }
        Ok(seatrial_record::clean(&output.stdout))
    }

    /// The logs of a pod's containers, and those before their last restart.
    pub(super) async fn pod_logs(&self, pod: &Pod) -> Vec<Seen> {
        let mut seen = Vec::new();
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
        seen
    }
}

fn tail(text: &str, bytes: usize) -> &str {
    let mut start = text.len().saturating_sub(bytes);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_kept() {
        assert_eq!(tail("ab汉", 4), "b汉");
        assert_eq!(tail("ab汉", 2), "");
        assert_eq!(tail("ab", 4), "ab");
    }
}
