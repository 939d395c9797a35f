//! Writes reports of made-up runs into a folder, to look at them: `cargo run -p seatrial-report --example
//! sample-reports -- FOLDER`.

#![allow(clippy::unwrap_used, reason = "the samples are shared with tests")]

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::path::PathBuf;

use seatrial_report::{Lang, Options, RunFacts, terminal, write_all};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/sample-reports".into()));
    let runs = [
        ("passing", samples::passing(), Lang::En),
        ("failing", samples::failing(), Lang::En),
        ("contradicted", samples::contradicted(), Lang::En),
        ("contradicted-zh", samples::contradicted(), Lang::Zh),
        ("incomplete", samples::incomplete(), Lang::En),
        ("hostile", samples::hostile(), Lang::En),
        ("large", samples::large(100, 50), Lang::En),
    ];
    for (name, events, lang) in runs {
        let facts = RunFacts {
            run_id: format!("20261123-050000-{name}"),
            wall_ms: Some(1_421),
            host: Some("Linux x86_64, 2 CPUs, 7.6 GB".into()),
            lang,
            ..RunFacts::default()
        };
        let run = folder.join(name);
        let written = write_all(&run, &events, &facts)?;
        let options = Options { color: true, lang, folder: run.display().to_string(), ..Options::default() };
        std::fs::write(run.join("terminal.txt"), terminal::render(&events, &options, Some(&facts)))?;
        println!("{} and {} files of evidence", written.html.display(), written.evidence.len());
    }
    Ok(())
}
