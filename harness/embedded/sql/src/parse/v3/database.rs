use super::{Cursor, Kind, Parsed, bad_name, table::if_not_exists};
use crate::{
    Dialect, Precision,
    ast::{DatabaseOptions, Statement},
    codes::v3,
};

/// Names of databases have at most this many bytes.
const LONGEST_NAME: usize = 64;
const MINUTES_OF_A_DAY: i64 = 1_440;

pub(super) fn create(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let if_not_exists = if_not_exists(cursor)?;
    let name = name(cursor)?;
    let options = options(cursor)?;
    check(&options, cursor.dialect())?;
    Ok(Statement::CreateDatabase { name, if_not_exists, options })
}

pub(super) fn alter(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let name = name(cursor)?;
    if cursor.at_end() {
        return Err(cursor.unexpected());
    }
    let options = options(cursor)?;
    check(&options, cursor.dialect())?;
    Ok(Statement::AlterDatabase { name, options })
}

fn name(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let name = cursor.name()?;
    if name.len() > LONGEST_NAME { Err(bad_name(&name)) } else { Ok(name) }
}

fn options(cursor: &mut Cursor<'_>) -> Parsed<DatabaseOptions> {
    let mut options = DatabaseOptions::default();
    while !cursor.at_end() {
        if !number(cursor, &mut options)? && !other(cursor, &mut options)? {
            return Err(cursor.unexpected());
        }
    }
    Ok(options)
}

/// The options that are whole numbers.
fn number(cursor: &mut Cursor<'_>, options: &mut DatabaseOptions) -> Parsed<bool> {
    let all: [(&str, &mut Option<i64>); 18] = [
        ("replica", &mut options.replica),
        ("vgroups", &mut options.vgroups),
        ("buffer", &mut options.buffer),
        ("pages", &mut options.pages),
        ("pagesize", &mut options.page_size),
        ("tsdb_pagesize", &mut options.tsdb_page_size),
        ("cachesize", &mut options.cache_size),
        ("minrows", &mut options.min_rows),
        ("maxrows", &mut options.max_rows),
        ("comp", &mut options.comp),
        ("wal_level", &mut options.wal),
        ("wal_fsync_period", &mut options.fsync),
        ("wal_retention_period", &mut options.wal_retention_period),
        ("wal_retention_size", &mut options.wal_retention_size),
        ("single_stable", &mut options.single_stable),
        ("stt_trigger", &mut options.stt_trigger),
        ("table_prefix", &mut options.table_prefix),
        ("table_suffix", &mut options.table_suffix),
    ];
    let Some((_, slot)) = all.into_iter().find(|(word, _)| cursor.take(word)) else { return Ok(false) };
    *slot = Some(super::table::signed_integer(cursor)?);
    Ok(true)
}

