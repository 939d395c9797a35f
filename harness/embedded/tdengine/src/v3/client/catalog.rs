use std::{collections::BTreeMap, sync::Arc};

use seatrial_sql::{
    SqlError, Value,
    codes::v3 as codes,
    storage::{Schema, VnodeData},
};

use super::{
    net::{OVERTIME, Patience, Work},
    session::Connection,
};
use crate::v3::{
    mnode::{DatabaseInfo, FullName, VgroupInfo},
    taosd::Taosd,
    vnode::Vnode,
};

/// What a client keeps of databases and tables.
#[derive(Default)]
pub(super) struct Catalog {
    pub(super) databases: BTreeMap<String, DatabaseInfo>,
    pub(super) tables: BTreeMap<FullName, TableMeta>,
}

/// A table, as its vnode describes it.
#[derive(Clone, Debug)]
pub(super) struct TableMeta {
    /// Columns, and its super table's tags.
    pub schema: Arc<Schema>,
    /// Its super table.
    pub parent: Option<String>,
    /// The values of its tags.
    pub tags: Vec<Value>,
}

/// The hash by which tables are spread over vgroups: `MurmurHash3` (32 bits) of `1.database.table`.
pub(super) fn hash(name: &FullName) -> u32 {
    let key = format!("1.{}.{}", name.0, name.1);
    let mix = |word: u32| word.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let chunks = key.as_bytes().chunks(4);
    let mut hash = 0x1234_5678_u32;
    for chunk in chunks {
        let word = chunk.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
        hash ^= mix(word);
        if chunk.len() == 4 {
            hash = hash.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
        }
    }
    hash ^= u32::try_from(key.len()).unwrap_or_default();
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

impl Connection {
    /// What is kept of a database, asked for if it is not known.
    pub(super) async fn database(&mut self, name: &str) -> Result<DatabaseInfo, SqlError> {
        if let Some(info) = self.catalog.databases.get(name) {
            return Ok(info.clone());
        }
        let wanted = name.to_owned();
        let info = self.ask(move |mnode, node| mnode.database_info(node, &wanted)).await?;
        self.catalog.databases.insert(name.to_owned(), info.clone());
        Ok(info)
    }

    /// The vgroup that a table belongs to.
    pub(super) async fn vgroup_of(&mut self, name: &FullName) -> Result<i32, SqlError> {
        let hash = hash(name);
        let info = self.database(&name.0).await?;
        let found = info.vgroups.iter().find(|vgroup| (vgroup.hashes.0..=vgroup.hashes.1).contains(&hash));
        found.map(|vgroup| vgroup.vg).ok_or_else(|| codes::error(codes::MND_VGROUP_NOT_EXIST))
    }

    /// Asks the leader of a vgroup, going round its replicas. `patience` says when to give up, and with which error.
    pub(super) async fn at_vgroup<T: Send + 'static>(
        &mut self,
        (db, vg): (&str, i32),
        (unreachable, overtime): (i32, (u64, u64)),
        request: impl Fn(&mut Vnode, &Taosd) -> Result<Work<T>, SqlError> + Clone + Send + 'static,
    ) -> Result<T, SqlError> {
        let mut patience = Patience::new();
        loop {
            let info = self.database(db).await?;
            let Some(vgroup) = info.vgroups.iter().find(|vgroup| vgroup.vg == vg) else {
                return Err(codes::error(codes::MND_VGROUP_NOT_EXIST));
            };
            let mut moved = false;
            for step in 0..vgroup.eps.len() {
                let at = (vgroup.in_use + step) % vgroup.eps.len();
                let Some(ep) = vgroup.eps.get(at) else { break };
                let request = request.clone();
                let answer = self.net.call(ep, patience.deadline(), |taosd| at_vnode(taosd, vg, request)).await;
                match answer {
                    Ok(answer) => {
                        self.remember_leader(db, vg, at);
                        return Ok(answer);
                    }
                    Err(error) if patience.bears(&error) => moved |= error.code == codes::VND_INVALID_VGROUP_ID,
                    Err(error) => return Err(error),
                }
            }
            patience.next_round(&self.net.host, unreachable, overtime).await?;
            if moved || patience.rounds().is_multiple_of(4) {
                self.refresh(db).await;
            }
        }
    }

    fn remember_leader(&mut self, db: &str, vg: i32, at: usize) {
        let Some(info) = self.catalog.databases.get_mut(db) else { return };
        if info.vgroups.iter().any(|vgroup| vgroup.vg == vg && vgroup.in_use != at) {
            let with = |vgroup: &VgroupInfo| {
                let in_use = if vgroup.vg == vg { at } else { vgroup.in_use };
                VgroupInfo { in_use, ..vgroup.clone() }
            };
            info.vgroups = info.vgroups.iter().map(with).collect();
        }
    }

    /// Asks again where the vgroups are, if an mnode answers at once.
    async fn refresh(&mut self, db: &str) {
        let wanted = db.to_owned();
        let asked = self.ask(move |mnode, node| mnode.database_info(node, &wanted));
        if let Ok(Ok(info)) = tokio::time::timeout(std::time::Duration::from_secs(1), asked).await {
            self.catalog.databases.insert(db.to_owned(), info);
        }
    }

    /// What a table's vnode says of it; `None` if it is not there.
    pub(super) async fn table(&mut self, name: &FullName) -> Result<Option<TableMeta>, SqlError> {
        if let Some(meta) = self.catalog.tables.get(name) {
            return Ok(Some(meta.clone()));
        }
        let vg = self.vgroup_of(name).await?;
        let table = name.1.clone();
        let ask = move |vnode: &mut Vnode, _: &Taosd| {
            let meta = vnode.read(|data| describe(data, &table))?;
            Ok(Box::pin(async move { Ok(meta) }) as Work<Option<TableMeta>>)
        };
        let meta = self.at_vgroup((&name.0, vg), (codes::RPC_SOMENODE_NOT_CONNECTED, OVERTIME), ask).await?;
        if let Some(meta) = &meta {
            self.catalog.tables.insert(name.clone(), meta.clone());
        }
        Ok(meta)
    }

    /// A super table, if there is one of this name.
    pub(super) async fn stable(&mut self, name: &FullName) -> Result<Option<Arc<Schema>>, SqlError> {
        let wanted = name.clone();
        self.ask(move |mnode, _| mnode.stable(&wanted)).await
    }
}

