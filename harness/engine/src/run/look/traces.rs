use seatrial_chaos::traces;
use seatrial_record::{EvidenceKind, clean};

use crate::{
    run::{Glance, Lens, lens::SQL_LIMIT},
    scenario::Count,
};

/// The server's own log, the newest part of it.
const OWN: &str = "/var/log/taos/taosdlog.0";

impl Lens {
    /// What the containers printed, this time and the time before, and what servers wrote to their own log.
    pub(crate) async fn traces(&mut self, expected: Count) -> Glance {
        let wanted = format!("lines that say that a server broke: {expected}");
        let pods: Vec<(String, bool)> =
            self.members().into_values().map(|pod| (pod.name.clone(), pod.restarts > 0)).collect();
        let mut found = Vec::new();
        let mut read = 0;
        for (pod, restarted) in pods {
            let mut logs = Vec::new();
            for previous in [false, true].into_iter().filter(|previous| restarted || !previous) {
                match self.access.logs(&pod, previous).await {
                    Ok(log) => {
                        logs.push((format!("kubectl logs {pod}{}", if previous { " --previous" } else { "" }), log));
                    }
                    // The log of a life before may be gone.
                    Err(_) if previous => {}
                    Err(error) => return Glance::error(wanted, &error),
                }
            }
            let argv = ["cat", OWN].map(str::to_owned);
            // Who does not run has no log of its own.
            if let Ok(output) = self.access.exec(&pod, &argv, SQL_LIMIT).await
                && output.exit == 0
            {
                logs.push((format!("{OWN} in {pod}"), clean(&output.stdout)));
            }
            for (source, log) in logs {
                read += 1;
                found.extend(traces(&log).into_iter().map(|trace| format!("{source}: {}", trace.line)));
            }
        }
        if read == 0 {
            return Glance::no(wanted, "", "no pod has a log that could be read");
        }
        let total = found.len() as u64;
        let text = if found.is_empty() { format!("{read} logs, no such line") } else { found.join("\n") };
        self.note(
            EvidenceKind::Log,
            "lines that say that a server broke".to_owned(),
            "logs of all pods".to_owned(),
            &text,
        );
        let against = if expected.allows(total) {
            Vec::new()
        } else {
            vec![format!("{total} lines, not {expected}: {}", found.first().map_or("", String::as_str))]
        };
        Glance::of(wanted, format!("lines that say that a server broke: {total}"), &against)
    }
}
