//! Parts of a plan, for CI jobs that run side by side.

use std::collections::BTreeSet;

use seatrial_record::Shard;

use crate::Plan;

impl Plan {
    /// The part with the number `index`, from 1, of `count`. Parts are the same wherever the same plan is split, differ
    /// by one scenario at most, and together are the plan.
    #[must_use]
    pub fn shard(mut self, index: u32, count: u32) -> Self {
        // By a hash of their keys: neighbours in a plan, say repeats of one scenario, are alike and take alike long.
        let mut places: Vec<usize> = (0..self.runs.len()).collect();
        places.sort_by_key(|place| self.runs.get(*place).map(|run| (hash(&run.planned.key, 0), *place)));
        let mine = places.into_iter().zip((1..=count.max(1)).cycle()).filter(|(_, shard)| *shard == index);
        let mine: BTreeSet<usize> = mine.map(|(place, _)| place).collect();
        let runs = std::mem::take(&mut self.runs).into_iter().enumerate();
        self.runs = runs.filter(|(place, _)| mine.contains(place)).map(|(_, run)| run).collect();
        let places = mine.into_iter().map(|place| u32::try_from(place).unwrap_or(u32::MAX)).collect();
        self.shard = Some(Shard { index, count, places });
        self
    }
}

/// FNV-1a: the same on every machine and in every release.
pub(crate) fn hash(key: &str, salt: u64) -> u64 {
    key.bytes()
        .chain(salt.to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
