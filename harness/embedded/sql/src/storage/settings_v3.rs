use serde::{Deserialize, Serialize};

use super::TimeRange;
use crate::{Dialect, Precision, SqlError, Value, ast::DatabaseOptions, codes::v3};

const DAY: u32 = 1_440;

/// What a database of 3.x is set to: the defaults of 3.0.7.1 and 3.3.0.1, overridden by `create database` and
/// `alter database`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseSettingsV3 {
    /// Vgroups that it begins with.
    pub vgroups: u32,
    /// Copies of each vgroup: 1 or 3.
    pub replica: u32,
    /// Minutes of data in one file.
    pub duration: u32,
    /// Minutes that data are kept on the first, the second and the last level of storage.
    pub keep: [u32; 3],
    /// Megabytes that a vnode has for writes.
    pub buffer: u32,
    /// Kilobytes of a page.
    pub page_size: u32,
    /// Pages of a vnode's cache of tables.
    pub pages: u32,
    /// Least rows in a block.
    pub min_rows: u32,
    /// Most rows in a block.
    pub max_rows: u32,
    /// Compression level.
    pub comp: u32,
    /// Unit of timestamps.
    pub precision: Precision,
    /// True if it has one super table only.
    pub single_stable: bool,
    /// What is cached of last rows: `none`, `last_row`, `last_value`, `both`.
    pub cache_model: String,
    /// Megabytes for that.
    pub cache_size: u32,
    /// Write-ahead log level.
    pub wal_level: u32,
    /// Milliseconds between syncs of the write-ahead log.
    pub wal_fsync_period: u32,
    /// Seconds that the write-ahead log is kept for subscriptions.
    pub wal_retention_period: i64,
    /// Kilobytes of it that are kept.
    pub wal_retention_size: i64,
    /// Files that are merged at once.
    pub stt_trigger: u32,
    /// Letters of a table's name that count when its vgroup is chosen.
    pub table_prefix: i64,
    /// Letters at its end.
    pub table_suffix: i64,
    /// Kilobytes of a page of the time series.
    pub tsdb_page_size: u32,
}

impl DatabaseSettingsV3 {
    /// True if each write is on the disk before it is acknowledged.
    pub fn writes_through(&self) -> bool {
        self.wal_level == 2 && self.wal_fsync_period == 0
    }

    /// The defaults of a dialect.
    pub fn defaults(dialect: Dialect) -> Self {
        Self {
            vgroups: 2,
            replica: 1,
            duration: 10 * DAY,
            keep: [3_650 * DAY; 3],
            buffer: 256,
            page_size: 4,
            pages: 256,
            min_rows: 100,
            max_rows: 4_096,
            comp: 2,
            precision: Precision::Milli,
            single_stable: false,
            cache_model: "none".to_owned(),
            cache_size: 1,
            wal_level: 1,
            wal_fsync_period: 3_000,
            wal_retention_period: 3_600,
            wal_retention_size: 0,
            stt_trigger: if dialect >= Dialect::V3_3 { 2 } else { 1 },
            table_prefix: 0,
            table_suffix: 0,
            tsdb_page_size: 4,
        }
    }

    /// The settings of `create database` with `options`, which the parser has checked as far as the client does.
    pub fn with(&self, options: &DatabaseOptions) -> Result<Self, SqlError> {
        let new = self.apply(options)?;
        // An arbitrator, without which two copies cannot agree, is an enterprise feature.
        if new.replica == 2 || new.min_rows > new.max_rows || new.keep[0] < new.duration {
            return Err(v3::error(v3::MND_INVALID_DB_OPTION));
        }
        Ok(new)
    }

    /// The settings after `alter database` with `options`. The caller checks that there are enough dnodes
    /// ([`v3::MND_NO_ENOUGH_DNODES`] if not).
    pub fn altered(&self, options: &DatabaseOptions) -> Result<Self, SqlError> {
        let fixed = [
            options.vgroups,
            options.duration,
            options.max_rows,
            options.comp,
            options.page_size,
            options.tsdb_page_size,
            options.single_stable,
            options.table_prefix,
            options.table_suffix,
        ];
        if options.precision.is_some() || fixed.iter().any(Option::is_some) {
            return Err(v3::error(v3::MND_INVALID_DB_OPTION));
        }
        let new = self.with(options)?;
        if new == *self { Err(v3::error(v3::MND_DB_OPTION_UNCHANGED)) } else { Ok(new) }
    }

