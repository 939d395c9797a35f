use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use seatrial_sim::{Defect, Defects, Volume};
use seatrial_sql::{
    SqlError, codes,
    storage::{VnodeData, Write},
};

use super::{
    sync::{Group, Reconfigured, StartError},
    taosd::Taosd,
    types::{Change, Role, VnodeConfig, VnodeLoad},
};
use crate::{planted_rows::planted, wal};

/// A vnode on its volume.
#[derive(Default)]
struct Stored {
    config: Option<VnodeConfig>,
    data: VnodeData,
    version: u64,
    inserts: u64,
    /// The last records of its write-ahead log.
    log: VecDeque<(u64, Arc<Write>)>,
}

impl Stored {
    fn note(&mut self, version: u64, write: &Arc<Write>) {
        if self.log.len() == wal::SHOWN {
            self.log.pop_front();
        }
        self.log.push_back((version, Arc::clone(write)));
    }

    fn log_bytes(&self) -> Vec<u8> {
        self.log.iter().flat_map(|entry| wal::record(format!("{entry:?}").as_bytes())).collect()
    }

    /// Forgets the records behind the first that its file does not have whole; how many there were.
    fn cut_log(&mut self, file: &[u8]) -> usize {
        let lost = self.log.len().saturating_sub(wal::whole_records(file));
        for _ in 0..lost {
            if let Some((version, write)) = self.log.pop_back() {
                self.data.take_back(&write);
                self.version = version.saturating_sub(1);
            }
        }
        lost
    }
}

/// An open vnode.
pub(crate) struct Vnode {
    stored: Arc<Mutex<Stored>>,
    /// What it works with; the file on the volume may already say more.
    pub config: VnodeConfig,
    /// Replication with its peers.
    pub group: Group,
    /// It is being dropped.
    pub closing: bool,
    /// Its configuration is being changed, for ever if the group's lock is lost.
    pub updating: bool,
}

fn folder(id: i32) -> String {
    format!("vnode/vnode{id}")
}

fn locked(stored: &Mutex<Stored>) -> std::sync::MutexGuard<'_, Stored> {
    stored.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The vnodes that are on a volume.
pub(crate) fn stored_ids(volume: &Volume) -> Vec<i32> {
    let ids = volume.paths().into_iter().filter_map(|path| {
        let rest = path.strip_prefix("vnode/vnode")?;
        let (id, file) = rest.split_once('/')?;
        if file == "config.json" { id.parse().ok() } else { None }
    });
    let mut ids: Vec<i32> = ids.collect();
    ids.sort_unstable();
    ids
}

impl Vnode {
    /// Makes an empty vnode on the volume; one that is there already is left alone.
    pub fn create(node: &Taosd, config: &VnodeConfig) {
        let path = folder(config.vg);
        let stored = node.host.volume.state::<Mutex<Stored>>(&path);
        {
            let mut stored = locked(&stored);
            if stored.config.is_none() {
                stored.data = VnodeData::new(config.precision, config.update);
                stored.config = Some(config.clone());
            }
        }
        write_config(node, config);
        node.host.write_through(|| wal::NEW_VNODE);
        show_log(&node.host.volume, config.vg, &stored);
        node.host.volume.write(&format!("{path}/tsdb/current"), "");
    }

    /// Opens a vnode of the volume. `Ok(None)` if there is none.
    pub fn open(node: &Taosd, id: i32) -> Result<Option<Self>, StartError> {
        let stored = node.host.volume.state::<Mutex<Stored>>(&folder(id));
        let (config, version) = {
            let mut stored = locked(&stored);
            let Some(config) = stored.config.clone() else { return Ok(None) };
            if node.host.world.defects.has(Defect::RestartLosesRow) {
                stored.data.forget_last_row();
            }
            (config, stored.version)
        };
        let version = read_log(node, id, &stored).unwrap_or(version);
        let log = &node.host.log;
        log.line("VND", format!("vgId:{id}, load vnode cfg successfully, replcia:{}", config.members.len()));
        for member in &config.members {
            let (dnode, fqdn, port) = (member.id, &member.ep.fqdn, member.ep.port + super::types::SYNC_PORT);
            log.line("VND", format!("vgId:{id}, dnode:{dnode}, {fqdn}:{port}"));
        }
        let group = Group::start(node, id, &config.members, version)?;
        Ok(Some(Self { stored, config, group, closing: false, updating: false }))
    }

    /// Its vgroup.
    pub fn id(&self) -> i32 {
        self.config.vg
    }

    /// What the status message says of it.
    pub fn load_report(&self) -> VnodeLoad {
        VnodeLoad {
            vg: self.config.vg,
            role: self.group.role(),
            version: self.group.version(),
            db_version: self.config.db_version,
            vg_version: self.config.vg_version,
            replica: self.config.members.len(),
        }
    }

    /// Changes its configuration. The file is written first, and stays written if the rest fails.
    pub fn alter(&mut self, node: &Taosd, config: &VnodeConfig) -> Result<Reconfigured, i32> {
        if (config.db_version, config.vg_version) == (self.config.db_version, self.config.vg_version) {
            return Ok(Reconfigured::Done);
        }
        {
            let mut stored = locked(&self.stored);
            stored.config = Some(config.clone());
            let _ = stored.data.apply(&Write::SetUpdate { update: config.update });
        }
        write_config(node, config);
        if config.members == self.config.members {
            self.config = config.clone();
            return Ok(Reconfigured::Done);
        }
        if self.updating || self.group.is_receiving() {
            // Not ready for it; the mnode will send the same order again.
            return Ok(Reconfigured::Done);
        }
        let done = self.group.reconfigure(node, &config.members);
        match done {
            Reconfigured::Done => self.config = config.clone(),
            Reconfigured::Unresolved => return Err(SYN_INVALID_CONFIG),
            Reconfigured::Blocked => {
                self.config = config.clone();
                self.updating = true;
            }
        }
        Ok(done)
    }

