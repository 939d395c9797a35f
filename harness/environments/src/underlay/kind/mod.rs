//! What is below the Kubernetes of a kind cluster.

mod disks;
mod rules;
mod volumes;

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use seatrial_chaos::{Fault, Rule, Spot, Underlay, UnderlayError};
use seatrial_cluster::PodState;

use self::disks::Limit;
pub(crate) use self::volumes::OwnVolumes;
use crate::{Output, Tools};

/// A command in a node's container. 30 s: a busy machine takes a few.
const COMMAND: Duration = Duration::from_secs(30);
/// Starting or stopping a node.
const POWER: Duration = Duration::from_secs(90);
/// Prints the network namespace that has an address: pods have theirs below `/var/run/netns`.
const FIND: &str = r#"for ns in /var/run/netns/*; do
  if nsenter --net="$ns" ip -4 -o addr show | grep -qF " $IP/"; then echo "$ns"; exit 0; fi
done
exit 44"#;

/// The nodes of a kind cluster: containers, in which the network namespaces of the pods can be entered. Rules carry the
/// comment `seatrial`.
#[derive(Clone, Debug)]
pub(crate) struct KindUnderlay {
    pub tools: Tools,
    /// Names of the nodes.
    pub nodes: Vec<String>,
}

/// A pod's UID as control groups have it: with dashes, or with underscores where systemd makes them.
fn uids(uid: &str) -> String {
    format!("UID1={uid}\nUID2={}\n", uid.replace('-', "_"))
}

fn error(tried: impl Into<String>, happened: impl Into<String>) -> UnderlayError {
    UnderlayError { tried: tried.into(), happened: happened.into() }
}

impl KindUnderlay {
    async fn docker(&self, tried: &str, arguments: &[&str], limit: Duration) -> Result<Output, UnderlayError> {
        self.tools.run("docker", arguments, limit).await.map_err(|failed| error(tried, failed.to_string()))
    }

    /// Runs a script in the node's container.
    async fn script(&self, tried: &str, node: &str, script: &str) -> Result<Output, UnderlayError> {
        self.docker(tried, &["exec", node, "sh", "-c", script], COMMAND).await
    }

    /// The network namespace of a pod; `None` if it is gone, and with it all its rules.
    async fn namespace(&self, tried: &str, spot: &Spot) -> Result<Option<String>, UnderlayError> {
        let Spot { ip, node } = spot;
        let found = self.script(tried, node, &format!("IP={ip}\n{FIND}")).await?;
        match found.exit {
            Some(0) => Ok(Some(found.stdout.trim().to_owned())),
            Some(44) => Ok(None),
            _ => Err(error(tried, found.complaint(3))),
        }
    }

    async fn change(&self, rule: &Rule, make: bool, tried: String) -> Result<(), UnderlayError> {
        let inside = match rules::spot(rule) {
            None => String::new(),
            Some(spot) => match self.namespace(&tried, spot).await? {
                Some(namespace) => namespace,
                // What is gone has no rules, but its node may have one for it.
                None if make => return Err(error(tried, "no network namespace has this address")),
                None => "/var/run/netns/gone".to_owned(),
            },
        };
        let done = self.script(&tried, rules::node(rule), &rules::script(rule, &inside, make)).await?;
        if done.ok() { Ok(()) } else { Err(error(tried, done.complaint(3))) }
    }

    /// Refuses what would take the control plane, and with it all that could be seen.
    async fn need_worker(&self, tried: &str, node: &str) -> Result<(), UnderlayError> {
        let happened = "it is no worker: the control plane runs there, and with it all that could be seen";
        if self.is_control_plane(node).await? { Err(error(tried, happened)) } else { Ok(()) }
    }

    async fn refuses_limits(&self) -> Result<Option<String>, UnderlayError> {
        let Some(node) = self.nodes.first() else { return Ok(None) };
        let tried = format!("see whether the kernel below {node} can slow the disk of a control group");
        let why =
            "the kernel below the nodes has neither `blkio.throttle.write_bps_device` nor `io.max` for control groups";
        Ok((!self.script(&tried, node, disks::CAN).await?.ok()).then(|| why.to_owned()))
    }

    async fn is_control_plane(&self, node: &str) -> Result<bool, UnderlayError> {
        let format = "{{ index .Config.Labels \"io.x-k8s.kind.role\" }}";
        let tried = format!("read the role of node {node}");
        let output = self.docker(&tried, &["inspect", "--format", format, node], COMMAND).await?;
        if output.ok() { Ok(output.stdout.trim() != "worker") } else { Err(error(tried, output.complaint(2))) }
    }
}

