//! The one command that repeats a run.

use crate::args::{Client, Keep, RunArgs};

/// The one command that repeats the run with version `tdengine`. Not the folder: each run has its own.
pub fn replay(args: &RunArgs, tdengine: &str) -> String {
    let mut command = vec!["seatrial".to_owned(), "run".to_owned()];
    command.extend(args.select.paths.paths.iter().map(|path| path.display().to_string()));
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    command.extend(words(&["--tdengine", tdengine]));
    if let Some(set) = args.select.manifests {
        command.extend(words(&["--manifests", set.name()]));
    }
    command.extend(words(&["--seed", &args.seed.to_string()]));
    if args.repeat > 1 {
        command.extend(words(&["--repeat", &args.repeat.to_string()]));
    }
    if let Some(shard) = args.shard {
        command.extend(words(&["--shard", &shard.to_string()]));
    }
    match args.keep {
        Keep::Never => {}
        Keep::OnFailure => command.push("--keep=on-failure".to_owned()),
        Keep::Always => command.push("--keep=always".to_owned()),
    }
    if args.client != Client::Shell {
        command.extend(words(&["--client", args.client.name()]));
    }
    command.extend(args.environment.words());
    command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
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
    use crate::args::{Cli, Command};

    #[rstest]
    #[case("seatrial run", "seatrial run --tdengine 2.1.1.0 --seed 1")]
    #[case(
        "seatrial run a/b.yaml --manifests doc --seed 7 --repeat 3 --shard 1/2 --jobs 4 --out x",
        "seatrial run a/b.yaml --tdengine 2.1.1.0 --manifests doc --seed 7 --repeat 3 --shard 1/2"
    )]
    #[case(
        "seatrial run --env kind --image a:1 --node-image b --pull --keep scenarios",
        "seatrial run scenarios --tdengine 2.1.1.0 --seed 1 --keep=always --env kind --image a:1 --node-image b --pull"
    )]
    #[case(
        "seatrial run --env kubeconfig --context c --keep=on-failure --node-selector disk=ssd",
        "seatrial run --tdengine 2.1.1.0 --seed 1 --keep=on-failure --env kubeconfig --context c --node-selector disk=ssd"
    )]
    fn a_run_can_be_repeated_by_one_command(#[case] typed: &str, #[case] command: &str) {
        let Command::Run(args) = Cli::parse_from(typed.split(' ')).command else { panic!("not a run") };
        assert_eq!(replay(&args, args.select.tdengine()), command);
        let Command::Run(again) = Cli::parse_from(command.split(' ')).command else { panic!("not a run") };
        assert_eq!(replay(&again, again.select.tdengine()), command);
    }

    #[rstest]
    #[case("a/b.yaml", "a/b.yaml")]
    #[case("my file", "'my file'")]
    #[case("it's", r"'it'\''s'")]
    fn words_are_quoted_for_a_shell(#[case] word: &str, #[case] expected: &str) {
        assert_eq!(quoted(word), expected);
    }
}
