//! `cargo bench -p seatrial-cli --bench explore`: schedules a second that `seatrial chaos explore` tries on all cores, and
//! the processor time of each, for both generations of TDengine. `SEATRIAL_SEEDS` says how many.

use std::{
    error::Error,
    fs,
    process::{Command, Stdio},
    time::Instant,
};

const VERSIONS: [&str; 2] = ["2.1.1.0", "3.3.0.1"];

fn main() -> Result<(), Box<dyn Error>> {
    let seeds: u32 = std::env::var("SEATRIAL_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(1_000);
    let out = tempfile::tempdir()?;
    for version in VERSIONS {
        let (begun, used) = (Instant::now(), children()?);
        let mut explore = Command::new(env!("CARGO_BIN_EXE_seatrial"));
        explore.args(["chaos", "explore", "--shrink", "0", "--tdengine", version, "--seeds", &seeds.to_string()]);
        let output = explore.arg("--out").arg(out.path()).stderr(Stdio::inherit()).output()?;
        let (wall, used) = (begun.elapsed().as_secs_f64(), children()? - used);
        // 1 says that some schedules failed, as some do.
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(format!("explore ended with {}", output.status).into());
        }
        let told = String::from_utf8_lossy(&output.stdout);
        let (rate, each) = (f64::from(seeds) / wall, used * 1_000.0 / f64::from(seeds));
        println!("{}", told.lines().next().unwrap_or_default());
        println!("  schedules  {rate:.0} a second, 10,000 in {:.0} s", 10_000.0 / rate);
        println!("  processor  {each:.1} ms each");
    }
    Ok(())
}

/// Seconds of processor time that ended children have used.
fn children() -> Result<f64, Box<dyn Error>> {
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no stat")?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).ok_or("no times");
    Ok((ticks(13)? + ticks(14)?) / TICKS)
}