fn describe(data: &VnodeData, table: &str) -> Option<TableMeta> {
    let stored = data.table(table)?;
    Some(TableMeta {
        schema: Arc::clone(stored.schema),
        parent: stored.parent.map(str::to_owned),
        tags: stored.tags.to_vec(),
    })
}

/// All tables of a vnode.
pub(super) fn list(data: &VnodeData) -> Vec<(String, TableMeta)> {
    data.table_names().filter_map(|name| Some((name.to_owned(), describe(data, name)?))).collect()
}

/// What a server does with a request to one of its vnodes.
fn at_vnode<T: Send + 'static>(
    taosd: Arc<Taosd>,
    vg: i32,
    request: impl FnOnce(&mut Vnode, &Taosd) -> Result<Work<T>, SqlError> + Send + 'static,
) -> Work<T> {
    Box::pin(async move {
        let work = {
            let mut state = taosd.state();
            let vnode = state.vnodes.get_mut(&vg).ok_or_else(|| codes::error(codes::VND_INVALID_VGROUP_ID))?;
            request(vnode, &taosd)?
        };
        work.await
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_spread_as_recorded() {
        let place =
            |db: &str, table: &str, vgroups: u32| hash(&(db.to_owned(), table.to_owned())) / (u32::MAX / vgroups);
        let mut counts = [0; 8];
        for table in 0..40 {
            counts[place("d1", &format!("c{table}"), 8) as usize] += 1;
        }
        counts[place("d1", "live", 8) as usize] += 1;
        assert_eq!(counts, [5, 4, 7, 4, 2, 9, 6, 4]);
        let first: Vec<u32> = (0..4).map(|table| place("d3", &format!("c{table}"), 4)).collect();
        assert_eq!(first, [0, 1, 3, 0]);
    }
}
