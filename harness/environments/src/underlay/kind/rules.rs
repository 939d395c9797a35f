//! Rules as the tools of a node take and list them. All carry a mark of ours: packet filters a comment, queues a handle.

use seatrial_chaos::{Effects, Rule, Spot};

/// The comment of our packet filters.
const MARK: &str = "seatrial";
/// The handle of our queues.
const HANDLE: &str = "5ea1:";
/// The handle of the queue behind the first for what goes to name servers.
const NAMES_HANDLE: &str = "5ea2:";

/// Removes all rules of ours from a node and from all network namespaces of its pods, and tells which there were.
pub(super) const SWEEP: &str = r#"sweep() {
  for table in filter raw; do
    $1 iptables-save -t $table 2>/dev/null | grep -F -- "--comment seatrial" | sed "s/^-A/-D/" |
    while read -r rule; do $1 iptables -w -t $table $rule && echo "$rule"; done
  done
  if $1 tc qdisc show dev eth0 2>/dev/null | grep -q " 5ea1: root"; then
    $1 tc qdisc del dev eth0 root && echo "a queue on eth0"
  fi
}
sweep ""
for ns in /var/run/netns/*; do
  [ -e "$ns" ] && sweep "nsenter --net=$ns"
done
true"#;

/// Tells whether the kernel has a network emulator.
pub(super) const EMULATES: &str = "unshare -n tc qdisc add dev lo root netem delay 1ms";

/// Takes the memory of the server's container away: the limit of its control group becomes what it has now, the server
/// the first that the kernel kills there, and one more process asks for memory until that happens.
pub(super) const EXHAUST: &str = r#"for pid in $(pidof taosd); do
  grep -q -e "$UID1" -e "$UID2" /proc/$pid/cgroup || continue
  echo 1000 > /proc/$pid/oom_score_adj
  two=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$pid/cgroup)
  one=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/$pid/cgroup)
  if [ -w "$one/memory.limit_in_bytes" ]; then
    group=$one
    echo $(( $(cat $one/memory.usage_in_bytes) + 8388608 )) > $one/memory.limit_in_bytes || exit 1
  elif [ -w "$two/memory.max" ]; then
    group=$two
    echo $(( $(cat $two/memory.current) + 8388608 )) > $two/memory.max || exit 1
  else
    echo "no control group for the memory of process $pid" >&2; exit 1
  fi
  timeout 20 sh -c "echo \$\$ > $group/cgroup.procs && exec tail /dev/zero" >/dev/null 2>&1
  exit 0
done
exit 44"#;

/// A rule of a packet filter: the table, the chain, and the rest.
#[derive(Clone)]
struct Filter {
    /// True if it is in the pod's own network, false if in that of its node.
    inside: bool,
    table: &'static str,
    chain: &'static str,
    rest: String,
    /// What it is known by when it is listed: numbers are not listed as they were given.
    listed: String,
}

impl Filter {
    fn new(inside: bool, table: &'static str, chain: &'static str, rest: &str) -> Self {
        let rest = format!("{rest} -m comment --comment {MARK} -j DROP");
        Self { inside, table, chain, listed: format!("-A {chain} {rest}"), rest }
    }
}

/// Where the network of a pod is; none if the rule is for a node.
pub(super) fn spot(rule: &Rule) -> Option<&Spot> {
    match rule {
        Rule::Drop { at, .. }
        | Rule::Names { at }
        | Rule::LateNames { at, .. }
        | Rule::Shape { at, .. }
        | Rule::Disk { at, .. }
        | Rule::Clock { at, .. } => Some(at),
        Rule::Node { .. } => None,
    }
}

/// The node whose container the rule is made in.
pub(super) fn node(rule: &Rule) -> &str {
    match rule {
        Rule::Node { node } => node,
        _ => spot(rule).map_or("", |at| &at.node),
    }
}

fn filters(rule: &Rule) -> Vec<Filter> {
    match rule {
        Rule::Drop { from, .. } => vec![Filter::new(true, "filter", "INPUT", &format!("-s {from}/32"))],
        Rule::Names { .. } => ["udp", "tcp"]
            .map(|protocol| Filter::new(true, "filter", "OUTPUT", &format!("-p {protocol} -m {protocol} --dport 53")))
            .to_vec(),
        // Behind the pod, which is not told that nothing arrives.
        Rule::Shape { at, effects } if !effects.emulates() && effects.loss > 0 => {
            let from = format!("-s {}/32", at.ip);
            let random = format!("{from} -m statistic --mode random --probability 0.{:02}", effects.loss);
            let listed = format!("-A PREROUTING {from} -m statistic --mode random --probability 0.{:02}", effects.loss);
            vec![Filter { listed, ..Filter::new(false, "raw", "PREROUTING", &random) }]
        }
        Rule::Shape { .. } | Rule::LateNames { .. } | Rule::Disk { .. } | Rule::Clock { .. } => Vec::new(),
        Rule::Node { .. } => [("INPUT", "-i"), ("FORWARD", "-i"), ("FORWARD", "-o"), ("OUTPUT", "-o")]
            .map(|(chain, way)| Filter::new(false, "filter", chain, &format!("{way} eth0")))
            .to_vec(),
    }
}

/// What the queue of a pod's interface does; none if it does nothing.
fn queue(rule: &Rule) -> Option<String> {
    let Rule::Shape { effects, .. } = rule else { return None };
    let Effects { loss, kilobits, delay_ms, jitter_ms, duplicate, corrupt } = *effects;
    if !effects.emulates() {
        return (kilobits > 0).then(|| format!("tbf rate {kilobits}kbit burst 4kb latency 5s"));
    }
    let shares = [(loss, "loss"), (duplicate, "duplicate"), (corrupt, "corrupt")];
    let shares = shares.into_iter().filter(|(percent, _)| *percent > 0);
    let words = [format!("netem limit 100000 delay {delay_ms}ms {jitter_ms}ms")]
        .into_iter()
        .chain(shares.map(|(percent, what)| format!("{what} {percent}%")))
        .chain((kilobits > 0).then(|| format!("rate {kilobits}kbit")));
    Some(words.collect::<Vec<_>>().join(" "))
}

/// The commands that make a rule, or remove it, in the network namespace `inside` and in that of the node.
pub(super) fn script(rule: &Rule, inside: &str, make: bool) -> String {
    let enter = |inner: bool| if inner { format!("nsenter --net={inside} ") } else { String::new() };
    let mut lines = Vec::new();
    for Filter { inside, table, chain, rest, .. } in filters(rule) {
        let iptables = format!("{}iptables -w -t {table}", enter(inside));
        lines.push(if make {
            format!("{iptables} -I {chain} 1 {rest} || exit 1")
        } else {
            format!("if {iptables} -C {chain} {rest} 2>/dev/null; then {iptables} -D {chain} {rest} || exit 1; fi")
        });
    }
    if let Rule::LateNames { delay_ms, .. } = rule {
        let tc = format!("{}tc", enter(true));
        let all = ["0"; 16].join(" ");
        lines.push(if make {
            format!(
                "{tc} qdisc add dev eth0 root handle {HANDLE} prio bands 4 priomap {all} &&\n\
                 {tc} qdisc add dev eth0 parent {HANDLE}4 handle {NAMES_HANDLE} netem limit 100000 delay {delay_ms}ms &&\n\
                 {tc} filter add dev eth0 parent {HANDLE} protocol ip u32 match ip dport 53 0xffff flowid {HANDLE}4 ||\n\
                 {{ {tc} qdisc del dev eth0 root; exit 1; }}"
            )
        } else {
            remove_queue(&enter(true))
        });
    }
    if let Some(words) = queue(rule) {
        let tc = format!("{}tc qdisc", enter(true));
        lines.push(if make {
            format!("{tc} add dev eth0 root handle {HANDLE} {words} || exit 1")
        } else {
            remove_queue(&enter(true))
        });
    }
    lines.join("\n")
}

fn remove_queue(enter: &str) -> String {
    let tc = format!("{enter}tc qdisc");
    format!("if {tc} show dev eth0 | grep -q ' {HANDLE} root'; then {tc} del dev eth0 root || exit 1; fi")
}

/// The commands that list everything by which [`count`] counts.
pub(super) fn listing(inside: Option<&str>) -> String {
    let inside = inside.map(|inside| {
        let enter = format!("nsenter --net={inside} ");
        format!("{enter}iptables-save -c -t filter && {enter}tc -s qdisc show dev eth0 && ")
    });
    format!("{}iptables-save -c -t filter && iptables-save -c -t raw", inside.unwrap_or_default())
}

/// Packets that a rule dropped or disturbed, by what [`listing`] prints; `None` if one is missing.
pub(super) fn count(listed: &str, rule: &Rule) -> Option<u64> {
    let mut total = 0;
    for Filter { listed: wanted, .. } in filters(rule) {
        let line = listed.lines().find(|line| line.contains(&wanted) && line.contains(MARK))?;
        // `[12:720] -A INPUT ...`
        total += line.strip_prefix('[')?.split(':').next()?.parse::<u64>().ok()?;
    }
    let queue = match rule {
        Rule::LateNames { .. } => Some(format!(" {NAMES_HANDLE} parent")),
        _ => queue(rule).map(|_| format!(" {HANDLE} root")),
    };
    if let Some(name) = queue {
        // `qdisc tbf 5ea1: root refcnt 2 ...` and behind it ` Sent 840 bytes 12 pkt (dropped 0, overlimits 3 requeues 0)`
        let mut lines = listed.lines().skip_while(|line| !line.contains(&name));
        lines.next()?;
        let sent = lines.next()?.split_once(" bytes ")?.1;
        total += sent.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LISTED: &str = "# Generated\n*filter\n:INPUT ACCEPT [0:0]\n\
        [12:720] -A INPUT -s 10.244.2.7/32 -m comment --comment seatrial -j DROP\n\
        [3:180] -A OUTPUT -p udp -m udp --dport 53 -m comment --comment seatrial -j DROP\n\
        [1:60] -A OUTPUT -p tcp -m tcp --dport 53 -m comment --comment seatrial -j DROP\nCOMMIT\n\
        qdisc tbf 5ea1: root refcnt 2 rate 64Kbit burst 4Kb lat 5s \n \
        Sent 840 bytes 12 pkt (dropped 0, overlimits 3 requeues 0) \n\
        *raw\n[7:420] -A PREROUTING -s 10.244.1.3/32 -m statistic --mode random --probability 0.10000000009 \
        -m comment --comment seatrial -j DROP\n";

    fn at() -> Spot {
        Spot { ip: Ipv4Addr::new(10, 244, 1, 3), node: "worker".to_owned() }
    }

    #[test]
    fn the_count_of_a_rule_is_read() {
        let rule = |last| Rule::Drop { at: at(), from: Ipv4Addr::new(10, 244, 2, last) };
        assert_eq!((count(LISTED, &rule(7)), count(LISTED, &rule(8))), (Some(12), None));
        assert_eq!(count(LISTED, &Rule::Names { at: at() }), Some(4));
        assert_eq!(count("", &Rule::Names { at: at() }), None);
        let shape = |effects| Rule::Shape { at: at(), effects };
        assert_eq!(count(LISTED, &shape(Effects { loss: 10, ..Effects::default() })), Some(7));
        assert_eq!(count(LISTED, &shape(Effects { loss: 20, ..Effects::default() })), None);
        assert_eq!(count(LISTED, &shape(Effects { kilobits: 64, ..Effects::default() })), Some(12));
        assert_eq!(count(LISTED, &Rule::Node { node: "worker".to_owned() }), None);
    }

    #[test]
    fn late_questions_are_counted() {
        let listed = "qdisc prio 5ea1: root refcnt 2 bands 4\n Sent 900 bytes 9 pkt (dropped 0)\n\
            qdisc netem 5ea2: parent 5ea1:4 limit 100000 delay 700ms\n Sent 300 bytes 3 pkt (dropped 0)\n";
        let late = Rule::LateNames { at: at(), delay_ms: 700 };
        assert_eq!((count(listed, &late), count("", &late)), (Some(3), None));
    }

    #[test]
    fn a_rule_is_made_and_removed() {
        let lossy = Rule::Shape { at: at(), effects: Effects { loss: 5, kilobits: 64, ..Effects::default() } };
        let made = script(&lossy, "/ns", true);
        assert_eq!(
            made,
            "iptables -w -t raw -I PREROUTING 1 -s 10.244.1.3/32 -m statistic --mode random --probability 0.05 -m comment \
             --comment seatrial -j DROP || exit 1\n\
             nsenter --net=/ns tc qdisc add dev eth0 root handle 5ea1: tbf rate 64kbit burst 4kb latency 5s || exit 1"
        );
        let late = Effects { delay_ms: 100, jitter_ms: 20, loss: 1, ..Effects::default() };
        let made = script(&Rule::Shape { at: at(), effects: late }, "/ns", true);
        assert!(made.ends_with("netem limit 100000 delay 100ms 20ms loss 1% || exit 1") && !made.contains("iptables"));
        let late = Rule::LateNames { at: at(), delay_ms: 700 };
        assert!(script(&late, "/ns", true).contains("handle 5ea2: netem limit 100000 delay 700ms"));
        assert_eq!(script(&late, "/ns", false).lines().count(), 1);
        let gone = script(&Rule::Node { node: "worker".to_owned() }, "", false);
        assert_eq!(gone.lines().count(), 4);
        assert!(gone.lines().all(|line| line.contains("-C") && line.contains("-D") && !line.contains("nsenter")));
    }
}
