use jiff::{Timestamp, tz::TimeZone};

use super::{Connector, output::Output};
use crate::codes;

/// `taos -n startup`: asks how far a server's start has come, and says so in lines of the log.
pub(super) async fn check(
    output: &mut Output,
    connector: &dyn Connector,
    now: &(dyn Fn() -> Timestamp + Send + Sync),
    host: (Option<&str>, &str),
    port: (Option<u16>, u16),
) {
    let name = host.0.unwrap_or(host.1);
    output.out(&format!("{} UTL check startup, host:{name} port:{}\n\n", stamp(now()), port.0.unwrap_or(port.1))).await;
    output.flush().await;
    let answer = connector.startup_check(host.0, port.0).await;
    let stamp = stamp(now());
    match answer {
        Ok(()) => {
            output.out(&format!("{stamp} UTL step:TDengine desc:initialized successfully\n")).await;
            output.out(&format!("{stamp} UTL check startup finished\n")).await;
        }
        Err(error) => {
            if error.code == codes::RPC_FQDN_ERROR {
                let lines = [
                    format!("UTL ERROR failed to get the ip address, fqdn:{name}, since:Name or service not known"),
                    format!("RPC ERROR NT, failed to resolve FQDN:{name}"),
                    format!("RPC ERROR NT (nil), failed to set up connection({})", error.text),
                ];
                for line in lines {
                    output.out(&format!("{stamp} {line}\n")).await;
                }
            }
            let code = u32::from_ne_bytes(error.code.to_ne_bytes());
            output
                .out(&format!("{stamp} UTL ERROR failed to check startup step, code:{code:#010x} {}\n", error.text))
                .await;
        }
    }
}

/// The beginning of a log line: month, day, time, and a thread.
fn stamp(at: Timestamp) -> String {
    let civil = TimeZone::UTC.to_datetime(at);
    let micros = civil.subsec_nanosecond() / 1_000;
    format!(
        "{:02}/{:02} {:02}:{:02}:{:02}.{micros:06} 00000042",
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second()
    )
}