impl Underlay for KindUnderlay {
    fn lay<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async move {
            let tried = format!("make the rule: {rule}");
            if let Rule::Disk { at, uid, bytes } = rule {
                return self.limit_disk(&tried, at, uid, Limit::Make(*bytes)).await;
            }
            if let Rule::Node { node } = rule {
                self.need_worker(&tried, node).await?;
            }
            self.change(rule, true, tried).await
        }
        .boxed()
    }

    fn lift<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async move {
            let tried = format!("remove the rule: {rule}");
            match rule {
                Rule::Disk { at, uid, .. } => self.limit_disk(&tried, at, uid, Limit::Lift).await,
                _ => self.change(rule, false, tried).await,
            }
        }
        .boxed()
    }

    fn refuses<'a>(&'a self, fault: &'a Fault) -> BoxFuture<'a, Result<Option<String>, UnderlayError>> {
        async move {
            let emulates = match fault {
                Fault::Packets(packets) => packets.effects().emulates(),
                Fault::SlowNames(_) => true,
                Fault::SlowVolume(_) => return self.refuses_limits().await,
                Fault::FillVolume(_) => {
                    let why = "volumes of a kind cluster are folders of the disk of its nodes, which is that of this machine, \
                               and its nodes cannot mount file systems of their own from files (`mkfs.ext4`, `losetup`)";
                    return Ok((!self.has_own_volumes().await?).then(|| why.to_owned()));
                }
                Fault::SkewClock(_) => {
                    let why = "containers have the clock of their node, and nodes that of this machine, which no fault may set; \
                               time namespaces leave the wall clock as it is";
                    return Ok(Some(why.to_owned()));
                }
                _ => false,
            };
            let Some(node) = self.nodes.first().filter(|_| emulates) else { return Ok(None) };
            let tried = format!("see whether the kernel below {node} can delay packets");
            let why = "the kernel below the nodes has no network emulator (sch_netem), so it can neither delay nor repeat \
                       nor damage packets, nor questions to name servers; `loss` and `kilobits` need none";
            Ok((!self.script(&tried, node, rules::EMULATES).await?.ok()).then(|| why.to_owned()))
        }
        .boxed()
    }

    fn count<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<Option<u64>, UnderlayError>> {
        async move {
            let tried = format!("count the packets of the rule: {rule}");
            if let Rule::Disk { at, uid, .. } = rule {
                return Ok(self.is_disk_limited(&tried, at, uid).await?.then_some(0));
            }
            let inside = match rules::spot(rule) {
                None => None,
                Some(spot) => match self.namespace(&tried, spot).await? {
                    None => return Ok(None),
                    found => found,
                },
            };
            let listed = self.script(&tried, rules::node(rule), &rules::listing(inside.as_deref())).await?;
            if listed.ok() { Ok(rules::count(&listed.stdout, rule)) } else { Err(error(tried, listed.complaint(3))) }
        }
        .boxed()
    }

    fn stop<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async move {
            let tried = format!("stop node {node}");
            self.need_worker(&tried, node).await?;
            let output = self.docker(&tried, &["kill", node], POWER).await?;
            if output.ok() { Ok(()) } else { Err(error(tried, output.complaint(2))) }
        }
        .boxed()
    }

    fn start<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async move {
            let tried = format!("start node {node}");
            let output = self.docker(&tried, &["start", node], POWER).await?;
            if output.ok() { Ok(()) } else { Err(error(tried, output.complaint(2))) }
        }
        .boxed()
    }

    fn runs<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<bool, UnderlayError>> {
        async move {
            let tried = format!("ask whether node {node} runs");
            let output = self.docker(&tried, &["inspect", "--format", "{{.State.Running}}", node], COMMAND).await?;
            if output.ok() { Ok(output.stdout.trim() == "true") } else { Err(error(tried, output.complaint(2))) }
        }
        .boxed()
    }

    fn exhaust<'a>(&'a self, pod: &'a PodState) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async move {
            let tried = format!("take the memory of {} away", pod.name);
            let Some(node) = &pod.node else { return Err(error(tried, "it runs on no node")) };
            let done = self.script(&tried, node, &(uids(&pod.uid) + rules::EXHAUST)).await?;
            match done.exit {
                Some(0) => Ok(()),
                Some(44) => Err(error(tried, "no server runs in it")),
                _ => Err(error(tried, done.complaint(3))),
            }
        }
        .boxed()
    }
}

/// Takes back what a run that was killed did below Kubernetes: starts nodes that it stopped, and removes its rules. What
/// was found is told.
pub(crate) async fn sweep(tools: &Tools, nodes: &[String]) -> Result<Vec<String>, UnderlayError> {
    let underlay = KindUnderlay { tools: tools.clone(), nodes: nodes.to_vec() };
    let mut found = Vec::new();
    for node in nodes {
        if !underlay.runs(node).await? {
            underlay.start(node).await?;
            found.push(format!("node {node} was stopped"));
        }
        for script in [rules::SWEEP, disks::SWEEP, volumes::SWEEP] {
            let swept = underlay.script(&format!("remove our rules on {node}"), node, script).await?;
            if !swept.ok() {
                return Err(error(format!("remove our rules on {node}"), swept.complaint(3)));
            }
            found.extend(swept.stdout.lines().map(|rule| format!("rule on {node}: {rule}")));
        }
    }
    Ok(found)
}
