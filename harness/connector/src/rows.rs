use jiff::{Timestamp, tz::TimeZone};
use seatrial_taos::{Kind, Reply, SqlError, kind, name_code};
use taos::taos_query::common::{Precision, Timestamp as TaosTime, Value};

/// Codes of the connector itself.
const OWN_CODES: std::ops::RangeInclusive<i32> = 0xe000..=0xefff;
/// The adapter's code for errors of its own.
const ADAPTER: i32 = 0xffff;

/// What the connector said against a call.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The server's own error.
    Sql(SqlError),
    /// The connector's.
    Own {
        /// Its code.
        code: i32,
        /// Its text.
        message: String,
        /// False if it said so before the statement was sent.
        sent: bool,
    },
}

impl Refusal {
    /// One of an attempt to connect, before any statement.
    pub(crate) fn unsent(error: taos::Error) -> Self {
        match Self::from(error) {
            Self::Own { code, message, .. } => Self::Own { code, message, sent: false },
            sql @ Self::Sql(_) => sql,
        }
    }
}

impl From<taos::Error> for Refusal {
    fn from(error: taos::Error) -> Self {
        let code = i32::from(error.code());
        let message = seatrial_record::clean(error.message().as_bytes());
        let low = code & 0xffff;
        match u16::try_from(low) {
            Ok(short) if low != ADAPTER && !OWN_CODES.contains(&low) => {
                Self::Sql(SqlError { code: Some(name_code(short)), text: message })
            }
            _ => Self::Own { code: low, message, sent: true },
        }
    }
}

/// The reply to a statement that changed so many rows.
pub(crate) fn changed(sql: &str, rows: i32) -> Reply {
    match kind(sql) {
        Kind::Write => Reply::Affected(u64::try_from(rows).unwrap_or_default()),
        _ => Reply::Done(String::new()),
    }
}

/// A cell as the other clients show it.
pub(crate) fn cell(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null(_) => return None,
        Value::Timestamp(time) => time_text(time),
        Value::VarChar(text) | Value::NChar(text) => text.clone(),
        other => format!("{other}"),
    };
    Some(seatrial_record::clean(text.as_bytes()))
}

/// `2026-11-23 05:31:32.146`, in UTC; a time that no calendar has is its number.
fn time_text(time: &TaosTime) -> String {
    let (per_second, digits) = match time.precision() {
        Precision::Millisecond => (1_000, 3),
        Precision::Microsecond => (1_000_000, 6),
        Precision::Nanosecond => (1_000_000_000, 9),
    };
    let raw = time.as_raw_i64();
    match Timestamp::from_second(raw.div_euclid(per_second)) {
        Ok(at) => {
            let civil = TimeZone::UTC.to_datetime(at);
            format!("{} {}.{:0digits$}", civil.date(), civil.time(), raw.rem_euclid(per_second))
        }
        Err(_) => raw.to_string(),
    }
}
