use seatrial_sql::{SqlError, codes::v3 as codes};

use super::leader::Mnode;
use crate::v3::taosd::Taosd;

/// How much an mnode counts when vnodes are placed.
const MNODE_WEIGHT: f64 = 0.9;

/// A dnode that can take vnodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// The dnode.
    pub dnode: i32,
    vnodes: u32,
    support: u32,
    mnode: bool,
}

impl Place {
    fn score(&self) -> f64 {
        let others = if self.mnode { MNODE_WEIGHT } else { 0.0 };
        (f64::from(self.vnodes) + others) / f64::from(self.support.max(1))
    }
}

/// Dnodes that can take vnodes, the emptiest first.
#[derive(Debug)]
pub(super) struct Places(Vec<Place>);

impl Places {
    /// A replica for each of the `wanted` emptiest dnodes. Dnodes of equal load keep the order that they had.
    pub fn take(&mut self, wanted: usize) -> Result<Vec<i32>, SqlError> {
        self.0.sort_by(|left, right| left.score().total_cmp(&right.score()));
        if self.0.len() < wanted {
            return Err(codes::error(codes::MND_NO_ENOUGH_DNODES));
        }
        let mut taken = Vec::new();
        for place in self.0.iter_mut().take(wanted) {
            if place.vnodes >= place.support {
                return Err(codes::error(codes::MND_NO_ENOUGH_VNODES));
            }
            place.vnodes += 1;
            taken.push(place.dnode);
        }
        taken.sort_unstable();
        Ok(taken)
    }

    /// A replica on the emptiest dnode that has none of this vgroup.
    pub fn take_other(&mut self, has: &[i32]) -> Result<i32, SqlError> {
        self.0.sort_by(|left, right| left.score().total_cmp(&right.score()));
        let place = self.0.iter_mut().find(|place| !has.contains(&place.dnode));
        let place = place.ok_or_else(|| codes::error(codes::MND_NO_ENOUGH_DNODES))?;
        if place.vnodes >= place.support {
            return Err(codes::error(codes::MND_NO_ENOUGH_VNODES));
        }
        place.vnodes += 1;
        Ok(place.dnode)
    }
}

impl Mnode {
    /// The dnodes that are online, but one.
    pub(super) fn places(&self, node: &Taosd, but: Option<i32>) -> Places {
        let usable =
            self.sdb.dnodes.iter().filter(|(id, row)| Some(**id) != but && !row.dropping && self.is_online(node, **id));
        let place = |id: &i32| Place {
            dnode: *id,
            vnodes: u32::try_from(self.sdb.vnodes_on(*id)).unwrap_or(u32::MAX),
            support: self.lives.get(id).map_or(0, |life| life.support_vnodes),
            mnode: self.sdb.mnodes.contains_key(id),
        };
        Places(usable.map(|(id, _)| place(id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vnodes_go_where_they_went_when_recorded() {
        let place = |dnode| Place { dnode, vnodes: 0, support: 16, mnode: dnode == 1 };
        let mut places = Places(vec![place(1), place(2), place(3), place(6)]);
        let singles: Vec<i32> = (0..8).flat_map(|_| places.take(1).unwrap()).collect();
        assert_eq!(singles, [2, 3, 6, 1, 6, 3, 2, 1]);
        places.0.sort_by_key(|place| place.dnode);
        let groups: Vec<Vec<i32>> = (0..4).map(|_| places.take(3).unwrap()).collect();
        assert_eq!(groups, [[2, 3, 6], [1, 2, 3], [1, 2, 6], [1, 3, 6]]);
        assert_eq!(places.take_other(&[1, 2, 3]).unwrap(), 6);
        assert!(places.take(5).is_err());
    }
}
