use std::sync::{Arc, Mutex, PoisonError};

use seatrial_sim::{Defect, Defects, Volume};
use seatrial_sql::{
    SqlError,
    codes::v3 as codes,
    storage::{VnodeData, Write},
};
use tokio::sync::oneshot;

use super::{
    event::Letter,
    raft::{Durable, Machine, Message, Raft, Timing},
    taosd::Taosd,
    types::{Member, VnodeConfig, VnodeLoad},
};
use crate::{
    planted_rows::{missed, planted},
    wal,
};

impl Machine for VnodeData {
    type Change = Arc<Write>;

    fn apply(&mut self, change: &Self::Change) -> Result<u64, SqlError> {
        Self::apply(self, change)
    }

    fn letter(message: Message<Self>) -> Letter {
        Letter::Vnode(message)
    }

    fn bytes(change: &Self::Change) -> u64 {
        wal::bytes(change)
    }

    fn followed(change: &Self::Change, defects: &Defects) -> Option<Self::Change> {
        missed(defects, change)
    }

    fn copy(&self, defects: &Defects) -> Self {
        let mut copy = self.clone();
        if defects.has(Defect::MigrationLosesRow) {
            copy.forget_last_row();
        }
        copy
    }
}

/// An open vnode.
pub(crate) struct Vnode {
    /// What it is.
    pub config: VnodeConfig,
    /// Replication with its peers.
    pub raft: Raft<VnodeData>,
    inserts: u64,
}

fn folder(id: i32) -> String {
    format!("vnode/vnode{id}")
}

fn durable(volume: &Volume, id: i32) -> Arc<Mutex<Durable<VnodeData>>> {
    volume.state(&format!("{}/wal", folder(id)))
}

fn config(volume: &Volume, id: i32) -> Arc<Mutex<Option<VnodeConfig>>> {
    volume.state(&format!("{}/vnode.json", folder(id)))
}

/// The vnodes that are on a volume.
pub(crate) fn stored_ids(volume: &Volume) -> Vec<i32> {
    let ids = volume.paths().into_iter().filter_map(|path| {
        let (id, file) = path.strip_prefix("vnode/vnode")?.split_once('/')?;
        if file == "vnode.json" { id.parse().ok() } else { None }
    });
    let mut ids: Vec<i32> = ids.collect();
    ids.sort_unstable();
    ids
}

/// The members of a vnode on the volume.
pub(crate) fn members(node: &Taosd, id: i32) -> Arc<[Member]> {
    durable(&node.host.volume, id).lock().unwrap_or_else(PoisonError::into_inner).members()
}

impl Vnode {
    /// Makes an empty vnode on the volume; one that is there already is left alone.
    pub fn create(node: &Taosd, new: &VnodeConfig) {
        let volume = &node.host.volume;
        let slot = config(volume, new.vg);
        {
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            if slot.is_some() {
                return;
            }
            *slot = Some(new.clone());
        }
        let durable = durable(volume, new.vg);
        let mut durable = durable.lock().unwrap_or_else(PoisonError::into_inner);
        durable.begin(Arc::clone(&new.members), VnodeData::new(new.precision, true));
        volume.write(&format!("{}/wal/meta-ver0", folder(new.vg)), "");
        show_log(volume, new.vg);
        write_config(node, new);
        write_list(node);
    }

    /// Opens a vnode of the volume.
    pub fn open(node: &Taosd, id: i32, me: i32) -> Option<Self> {
        let volume = &node.host.volume;
        let config = config(volume, id).lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        if node.host.world.defects.has(Defect::RestartLosesRow) {
            durable(volume, id).lock().unwrap_or_else(PoisonError::into_inner).machine.forget_last_row();
        }
        read_log(node, id);
        let raft = Raft::open(node, (id, me), Timing::VNODE, config.writes_through, durable(volume, id));
        Some(Self { config, raft, inserts: 0 })
    }

    /// Removes a vnode from the volume.
    pub fn remove(node: &Taosd, id: i32) {
        node.host.volume.remove(&folder(id));
        write_list(node);
    }

