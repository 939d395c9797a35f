use super::master::Mnode;

/// Score of a dnode that must be emptied.
const AVOID: f64 = 100_000_000.0;

/// A dnode with its score; the lower, the sooner it gets a vnode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scored {
    /// The dnode.
    pub dnode: i32,
    /// Its score.
    pub score: f64,
}

impl Mnode {
    /// Score of a dnode with some vnodes more or less than it has. An mnode counts as four vnodes.
    pub(super) fn score(&self, dnode: i32, extra: i32) -> f64 {
        let cores = f64::from(self.dnodes.get(&dnode).map_or(0, |life| life.cores));
        let mnode = if self.sdb.mnodes.contains_key(&dnode) { 4.0 } else { 0.0 };
        let vnodes = f64::from(i32::try_from(self.sdb.vnodes_on(dnode)).unwrap_or(i32::MAX)) + f64::from(extra);
        if !self.is_ready(dnode) {
            return AVOID + if cores > 0.0 { mnode / cores } else { 0.0 };
        }
        if cores > 0.0 { (mnode + vnodes) / cores } else { 0.0 }
    }

    /// Dnodes that are not offline, from the lowest score to the highest; of equals, the one with the higher id first.
    pub(super) fn places(&self) -> Vec<Scored> {
        let listed = self.sdb.dnodes.iter().filter(|(id, row)| row.dropping || self.is_online(**id));
        let mut places: Vec<Scored> = listed.map(|(id, _)| Scored { dnode: *id, score: self.score(*id, 0) }).collect();
        places.sort_by(|left, right| left.score.total_cmp(&right.score).then(right.dnode.cmp(&left.dnode)));
        places
    }

    /// Orders replicas so that the first places, where masters come to be, are spread over the dnodes.
    pub(super) fn spread_masters(&self, vg: i32, mut dnodes: Vec<i32>) -> Vec<i32> {
        let firsts = |dnode: i32| {
            let others = self.sdb.vgroups.iter().filter(|(id, _)| **id != vg);
            others.filter(|(_, row)| row.dnodes.first() == Some(&dnode)).count()
        };
        dnodes.sort_by_key(|dnode| firsts(*dnode));
        dnodes
    }
}