fn other(cursor: &mut Cursor<'_>, options: &mut DatabaseOptions) -> Parsed<bool> {
    if cursor.take("precision") {
        let text = text(cursor)?;
        options.precision = Some(match text.as_str() {
            "ms" => Precision::Milli,
            "us" => Precision::Micro,
            "ns" => Precision::Nano,
            _ => return Err(v3::option_values("precision", text, "ms, us, ns")),
        });
    } else if cursor.take("cachemodel") {
        let text = text(cursor)?;
        if !["none", "last_row", "last_value", "both"].contains(&text.as_str()) {
            return Err(v3::option_values("cacheModel", text, "none, last_row, last_value, both"));
        }
        options.cache_model = Some(text);
    } else if cursor.take("strict") {
        // Without effect since 3.0.
        text(cursor)?;
    } else if cursor.take("duration") {
        options.duration = Some(minutes(cursor)?);
    } else if cursor.take("keep") {
        options.keep_minutes = vec![minutes(cursor)?];
        while cursor.take(",") {
            options.keep_minutes.push(minutes(cursor)?);
        }
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn text(cursor: &mut Cursor<'_>) -> Parsed<String> {
    if cursor.peek().kind != Kind::Text {
        return Err(cursor.unexpected());
    }
    Ok(cursor.name_as_written()?.to_lowercase())
}

/// A number of days, or a time with its unit: `10`, `10d`, `240h`, `14400m`.
fn minutes(cursor: &mut Cursor<'_>) -> Parsed<i64> {
    let token = cursor.peek();
    if token.kind != Kind::Duration {
        return Ok(cursor.integer()?.saturating_mul(MINUTES_OF_A_DAY));
    }
    let text = cursor.text_of(token);
    let Some((digits, unit)) = text.split_at_checked(text.len() - 1) else { return Err(cursor.unexpected()) };
    let each = match unit {
        "m" => 1,
        "h" => 60,
        "d" => MINUTES_OF_A_DAY,
        _ => return Err(cursor.unexpected()),
    };
    cursor.next();
    Ok(digits.parse::<i64>().unwrap_or(i64::MAX).saturating_mul(each))
}

/// What the client library checks itself; the mnode checks the rest.
fn check(options: &DatabaseOptions, dialect: Dialect) -> Parsed<()> {
    let ranges = [
        (options.buffer, "buffer", 3, 16_384),
        (options.cache_size, "cacheSize", 1, 65_536),
        (options.comp, "compression", 0, 2),
        (options.fsync, "fsyncPeriod", 0, 180_000),
        (options.max_rows, "maxRowsPerBlock", 200, 10_000),
        (options.min_rows, "minRowsPerBlock", 10, 1_000),
        (options.pages, "pages", 64, 16_384),
        (options.page_size, "pagesize", 1, 16_384),
        (options.tsdb_page_size, "tsdbPageSize", 1, 16_384),
        (options.stt_trigger, "sttTrigger", 1, 16),
        (options.vgroups, "vgroups", 1, 1_024),
    ];
    for (value, name, low, high) in ranges {
        if let Some(value) = value.filter(|value| !(low..=high).contains(value)) {
            return Err(v3::option_range(name, value, (low, high)));
        }
    }
    if let Some(level) = options.wal.filter(|level| !(1..=2).contains(level)) {
        return Err(v3::option_values("walLevel", level, "1, 2"));
    }
    if let Some(single) = options.single_stable.filter(|single| !(0..=1).contains(single)) {
        return Err(v3::option_values("singleStable", single, "0, 1"));
    }
    if let Some(replica) = options.replica {
        // From 3.3 on two are possible with an arbitrator; without one the mnode refuses them.
        if dialect >= Dialect::V3_3 && !(1..=3).contains(&replica) {
            return Err(v3::option_range("replications", replica, (1, 3)));
        }
        if dialect < Dialect::V3_3 && replica != 1 && replica != 3 {
            return Err(v3::option_values("replications", replica, "1, 3"));
        }
    }
    check_keep(options)
}

fn check_keep(options: &DatabaseOptions) -> Parsed<()> {
    let (shortest, longest) = (MINUTES_OF_A_DAY, 365_000 * MINUTES_OF_A_DAY);
    if let Some(days) = options.duration.filter(|minutes| !(60..=3_650 * MINUTES_OF_A_DAY).contains(minutes)) {
        let range = format!("Invalid option daysPerFile: {days}m valid range: [60m, 5256000m]");
        return Err(crate::SqlError::new(v3::PAR_INVALID_DB_OPTION, range));
    }
    let keep = &options.keep_minutes;
    if keep.len() > 3 {
        return Err(crate::SqlError::new(v3::PAR_INVALID_DB_OPTION, "Invalid number of keep options"));
    }
    let named = ["keep0", "keep1", "keep2"];
    for (value, name) in keep.iter().zip(named) {
        if !(shortest..=longest).contains(value) {
            let text = format!("Invalid option keep: {name}: {value} minutes valid range: [{shortest}m, {longest}m]");
            return Err(crate::SqlError::new(v3::PAR_INVALID_DB_OPTION, text));
        }
    }
    if !keep.is_sorted() {
        let text = "Invalid keep value, should be keep0 <= keep1 <= keep2";
        return Err(crate::SqlError::new(v3::PAR_INVALID_DB_OPTION, text));
    }
    let short = options.duration.zip(keep.first()).is_some_and(|(duration, first)| *first < duration);
    if short {
        let text = "Invalid duration value, should be keep2 >= keep1 >= keep0 >= duration";
        return Err(crate::SqlError::new(v3::PAR_INVALID_DB_OPTION, text));
    }
    Ok(())
}
