//! Every scenario file, for each version that there is a model of and with each manifest set, as one test on the embedded
//! cluster: `doc-3x::3.3.0.1::failure-2@headless`.

use std::{process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Failed, Trial};
use seatrial_record::Verdict;
use seatrial_scenarios::{Checkout, Failure, VERSIONS};

/// Folders that belong to no document.
const BESIDE: [(&str, &str); 6] = [
    ("chaos", "2.1.1.0"),
    ("chaos", "3.0.7.1"),
    ("chaos", "3.3.0.1"),
    ("field", "2.1.1.0"),
    ("field", "3.0.7.1"),
    ("field", "3.3.0.1"),
];
const SEED: u64 = 1;

fn main() -> ExitCode {
    match trials() {
        Ok(trials) => libtest_mimic::run(&Arguments::from_args(), trials).exit_code(),
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn trials() -> Result<Vec<Trial>, Failure> {
    let mut trials = Vec::new();
    for (folder, tdengine) in VERSIONS.into_iter().chain(BESIDE) {
        let checkout = Arc::new(Checkout::load(folder)?);
        for plan in checkout.plans(tdengine)? {
            let keys: Vec<_> = plan.runs.iter().map(|run| run.planned.key.as_str()).collect();
            let name = format!("{folder}::{tdengine}::{}", keys.join("+"));
            let checkout = Arc::clone(&checkout);
            trials.push(Trial::test(name, move || {
                let ran = checkout.run(&plan, SEED, 1).map_err(|failure| Failed::from(failure.to_string()))?;
                if ran.summary.verdict == Some(Verdict::Pass) {
                    return Ok(());
                }
                Err(format!("{:?}: {}\n{}", ran.summary.verdict, ran.summary.reason, ran.complaints()).into())
            }));
        }
    }
    Ok(trials)
}
