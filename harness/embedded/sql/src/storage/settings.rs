use serde::{Deserialize, Serialize};

use crate::{Precision, SqlError, ast::DatabaseOptions, codes, parse::invalid};

/// What a database says about the times of its rows.
pub trait TimeRange {
    /// Unit of timestamps.
    fn precision(&self) -> Precision;

    /// The oldest and the newest time that an insert may have at `now`, in units of the precision.
    fn time_range(&self, now: i64) -> (i64, i64);
}

/// What a database is set to: 2.1.1.0's defaults, overridden by `create database` and `alter database`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseSettings {
    /// Copies of each vgroup.
    pub replica: u32,
    /// Acknowledgements that a write waits for.
    pub quorum: u32,
    /// Days of data in one file.
    pub days: u32,
    /// Days that data are kept on the first, the second and the last level of storage, the last being the longest.
    pub keep: [u32; 3],
    /// Megabytes in a cache block.
    pub cache: u32,
    /// Cache blocks in a vnode.
    pub blocks: u32,
    /// Least rows in a file block.
    pub min_rows: u32,
    /// Most rows in a file block.
    pub max_rows: u32,
    /// Write-ahead log level.
    pub wal: u32,
    /// Milliseconds between syncs of the write-ahead log.
    pub fsync: u32,
    /// Compression level.
    pub comp: u32,
    /// Whether last rows are cached.
    pub cache_last: u32,
    /// Unit of timestamps.
    pub precision: Precision,
    /// 1: a row replaces an older one of the same time.
    pub update: u32,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            replica: 1,
            quorum: 1,
            days: 10,
            keep: [3650; 3],
            cache: 16,
            blocks: 6,
            min_rows: 100,
            max_rows: 4096,
            wal: 1,
            fsync: 3000,
            comp: 2,
            cache_last: 0,
            precision: Precision::Milli,
            update: 0,
        }
    }
}

impl DatabaseSettings {
    /// True if each write is on the disk before it is acknowledged.
    pub fn writes_through(&self) -> bool {
        self.wal == 2 && self.fsync == 0
    }

    /// The settings of `create database` with `options` on a server whose own defaults are `self`.
    ///
    /// The caller checks that there are as many dnodes as replicas
    /// ([`codes::MND_INVALID_DB_OPTION`] if not).
    pub fn with(&self, options: &DatabaseOptions) -> Result<Self, SqlError> {
        self.apply(options, None)
    }

    /// The settings after `alter database` with `options`.
    ///
    /// The caller checks that there are as many dnodes as replicas ([`codes::MND_NO_ENOUGH_DNODES`] if not).
    pub fn altered(&self, options: &DatabaseOptions) -> Result<Self, SqlError> {
        let new = self.apply(options, Some(self.keep))?;
        // Nor can copies be taken away two at a time.
        if new.update != self.update || self.replica.saturating_sub(new.replica) >= 2 {
            return Err(SqlError::of(codes::MND_INVALID_DB_OPTION));
        }
        Ok(new)
    }

    fn apply(&self, options: &DatabaseOptions, old_keep: Option<[u32; 3]>) -> Result<Self, SqlError> {
        let bad = || SqlError::of(codes::MND_INVALID_DB_OPTION);
        let pick = |value: Option<i64>, old: u32, low: i64, high: i64| match value {
            None => Ok(old),
            Some(value) if (low..=high).contains(&value) => u32::try_from(value).map_err(|_| bad()),
            Some(_) => Err(bad()),
        };
        let mut new = self.clone();
        new.cache = pick(options.cache, self.cache, 1, 128)?;
        new.blocks = pick(options.blocks, self.blocks, 3, 10_000)?;
        new.days =
            pick(options.days, self.days, 1, 3_650).map_err(|_| SqlError::of(codes::MND_INVALID_DB_OPTION_DAYS))?;
        let [.., longest] = self.keep;
        new.keep = keep(options, old_keep, longest, new.days)?;
        new.max_rows = pick(options.max_rows, self.max_rows, 200, 10_000)?;
        new.min_rows = pick(options.min_rows, self.min_rows, 10, 1_000)?;
        if new.min_rows > new.max_rows {
            return Err(bad());
        }
        new.comp = pick(options.comp, self.comp, 0, 2)?;
        new.wal = pick(options.wal, self.wal, 0, 2)?;
        new.fsync = pick(options.fsync, self.fsync, 0, 180_000)?;
        new.replica = pick(options.replica, self.replica, 1, 3)?;
        new.quorum = pick(options.quorum, self.quorum.min(new.replica), 1, 2)?;
        if new.quorum > new.replica {
            return Err(bad());
        }
        new.update = pick(options.update, self.update, 0, 1)?;
        new.cache_last = pick(options.cache_last, self.cache_last, 0, 1)?;
        new.precision = options.precision.unwrap_or(self.precision);
        Ok(new)
    }

    /// `keep0,keep1,keep(D)` as `show databases` prints it.
    pub fn keep_text(&self) -> String {
        let [first, second, last] = self.keep;
        format!("{first},{second},{last}")
    }
}

impl TimeRange for DatabaseSettings {
    fn precision(&self) -> Precision {
        self.precision
    }

    fn time_range(&self, now: i64) -> (i64, i64) {
        let day = self.precision.per_milli().saturating_mul(86_400_000);
        let [.., keep] = self.keep;
        (
            now.saturating_sub(day.saturating_mul(i64::from(keep))),
            now.saturating_add(day.saturating_mul(i64::from(self.days))),
        )
    }
}

/// The longest time comes first, then that of the first level of storage, then that of the second. What is not written
/// is `old`, or the longest time if that is not given either.
fn keep(options: &DatabaseOptions, old: Option<[u32; 3]>, default: u32, days: u32) -> Result<[u32; 3], SqlError> {
    let bad = || SqlError::of(codes::MND_INVALID_DB_OPTION_KEEP);
    let mut numbers = Vec::new();
    for value in &options.keep {
        numbers.push(u32::try_from(*value).ok().filter(|value| (1..=365_000).contains(value)).ok_or_else(bad)?);
    }
    if numbers.len() > 3 {
        return Err(invalid("invalid number of options"));
    }
    let last = numbers.first().copied().or(old.map(|[.., last]| last)).unwrap_or(default);
    let first = numbers.get(1).copied().or(old.map(|[first, ..]| first)).unwrap_or(last);
    let second = numbers.get(2).copied().or(old.map(|[_, second, _]| second)).unwrap_or(last);
    if last < days || second > last || first > second {
        return Err(bad());
    }
    Ok([first, second, last])
}
