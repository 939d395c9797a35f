use std::{path::Path, time::Instant};

use seatrial_embedded::{Defects, EmbeddedCluster};
use seatrial_engine::{Edits, Options};
use seatrial_environments::Embedded;
use seatrial_record::{EventLog, Recording};
use seatrial_report::{Model, RunFacts, Terminal, Verbosity, write_all};

use super::Done;
use crate::{
    args::{Cli, Color, Keep, Lang, RunArgs},
    complaint::Complaint,
    home::Home,
    interrupt,
    run_folder::RunFolder,
    virtual_time,
};

/// Runs scenarios.
pub fn run(args: &RunArgs, cli: &Cli) -> Done {
    let loaded = Home::find()?.load_for(&args.select)?;
    let plan = loaded.plan(&args.select, args.repeat)?;
    let tdengine = &args.select.tdengine;
    let folder = RunFolder::create(args.out.as_deref(), &format!("embedded-{tdengine}"), args.seed)?;
    let screen = options(cli, args.lang, &folder.path);
    let recording = Recording::create(&folder.file("events.jsonl")).map_err(Complaint::environment)?;
    let terminal = Terminal::new(screen.clone(), Box::new(std::io::stdout()));
    let mut log = EventLog::new(vec![Box::new(recording), Box::new(terminal)]);
    let settings = Options {
        seatrial: env!("CARGO_PKG_VERSION").to_owned(),
        replay: replay(args),
        seed: args.seed,
        edits: embedded_edits(tdengine),
        keep: match args.keep {
            Keep::Never => seatrial_engine::Keep::Never,
            Keep::OnFailure => seatrial_engine::Keep::OnFailure,
            Keep::Always => seatrial_engine::Keep::Always,
        },
        cancel: interrupt::watch(),
    };
    let start = Instant::now();
    let summary = virtual_time::block_on(async {
        let environment = Embedded::new(tdengine, Defects::default()).map_err(Complaint::usage)?;
        seatrial_engine::run(&plan, &loaded.sets, &environment, &settings, &mut log)
            .await
            .map_err(Complaint::environment)
    })
    .map_err(Complaint::environment)??;
    let wall_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    // Closes the terminal's live line before anything else is printed.
    drop(log);

    let events = Recording::read(&folder.file("events.jsonl")).map_err(Complaint::environment)?;
    let facts =
        RunFacts { run_id: folder.id.clone(), wall_ms: Some(wall_ms), lang: words(args.lang), ..RunFacts::default() };
    write_all(&folder.path, &events, &facts).map_err(Complaint::environment)?;
    if let Some(model) = Model::of(&events) {
        print!("{}", seatrial_report::terminal::closing(&model, &facts, &screen));
    }
    Ok(summary.exit)
}

/// The changes to the documents' manifests on the embedded cluster: its image, which is always there.
pub fn embedded_edits(tdengine: &str) -> Edits {
    Edits {
        image: EmbeddedCluster::image_reference(tdengine),
        pull_policy: Some("IfNotPresent".to_owned()),
        storage_class: None,
    }
}

/// How to print, by the command line and the terminal.
pub fn options(cli: &Cli, lang: Lang, folder: &Path) -> seatrial_report::Options {
    let detected = seatrial_report::Options::detect();
    seatrial_report::Options {
        color: match cli.color {
            Color::Auto => detected.color,
            Color::Always => true,
            Color::Never => false,
        },
        verbosity: if cli.verbose > 0 { Verbosity::Verbose } else { Verbosity::Normal },
        lang: words(lang),
        folder: folder.display().to_string(),
        ..detected
    }
}

/// The report's name of a language.
pub fn words(lang: Lang) -> seatrial_report::Lang {
    match lang {
        Lang::En => seatrial_report::Lang::En,
        Lang::Zh => seatrial_report::Lang::Zh,
    }
}

/// The one command that repeats the run. Not the folder: each run has its own.
fn replay(args: &RunArgs) -> String {
    let mut command = vec!["seatrial".to_owned(), "run".to_owned()];
    command.extend(args.select.paths.paths.iter().map(|path| quoted(&path.display().to_string())));
    command.extend(["--tdengine".to_owned(), args.select.tdengine.clone()]);
    if let Some(set) = args.select.manifests {
        command.extend(["--manifests".to_owned(), set.name().to_owned()]);
    }
    command.extend(["--seed".to_owned(), args.seed.to_string()]);
    if args.repeat > 1 {
        command.extend(["--repeat".to_owned(), args.repeat.to_string()]);
    }
    command.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_./@:=+,".contains(char);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use rstest::rstest;

    use super::*;
    use crate::args::Command;

    #[rstest]
    #[case("seatrial run", "seatrial run --tdengine 2.1.1.0 --seed 1")]
    #[case(
        "seatrial run a/b.yaml --manifests doc --seed 7 --repeat 3 --out x",
        "seatrial run a/b.yaml --tdengine 2.1.1.0 --manifests doc --seed 7 --repeat 3"
    )]
    fn a_run_can_be_repeated_by_one_command(#[case] typed: &str, #[case] command: &str) {
        let Command::Run(args) = Cli::parse_from(typed.split(' ')).command else { panic!("not a run") };
        assert_eq!(replay(&args), command);
        let Command::Run(again) = Cli::parse_from(command.split(' ')).command else { panic!("not a run") };
        assert_eq!(replay(&again), command);
    }

    #[rstest]
    #[case("a/b.yaml", "a/b.yaml")]
    #[case("my file", "'my file'")]
    #[case("it's", r"'it'\''s'")]
    fn words_are_quoted_for_a_shell(#[case] word: &str, #[case] expected: &str) {
        assert_eq!(quoted(word), expected);
    }
}
