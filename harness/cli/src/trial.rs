//! One plan on an embedded cluster of its own, without a folder: what `selfcheck` and `chaos explore` try things on.

use std::num::NonZeroUsize;

use seatrial_embedded::Defects;
use seatrial_engine::{Keep, Options, Plan, scenario::Way};
use seatrial_environments::Embedded;
use seatrial_record::{EventLog, RunFinished, Sink};
use tokio::sync::watch;

use crate::{commands::embedded_edits, complaint::Complaint, home::Loaded, runtime};

/// Runs `plan` with `defects` planted, and tells `sink` what happens. Without `patience`, checks behind one of the same step
/// that did not pass are looked at once only.
pub fn trial(
    plan: &Plan,
    loaded: &Loaded,
    defects: Defects,
    seed: u64,
    patience: bool,
    sink: impl Sink + 'static,
) -> Result<RunFinished, Complaint> {
    let tdengine = plan.version.to_string();
    let mut log = EventLog::new(vec![Box::new(sink)]);
    let options = Options {
        seatrial: env!("CARGO_PKG_VERSION").to_owned(),
        replay: String::new(),
        seed,
        edits: embedded_edits(&tdengine),
        keep: Keep::Never,
        jobs: NonZeroUsize::MIN,
        client: Way::Shell,
        histories: None,
        // Nobody reads them.
        diagnostics: false,
        patience,
        cancel: watch::channel(false).1,
    };
    let environment = Embedded::new(&tdengine, defects).map_err(Complaint::usage)?;
    let running = seatrial_engine::run(plan, &loaded.sets, &environment, &options, &mut log);
    runtime::virtual_time(running).map_err(Complaint::environment)?.map_err(Complaint::environment)
}
