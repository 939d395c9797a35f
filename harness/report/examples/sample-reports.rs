//! Writes reports of made-up runs into a folder, to look at them, and of recorded ones that are named: `cargo run -p
//! seatrial-report --example sample-reports -- FOLDER [EVENTS...]`.

#![allow(clippy::unwrap_used, reason = "the samples are shared with tests")]

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::path::PathBuf;

use seatrial_report::{Lang, Options, RunFacts, terminal, write_all};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/sample-reports".into()));
    let mut runs = Vec::new();
    for (number, file) in std::env::args().skip(2).enumerate() {
        let events = seatrial_record::Recording::read(&PathBuf::from(file))?;
        runs.push((format!("recorded-{number}"), events.clone(), Lang::En));
        runs.push((format!("recorded-{number}-zh"), events, Lang::Zh));
    }
    let made_up = [
        ("passing", samples::passing(), Lang::En),
        ("failing", samples::failing(), Lang::En),
        ("contradicted", samples::contradicted(), Lang::En),
        ("passing-zh", samples::passing(), Lang::Zh),
        ("failing-zh", samples::failing(), Lang::Zh),
        ("contradicted-zh", samples::contradicted(), Lang::Zh),
        ("incomplete-zh", samples::incomplete(), Lang::Zh),
        ("chaos", samples::chaos(), Lang::En),
        ("chaos-zh", samples::chaos(), Lang::Zh),
        ("incomplete", samples::incomplete(), Lang::En),
        ("hostile", samples::hostile(), Lang::En),
        ("large", samples::large(100, 50), Lang::En),
    ];
    runs.extend(made_up.map(|(name, events, lang)| (name.to_owned(), events, lang)));
    for (name, events, lang) in runs {
        let facts = RunFacts {
            run_id: format!("20261123-050000-{name}"),
            wall_ms: Some(1_421),
            began: "2026-11-23T05:00:00Z".parse().ok(),
            host: Some("Linux x86_64, 2 cores, 8 GB".into()),
            lang,
            ..RunFacts::default()
        };
        let run = folder.join(&name);
        let written = write_all(&run, &events, &facts)?;
        let options = Options { color: true, lang, folder: run.display().to_string(), ..Options::default() };
        std::fs::write(run.join("terminal.txt"), terminal::render(&events, &options, Some(&facts)))?;
        println!("{} and {} files of evidence", written.html.display(), written.evidence.len());
    }
    Ok(())
}