    /// Writes the members down if they have changed.
    pub fn keep_members(&mut self, node: &Taosd) {
        if *self.raft.members() != self.config.members {
            self.config.members = Arc::clone(self.raft.members());
            let stored = config(&node.host.volume, self.config.vg);
            *stored.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.config.clone());
            write_config(node, &self.config);
        }
    }

    /// What the status message says of it.
    pub fn load(&self) -> VnodeLoad {
        let tables = self.raft.look(VnodeData::table_count);
        VnodeLoad { vg: self.config.vg, role: self.raft.role(), tables }
    }

    /// Takes a write; the receiver gets the number of rows once a majority has it.
    pub fn write(
        &mut self,
        node: &Taosd,
        write: &Arc<Write>,
    ) -> Result<oneshot::Receiver<Result<u64, SqlError>>, SqlError> {
        if node.host.lacks_room() {
            return Err(codes::error(codes::NO_ENOUGH_DISKSPACE));
        }
        let write = planted(&node.host.world.defects, &mut self.inserts, write);
        self.raft.propose(node, write)
    }

    /// What a query reads here, if this vnode may answer.
    pub fn read<T>(&self, question: impl FnOnce(&VnodeData) -> T) -> Result<T, SqlError> {
        self.raft.check_readable()?;
        Ok(self.raft.look(question))
    }
}

fn log_file(id: i32) -> String {
    format!("{}/wal/00000000000000000000.log", folder(id))
}

fn log_bytes(durable: &Durable<VnodeData>) -> Vec<u8> {
    durable.last_entries(wal::SHOWN).flat_map(|entry| wal::record(format!("{entry:?}").as_bytes())).collect()
}

fn show_log(volume: &Volume, id: i32) {
    let source = durable(volume, id);
    let bytes = move || log_bytes(&source.lock().unwrap_or_else(PoisonError::into_inner));
    volume.write_made(&log_file(id), bytes);
}

/// Reads the write-ahead log if somebody has written to its file: it ends before what is damaged (`walMeta.c`).
fn read_log(node: &Taosd, id: i32) {
    let (volume, path, log) = (&node.host.volume, log_file(id), &node.host.log);
    let Some(bytes) = volume.overwritten(&path) else { return };
    let (lost, version) = {
        let durable = durable(volume, id);
        let mut durable = durable.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = durable.last_entries(wal::SHOWN).count().saturating_sub(wal::whole_records(&bytes));
        for _ in 0..lost {
            durable.lose_last(|data, write| data.take_back(write));
        }
        (lost, durable.last().0)
    };
    if lost > 0 {
        let file = format!("/var/lib/taos//{path}");
        let end = bytes.len();
        log.line(
            "WAL",
            format!("WARN vgId:{id}, failed to validate checksum of wal entry body. offset:{end}, file:{file}"),
        );
        log.line("WAL", format!("WARN vgId:{id}, repair meta truncate file {file}, last version {version}"));
    }
    show_log(volume, id);
}

fn write_config(node: &Taosd, config: &VnodeConfig) {
    let member = |member: &Member| {
        let (id, fqdn, port) = (member.id, &member.ep.fqdn, member.ep.port);
        let learner = if member.learner { ",\n\t\t\t\t\"isLearner\":\t1" } else { "" };
        format!(
            "{{\n\t\t\t\t\"nodePort\":\t{port},\n\t\t\t\t\"nodeFqdn\":\t\"{fqdn}\",\n\t\t\t\t\"nodeId\":\t{id}{learner}\n\t\t\t}}"
        )
    };
    let members: Vec<String> = config.members.iter().map(member).collect();
    let text = format!(
        "{{\n\t\"config\":\t{{\n\t\t\"vgId\":\t{},\n\t\t\"dbname\":\t\"1.{}\",\n\t\t\"syncCfg.replicaNum\":\t{},\n\t\t\
         \"syncCfg.nodeInfo\":\t[{}]\n\t}}\n}}\n",
        config.vg,
        config.db,
        config.members.len(),
        members.join(", ")
    );
    node.host.volume.write(&format!("{}/vnode.json", folder(config.vg)), text);
}

fn write_list(node: &Taosd) {
    let line = |id: &i32| format!("{{\n\t\t\t\"vgId\":\t{id},\n\t\t\t\"dropped\":\t0\n\t\t}}");
    let list: Vec<String> = stored_ids(&node.host.volume).iter().map(line).collect();
    node.host.volume.write("vnode/vnodes.json", format!("{{\n\t\"vnodes\":\t[{}]\n}}\n", list.join(", ")));
}