    fn apply(&self, options: &DatabaseOptions) -> Result<Self, SqlError> {
        let number = |value: Option<i64>, old: u32| match value {
            None => Ok(old),
            Some(value) => u32::try_from(value).map_err(|_| v3::error(v3::MND_INVALID_DB_OPTION)),
        };
        let mut keep = self.keep;
        if let Some(first) = options.keep_minutes.first() {
            let second = options.keep_minutes.get(1).unwrap_or(first);
            let last = options.keep_minutes.get(2).unwrap_or(second);
            for (slot, minutes) in keep.iter_mut().zip([first, second, last]) {
                *slot = number(Some(*minutes), 0)?;
            }
        }
        Ok(Self {
            vgroups: number(options.vgroups, self.vgroups)?,
            replica: number(options.replica, self.replica)?,
            duration: number(options.duration, self.duration)?,
            keep,
            buffer: number(options.buffer, self.buffer)?,
            page_size: number(options.page_size, self.page_size)?,
            pages: number(options.pages, self.pages)?,
            min_rows: number(options.min_rows, self.min_rows)?,
            max_rows: number(options.max_rows, self.max_rows)?,
            comp: number(options.comp, self.comp)?,
            precision: options.precision.unwrap_or(self.precision),
            single_stable: options.single_stable.map_or(self.single_stable, |value| value == 1),
            cache_model: options.cache_model.clone().unwrap_or_else(|| self.cache_model.clone()),
            cache_size: number(options.cache_size, self.cache_size)?,
            wal_level: number(options.wal, self.wal_level)?,
            wal_fsync_period: number(options.fsync, self.wal_fsync_period)?,
            wal_retention_period: options.wal_retention_period.unwrap_or(self.wal_retention_period),
            wal_retention_size: options.wal_retention_size.unwrap_or(self.wal_retention_size),
            stt_trigger: number(options.stt_trigger, self.stt_trigger)?,
            table_prefix: options.table_prefix.unwrap_or(self.table_prefix),
            table_suffix: options.table_suffix.unwrap_or(self.table_suffix),
            tsdb_page_size: number(options.tsdb_page_size, self.tsdb_page_size)?,
        })
    }

    /// The row of `ins_databases`, in the order of its columns. `status` is `ready`, `creating` or `dropping`.
    pub fn row(&self, dialect: Dialect, name: &str, created: i64, tables: i64, status: &str) -> Vec<Value> {
        let number = |value: u32| Value::Int(value.into());
        let mut row = vec![
            Value::text(name),
            Value::Timestamp(created),
            number(self.vgroups),
            Value::Int(tables),
            number(self.replica),
            Value::text("on"),
            Value::Text(format!("{}m", self.duration)),
            Value::Text(self.keep_text()),
            number(self.buffer),
            number(self.page_size),
            number(self.pages),
            number(self.min_rows),
            number(self.max_rows),
            number(self.comp),
            Value::text(self.precision.name()),
            Value::text(status),
            Value::Null,
            Value::Bool(self.single_stable),
            Value::text(self.cache_model.as_str()),
            number(self.cache_size),
            number(self.wal_level),
            number(self.wal_fsync_period),
            Value::Int(self.wal_retention_period),
            Value::Int(self.wal_retention_size),
            number(self.stt_trigger),
            Value::Int(self.table_prefix),
            Value::Int(self.table_suffix),
            number(self.tsdb_page_size),
        ];
        if dialect >= Dialect::V3_3 {
            // What belongs to object storage, arbitration and encryption: the defaults.
            let (zero, none) = (Value::Int(0), Value::text("none"));
            row.extend([zero.clone(), Value::Int(262_144), Value::text("5256000m"), zero.clone(), zero, none]);
        }
        row
    }

    /// `5256000m,5256000m,5256000m`
    fn keep_text(&self) -> String {
        self.keep.map(|minutes| format!("{minutes}m")).join(",")
    }

    /// The row of `show create database`'s second column.
    pub fn create_text(&self, name: &str) -> String {
        format!(
            "CREATE DATABASE `{name}` BUFFER {} CACHESIZE {} CACHEMODEL '{}' COMP {} DURATION {}m WAL_FSYNC_PERIOD {} \
             MAXROWS {} MINROWS {} STT_TRIGGER {} KEEP {} PAGES {} PAGESIZE {} PRECISION '{}' REPLICA {} WAL_LEVEL {} \
             VGROUPS {} SINGLE_STABLE {} TABLE_PREFIX {} TABLE_SUFFIX {} TSDB_PAGESIZE {} WAL_RETENTION_PERIOD {} \
             WAL_RETENTION_SIZE {}",
            self.buffer,
            self.cache_size,
            self.cache_model,
            self.comp,
            self.duration,
            self.wal_fsync_period,
            self.max_rows,
            self.min_rows,
            self.stt_trigger,
            self.keep_text(),
            self.pages,
            self.page_size,
            self.precision.name(),
            self.replica,
            self.wal_level,
            self.vgroups,
            u8::from(self.single_stable),
            self.table_prefix,
            self.table_suffix,
            self.tsdb_page_size,
            self.wal_retention_period,
            self.wal_retention_size,
        )
    }
}

impl TimeRange for DatabaseSettingsV3 {
    fn precision(&self) -> Precision {
        self.precision
    }

    fn time_range(&self, now: i64) -> (i64, i64) {
        let minute = self.precision.per_milli().saturating_mul(60_000);
        let [.., keep] = self.keep;
        // The last time that 3.x takes, whatever the database keeps.
        let newest = match self.precision {
            Precision::Milli => 31_556_995_200_000,
            Precision::Micro => 31_556_995_200_000_000,
            Precision::Nano => 9_214_646_400_000_000_000,
        };
        (now.saturating_sub(minute.saturating_mul(keep.into())), newest)
    }
}