    /// Takes a write from a client or from the mnode, and sends it to the slaves: how many rows, and how long the disk takes
    /// if whoever sent it waits for that.
    pub fn write(&mut self, node: &Taosd, write: &Arc<Write>) -> Result<(u64, Duration), SqlError> {
        let own = node.ep == self.config.members.last().map_or_else(|| node.ep.clone(), |member| member.ep.clone());
        if self.config.db_replica != self.config.members.len() && own {
            return Err(SqlError::of(codes::VND_IS_BALANCING));
        }
        if self.closing || self.updating || self.group.role() != Role::Master {
            return Err(SqlError::of(codes::APP_NOT_READY));
        }
        let (written, version, write) = {
            let mut stored = locked(&self.stored);
            let planted = planted(&node.host.world.defects, &mut stored.inserts, write);
            let stored_rows = stored.data.apply(&planted)?;
            let written = if let Write::Insert { rows, .. } = &**write { rows.len() as u64 } else { stored_rows };
            let write = planted;
            stored.version += 1;
            let version = stored.version;
            stored.note(version, &write);
            (written, stored.version, write)
        };
        let through = self.config.writes_through;
        let takes = if through { node.host.write_through(|| wal::bytes(&write)) } else { Duration::ZERO };
        self.group.forward(node, version, &Change::Vnode(write));
        Ok((written, takes))
    }

    /// Applies a write that the master has sent.
    pub fn follow(&mut self, version: u64, write: &Arc<Write>) {
        let mut stored = locked(&self.stored);
        // The master has applied it, so it applies here too.
        let _ = stored.data.apply(write);
        stored.version = version;
        stored.note(version, write);
    }

    /// Replaces all data by the master's.
    pub fn install(&mut self, data: &VnodeData, version: u64) {
        let mut stored = locked(&self.stored);
        stored.data = data.clone();
        stored.version = version;
        stored.log.clear();
    }

    /// All data, for a replica that lacks them.
    pub fn copy_out(&self, defects: &Defects) -> (VnodeData, u64) {
        let stored = locked(&self.stored);
        let mut data = stored.data.clone();
        if defects.has(Defect::MigrationLosesRow) {
            data.forget_last_row();
        }
        (data, stored.version)
    }

    /// The data, if this vnode may answer a query.
    pub fn read<T>(&self, query: impl FnOnce(&VnodeData) -> T) -> Result<T, SqlError> {
        if self.closing || self.updating || self.group.role() != Role::Master {
            return Err(SqlError::of(codes::APP_NOT_READY));
        }
        Ok(query(&locked(&self.stored).data))
    }

    /// Moves the folder of a dropped vnode out of the way.
    pub fn back_up(node: &Taosd, id: i32) {
        node.host.volume.remove(&folder(id));
        node.host.volume.write(&format!("vnode_bak/vnode{id}/config.json"), "");
    }
}

fn log_file(id: i32) -> String {
    format!("{}/wal/wal0", folder(id))
}

fn show_log(volume: &Volume, id: i32, stored: &Arc<Mutex<Stored>>) {
    let source = Arc::clone(stored);
    volume.write_made(&log_file(id), move || locked(&source).log_bytes());
}

/// Reads the write-ahead log if somebody has written to its file: what is damaged is cut off, and lost (`walWrite.c`). The
/// version that is left.
fn read_log(node: &Taosd, id: i32, stored: &Arc<Mutex<Stored>>) -> Option<u64> {
    let (volume, path, log) = (&node.host.volume, log_file(id), &node.host.log);
    let bytes = volume.overwritten(&path)?;
    let (lost, version) = {
        let mut stored = locked(stored);
        (stored.cut_log(&bytes), stored.version)
    };
    if lost > 0 {
        let file = format!("/var/lib/taos/{path}");
        log.line("WAL", format!("ERROR vgId:{id}, file:{file}, wal whole cksum is messed up, hver:{}", version + 1));
        log.line("WAL", format!("ERROR vgId:{id}, read to end of corrupted wal file, offset:{}", bytes.len()));
    }
    show_log(volume, id, stored);
    Some(version)
}

/// `Invalid Sync configuration`: the code that the log prints when a vnode cannot be altered.
pub(crate) const SYN_INVALID_CONFIG: i32 = codes::full(0x0900);

fn write_config(node: &Taosd, config: &VnodeConfig) {
    let members = config
        .members
        .iter()
        .map(|member| format!("    {{\n      \"nodeId\": {},\n      \"nodeEp\": \"{}\"\n    }}", member.id, member.ep));
    let text = format!(
        "{{\n  \"db\": \"{}\",\n  \"cfgVersion\": {},\n  \"vgCfgVersion\": {},\n  \"dbReplica\": {},\n  \"vgReplica\": {},\n  \
         \"nodeInfos\": [\n{}\n  ]\n}}\n",
        config.db,
        config.db_version,
        config.vg_version,
        config.db_replica,
        config.members.len(),
        members.collect::<Vec<_>>().join(",\n")
    );
    node.host.volume.write(&format!("{}/config.json", folder(config.vg)), text);
}
