use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use seatrial_chaos::{Rule, Spot, Underlay, UnderlayError};

use crate::{Output, Tools};

/// A command in a node's container. 30 s: a busy machine takes a few.
const COMMAND: Duration = Duration::from_secs(30);
/// Starting or stopping a node.
const POWER: Duration = Duration::from_secs(90);
/// The comment that all rules carry.
const MARK: &str = "seatrial";

/// Prints the network namespace that has an address: pods have theirs below `/var/run/netns`.
const FIND: &str = r#"for ns in /var/run/netns/*; do
  if nsenter --net="$ns" ip -4 -o addr show | grep -qF " $IP/"; then echo "$ns"; exit 0; fi
done
exit 44"#;

/// Removes all rules of ours from all network namespaces, and tells how many there were.
const SWEEP: &str = r#"for ns in /var/run/netns/*; do
  [ -e "$ns" ] || continue
  nsenter --net="$ns" iptables-save -t filter 2>/dev/null | grep -F -- "--comment seatrial" | sed "s/^-A/-D/" |
  while read -r rule; do nsenter --net="$ns" iptables -w -t filter $rule && echo "$rule"; done
done
true"#;

/// The nodes of a kind cluster: containers, in which the network namespaces of the pods can be entered. Rules carry the
/// comment `seatrial`.
#[derive(Debug)]
pub(crate) struct KindUnderlay {
    pub tools: Tools,
}

fn error(tried: impl Into<String>, happened: impl Into<String>) -> UnderlayError {
    UnderlayError { tried: tried.into(), happened: happened.into() }
}

/// What tells a rule from others, as iptables takes it and lists it.
fn specification(rule: &Rule) -> Vec<String> {
    match rule {
        Rule::Drop { from, .. } => vec![format!("INPUT -s {from}/32 -m comment --comment {MARK} -j DROP")],
        Rule::Names { .. } => ["udp", "tcp"]
            .map(|protocol| {
                format!("OUTPUT -p {protocol} -m {protocol} --dport 53 -m comment --comment {MARK} -j DROP")
            })
            .to_vec(),
    }
}

fn spot(rule: &Rule) -> &Spot {
    match rule {
        Rule::Drop { at, .. } | Rule::Names { at } => at,
    }
}

/// Packets that our rules of this kind dropped, by what `iptables-save -c` prints; `None` if one is missing.
fn count(listed: &str, rule: &Rule) -> Option<u64> {
    let mut total = 0;
    for wanted in specification(rule) {
        let line = listed.lines().find(|line| line.contains(&format!("-A {wanted}")))?;
        // `[12:720] -A INPUT ...`
        total += line.strip_prefix('[')?.split(':').next()?.parse::<u64>().ok()?;
    }
    Some(total)
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

    async fn change(&self, rule: &Rule, how: &str, tried: String) -> Result<(), UnderlayError> {
        let at = spot(rule);
        let Some(namespace) = self.namespace(&tried, at).await? else {
            return if how == "-D" { Ok(()) } else { Err(error(tried, "no network namespace has this address")) };
        };
        for wanted in specification(rule) {
            let (chain, rest) = wanted.split_once(' ').unwrap_or_default();
            let iptables = format!("nsenter --net={namespace} iptables -w -t filter");
            let script = if how == "-D" {
                format!("{iptables} -C {chain} {rest} 2>/dev/null || exit 0; {iptables} -D {chain} {rest}")
            } else {
                format!("{iptables} -I {chain} 1 {rest}")
            };
            let done = self.script(&tried, &at.node, &script).await?;
            if !done.ok() {
                return Err(error(tried, done.complaint(3)));
            }
        }
        Ok(())
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
        self.change(rule, "-I", format!("make the rule: {rule}")).boxed()
    }

    fn lift<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<(), UnderlayError>> {
        self.change(rule, "-D", format!("remove the rule: {rule}")).boxed()
    }

    fn dropped<'a>(&'a self, rule: &'a Rule) -> BoxFuture<'a, Result<Option<u64>, UnderlayError>> {
        async move {
            let (tried, at) = (format!("count the packets of the rule: {rule}"), spot(rule));
            let Some(namespace) = self.namespace(&tried, at).await? else { return Ok(None) };
            let script = format!("nsenter --net={namespace} iptables-save -c -t filter");
            let listed = self.script(&tried, &at.node, &script).await?;
            if listed.ok() { Ok(count(&listed.stdout, rule)) } else { Err(error(tried, listed.complaint(3))) }
        }
        .boxed()
    }

    fn stop<'a>(&'a self, node: &'a str) -> BoxFuture<'a, Result<(), UnderlayError>> {
        async move {
            let tried = format!("stop node {node}");
            if self.is_control_plane(node).await? {
                return Err(error(
                    tried,
                    "it is no worker: the control plane runs there, and with it all that could be seen",
                ));
            }
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
}

/// Takes back what a run that was killed did below Kubernetes: starts nodes that it stopped, and removes its rules. What
/// was found is told.
pub(crate) async fn sweep(tools: &Tools, nodes: &[String]) -> Result<Vec<String>, UnderlayError> {
    let underlay = KindUnderlay { tools: tools.clone() };
    let mut found = Vec::new();
    for node in nodes {
        if !underlay.runs(node).await? {
            underlay.start(node).await?;
            found.push(format!("node {node} was stopped"));
        }
        let swept = underlay.script(&format!("remove our rules on {node}"), node, SWEEP).await?;
        if !swept.ok() {
            return Err(error(format!("remove our rules on {node}"), swept.complaint(3)));
        }
        found.extend(swept.stdout.lines().map(|rule| format!("rule on {node}: {rule}")));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_count_of_a_rule_is_read() {
        let at = Spot { ip: Ipv4Addr::new(10, 244, 1, 3), node: "worker".to_owned() };
        let listed = "# Generated\n*filter\n:INPUT ACCEPT [0:0]\n\
            [12:720] -A INPUT -s 10.244.2.7/32 -m comment --comment seatrial -j DROP\n\
            [3:180] -A OUTPUT -p udp -m udp --dport 53 -m comment --comment seatrial -j DROP\n\
            [1:60] -A OUTPUT -p tcp -m tcp --dport 53 -m comment --comment seatrial -j DROP\nCOMMIT\n";
        let rule = |last| Rule::Drop { at: at.clone(), from: Ipv4Addr::new(10, 244, 2, last) };
        assert_eq!((count(listed, &rule(7)), count(listed, &rule(8))), (Some(12), None));
        assert_eq!(count(listed, &Rule::Names { at: at.clone() }), Some(4));
        assert_eq!(count("", &Rule::Names { at }), None);
    }
}
