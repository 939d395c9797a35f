use seatrial_sim::Defect;
use seatrial_sql::{SqlError, ast::DatabaseOptions, codes, storage::DatabaseSettings};

use super::{master::Mnode, sdb::DatabaseRow};
use crate::v2::taosd::Taosd;

impl Mnode {
    /// `create database`
    pub fn create_database(
        &mut self,
        node: &Taosd,
        name: &str,
        if_not_exists: bool,
        options: &DatabaseOptions,
    ) -> Result<(), SqlError> {
        let settings = default_settings(node).with(options)?;
        if self.sdb.databases.contains_key(name) {
            return if if_not_exists { Ok(()) } else { Err(SqlError::of(codes::MND_DB_ALREADY_EXIST)) };
        }
        let settings = self.checked(node, settings)?;
        let created = node.host.now_ms();
        self.commit(node, |sdb| {
            sdb.databases.insert(name.to_owned(), DatabaseRow { created, settings, version: 0 });
        });
        Ok(())
    }

    /// `alter database`
    pub fn alter_database(&mut self, node: &Taosd, name: &str, options: &DatabaseOptions) -> Result<(), SqlError> {
        let row = self.sdb.databases.get(name).ok_or_else(|| SqlError::of(codes::MND_INVALID_DB))?;
        let settings = row.settings.with(options)?;
        if settings.replica as usize > self.sdb.dnodes.len() {
            return Err(SqlError::of(codes::MND_NO_ENOUGH_DNODES));
        }
        let settings = self.checked(node, settings)?;
        let fixed = &row.settings;
        if settings.days != fixed.days || settings.precision != fixed.precision || settings.cache != fixed.cache {
            return Err(SqlError::of(codes::MND_INVALID_DB_OPTION));
        }
        self.commit(node, |sdb| {
            if let Some(row) = sdb.databases.get_mut(name) {
                row.settings = settings;
                row.version += 1;
            }
        });
        let of_it = self.sdb.vgroups.iter().filter(|(_, row)| row.db == name).map(|(vg, _)| *vg);
        for vg in of_it.collect::<Vec<_>>() {
            self.send_alter(node, vg);
        }
        self.look_in(node, 500);
        Ok(())
    }

    /// `drop database`
    pub fn drop_database(&mut self, node: &Taosd, name: &str, if_exists: bool) -> Result<(), SqlError> {
        if !self.sdb.databases.contains_key(name) {
            return if if_exists { Ok(()) } else { Err(SqlError::of(codes::MND_INVALID_DB)) };
        }
        let of_it = self.sdb.vgroups.iter().filter(|(_, row)| row.db == name).map(|(vg, _)| *vg);
        for vg in of_it.collect::<Vec<_>>() {
            self.drop_vgroup(node, vg);
        }
        self.commit(node, |sdb| {
            sdb.databases.remove(name);
            sdb.stables.retain(|(db, _), _| db != name);
            sdb.tables.retain(|(db, _), _| db != name);
        });
        self.look_in(node, 500);
        Ok(())
    }

    fn checked(&self, node: &Taosd, mut settings: DatabaseSettings) -> Result<DatabaseSettings, SqlError> {
        if node.host.world.defects.has(Defect::ReplicaIgnored) {
            settings.replica = 1;
        }
        if settings.replica as usize > self.sdb.dnodes.len() {
            return Err(SqlError::of(codes::MND_INVALID_DB_OPTION));
        }
        Ok(settings)
    }
}

/// What the configuration file says of new databases.
fn default_settings(node: &Taosd) -> DatabaseSettings {
    let config = &node.host.config;
    let number = |name, default: u32, low, high| {
        u32::try_from(config.number(name, i64::from(default), low, high)).unwrap_or(default)
    };
    let standard = DatabaseSettings::default();
    DatabaseSettings {
        replica: number("replica", standard.replica, 1, 3),
        quorum: number("quorum", standard.quorum, 1, 2),
        days: number("days", standard.days, 1, 3_650),
        keep: [number("keep", standard.keep[0], 1, 365_000); 3],
        cache: number("cache", standard.cache, 1, 128),
        blocks: number("blocks", standard.blocks, 3, 10_000),
        min_rows: number("minRows", standard.min_rows, 10, 1_000),
        max_rows: number("maxRows", standard.max_rows, 200, 10_000),
        wal: number("walLevel", standard.wal, 0, 2),
        fsync: number("fsync", standard.fsync, 0, 180_000),
        comp: number("comp", standard.comp, 0, 2),
        ..standard
    }
}
