use std::fmt::Write as _;

use super::{is_fresh, printed};

const INTRODUCTION: &str = "\
# Commands

Made from `seatrial --help` and the help of each command; a test keeps it so.
";

/// The commands that a help text lists.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

/// The command at `path` and those below it.
fn section(path: &[&str], text: &mut String) {
    let mut arguments = path.to_vec();
    arguments.push("--help");
    let help = printed(&arguments);
    let heading = ["seatrial"].iter().chain(path).copied().collect::<Vec<_>>().join(" ");
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    write!(text, "\n## `{heading}`\n\n```text\n{}\n```\n", lines.join("\n").trim_end()).unwrap();
    for name in listed(&help) {
        let below: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
        section(&below, text);
    }
}

#[test]
fn the_commands_are_as_their_help_says() {
    let mut text = INTRODUCTION.to_owned();
    section(&[], &mut text);
    assert!(text.contains("## `seatrial run`") && text.contains("## `seatrial report`"), "{text}");
    is_fresh("commands.md", &text);
}
