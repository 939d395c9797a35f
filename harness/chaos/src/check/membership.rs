use std::collections::{BTreeMap, BTreeSet};

use seatrial_taos::Dnode;

/// Who was ever listed by `show dnodes`: an id belongs to one dnode for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    /// When the dnode with this id was created, as shown, and its host.
    known: BTreeMap<u32, (String, String)>,
    reused: BTreeSet<u32>,
}

fn host(dnode: &Dnode) -> String {
    dnode.end_point.host().unwrap_or(&dnode.end_point.text).to_owned()
}

impl Membership {
    /// Takes note of who is listed.
    pub fn sight(&mut self, dnodes: &[Dnode]) {
        for dnode in dnodes {
            let now = (dnode.create_time.clone(), host(dnode));
            let known = self.known.entry(dnode.id).or_insert_with(|| now.clone());
            if *known != now {
                self.reused.insert(dnode.id);
            }
        }
    }

    /// True if somebody was ever listed whose pod is not among these.
    pub fn misses(&self, pods: &[String]) -> bool {
        self.known.values().any(|(_, host)| !pods.contains(host))
    }

    /// Who is listed as ready although there is no such pod, or although its server is known to be `away`.
    pub fn unnoticed(dnodes: &[Dnode], pods: &[String], away: &[String]) -> Vec<String> {
        let ready = dnodes.iter().filter(|dnode| dnode.status == "ready");
        let told = ready.filter_map(|dnode| {
            let (id, host) = (dnode.id, host(dnode));
            if !pods.contains(&host) {
                return Some(format!("dnode {id} is listed as ready, and there is no pod {host}"));
            }
            away.contains(&host)
                .then(|| format!("dnode {id} ({host}) is listed as ready, and its server cannot be heard"))
        });
        told.collect()
    }

    /// What is wrong with who is listed, given the pods that exist: everybody should be listed once and be ready, and
    /// nobody else.
    pub fn violations(&self, dnodes: &[Dnode], pods: &[String]) -> Vec<String> {
        let mut wrong: Vec<String> =
            self.reused.iter().map(|id| format!("the id {id} was given to two dnodes")).collect();
        let mut hosts = BTreeSet::new();
        for dnode in dnodes {
            let (id, host) = (dnode.id, host(dnode));
            if !hosts.insert(host.clone()) {
                wrong.push(format!("{host} is listed twice"));
            } else if !pods.contains(&host) {
                wrong.push(format!("dnode {id} is listed as {}, and there is no pod {host}", dnode.status));
            } else if dnode.status != "ready" {
                wrong.push(format!("dnode {id} ({host}) is {} ({})", dnode.status, dnode.reason));
            }
        }
        wrong.extend(pods.iter().filter(|pod| !hosts.contains(*pod)).map(|pod| format!("{pod} is no dnode")));
        wrong
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use seatrial_taos::EndPoint;

    use super::*;

    fn dnode(id: u32, pod: &str, status: &str, created: &str) -> Dnode {
        Dnode {
            id,
            end_point: EndPoint::of(&format!("{pod}.taosd.default.sv...")),
            vnodes: 0,
            cores: None,
            support_vnodes: None,
            status: status.to_owned(),
            role: None,
            create_time: created.to_owned(),
            reason: String::new(),
        }
    }

    fn judge(sights: &[&[Dnode]], pods: &[&str]) -> String {
        let mut membership = Membership::default();
        for dnodes in sights {
            membership.sight(dnodes);
        }
        let pods: Vec<String> = pods.iter().map(|pod| (*pod).to_owned()).collect();
        membership.violations(sights.last().unwrap(), &pods).join("; ")
    }

    #[test]
    fn a_drop_and_a_new_dnode_are_right() {
        let before = [dnode(1, "td-0", "ready", "a"), dnode(2, "td-1", "ready", "b")];
        let after = [dnode(1, "td-0", "ready", "a"), dnode(3, "td-1", "ready", "c")];
        assert_eq!(judge(&[&before, &after], &["td-0", "td-1"]), "");
    }

    #[rstest]
    #[case("ready", &["td-0", "td-1"], &[], "")]
    #[case("offline", &["td-0"], &[], "")]
    #[case("ready", &["td-0"], &[], "dnode 2 is listed as ready, and there is no pod td-1")]
    #[case("ready", &["td-0", "td-1"], &["td-1"], "dnode 2 (td-1) is listed as ready, and its server cannot be heard")]
    fn who_is_away_is_noticed(#[case] status: &str, #[case] pods: &[&str], #[case] away: &[&str], #[case] wrong: &str) {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let listed = [dnode(1, "td-0", "ready", "a"), dnode(2, "td-1", status, "b")];
        let mut membership = Membership::default();
        membership.sight(&listed);
        assert_eq!(membership.misses(&own(pods)), pods.len() < 2);
        assert_eq!(Membership::unnoticed(&listed, &own(pods), &own(away)).join("; "), wrong);
    }

    #[rstest]
    #[case(dnode(2, "td-1", "ready", "other"), "the id 2 was given to two dnodes")]
    #[case(dnode(2, "td-1", "dropping", "b"), "dnode 2 (td-1) is dropping ()")]
    #[case(dnode(3, "td-0", "ready", "c"), "td-0 is listed twice; td-1 is no dnode")]
    #[case(
        dnode(3, "td-7", "offline", "c"),
        "dnode 3 is listed as offline, and there is no pod td-7; td-1 is no dnode"
    )]
    fn planted_violations_are_found(#[case] second: Dnode, #[case] wrong: &str) {
        let before = [dnode(1, "td-0", "ready", "a"), dnode(2, "td-1", "ready", "b")];
        let after = [dnode(1, "td-0", "ready", "a"), second];
        assert_eq!(judge(&[&before, &after], &["td-0", "td-1"]), wrong);
    }
}
