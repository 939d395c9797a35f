use std::{
    fs,
    path::{Path, PathBuf},
};

use seatrial_chaos::{Frame, Happening, Schedule, shrink};
use seatrial_engine::scenario::{Action, Located, Mistake, Mistakes, parse, strict};
use seatrial_record::{ExitCode, Recording};

use super::trial::Failures;
use crate::{
    args::{Cli, ReplayArgs},
    commands::{self, Done},
    complaint::Complaint,
    interrupt,
};

/// How a scenario begins that was made from a schedule, and may be made again.
const MADE: &str = "# Made from ";

/// Runs a schedule, or a scenario that has one. A file with a schedule alone becomes a scenario beside it.
pub fn replay(args: &ReplayArgs, cli: &Cli) -> Done {
    let file = args.file.display().to_string();
    let text = fs::read_to_string(&args.file).map_err(|error| Complaint::usage(format!("{file}: {error}")))?;
    let (scenario, text) = if text.lines().any(|line| line.starts_with("scenario:")) {
        (args.file.clone(), text)
    } else {
        let scenario = args.file.with_extension("scenario.yaml");
        let text = frame_of(args).scenario(&read(&file, &text)?).map_err(Complaint::environment)?;
        spare(&scenario)?;
        fs::write(&scenario, &text).map_err(Complaint::environment)?;
        (scenario, text)
    };
    if args.shrink > 0 {
        return Shrinking { args, cli, file: &scenario, text: &text }.shrink();
    }
    run(args, cli, &scenario, args.run.out.as_deref())
}

/// An error if there is a file that was not made from a schedule.
fn spare(scenario: &Path) -> Result<(), Complaint> {
    if fs::read_to_string(scenario).is_ok_and(|there| !there.starts_with(MADE)) {
        let there = scenario.display();
        return Err(Complaint::usage(format!(
            "{there} would be made from the schedule, and another file has that name: rename it, or run it itself"
        )));
    }
    Ok(())
}

/// Reads a schedule; mistakes are told where they are.
fn read(file: &str, text: &str) -> Result<Schedule, Complaint> {
    let wrong = |mistake: Mistake| Complaint::usage(Mistakes(vec![mistake]));
    let happenings: Vec<Located<Happening>> = strict(file, text).map_err(wrong)?;
    let places: Vec<_> = happenings.iter().map(|happening| happening.place).collect();
    let schedule = Schedule(happenings.into_iter().map(|happening| happening.value).collect());
    let Some((index, complaint)) = schedule.mistake() else { return Ok(schedule) };
    let mistake = Mistake::in_file(file, complaint);
    Err(wrong(match places.get(index) {
        Some(place) => mistake.at(*place, text),
        None => mistake,
    }))
}

/// What a schedule that stands alone is tried on.
fn frame_of(args: &ReplayArgs) -> Frame {
    let stem = args.file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("schedule");
    let plain = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' };
    Frame {
        name: stem.chars().map(plain).collect(),
        summary: format!("The schedule of {}.", args.file.display()),
        tdengine: ">=2.0".to_owned(),
        pods: args.pods,
        replica: args.replica,
        comments: vec![format!("Made from {}: change that one, or delete this line.", args.file.display())],
    }
}

fn run(args: &ReplayArgs, cli: &Cli, scenario: &Path, out: Option<&Path>) -> Done {
    let mut run = args.run.clone();
    run.select.paths.paths = vec![scenario.to_owned()];
    run.out = out.map(Path::to_owned);
    commands::run(&run, cli)
}

/// Shrinks the schedule of a scenario where it is run: on a real cluster each try takes minutes.
struct Shrinking<'a> {
    args: &'a ReplayArgs,
    cli: &'a Cli,
    file: &'a Path,
    text: &'a str,
}

impl Shrinking<'_> {
    fn shrink(&self) -> Done {
        let named = self.file.display().to_string();
        let scenario = parse(&named, self.text).map_err(|mistakes| Complaint::usage(Mistakes(mistakes)))?;
        let schedules = scenario.steps.iter().filter_map(|step| match &step.action {
            Some(Action::Schedule(schedule)) => Some(schedule),
            _ => None,
        });
        let (schedules, lines): (Vec<&Schedule>, _) = (schedules.collect(), lines_of(self.text));
        let ([schedule], Some(lines)) = (schedules.as_slice(), lines) else {
            return Err(Complaint::usage(format!(
                "{named}: only a scenario with one `schedule:`, a list, can be shrunk"
            )));
        };
        let (exit, kind) = self.run(self.file, 0)?;
        if exit != ExitCode::Failed {
            return Ok(exit);
        }
        let smallest = self.file.with_extension("smallest.yaml");
        let asked = interrupt::watch();
        let mut tried = 0;
        let small = shrink(schedule, self.args.shrink, |schedule| {
            if *asked.borrow() {
                return false;
            }
            tried += 1;
            println!("\nshrinking: {tried} of at most {}\n{schedule}\n", self.args.shrink);
            let alike = with_schedule(self.text, lines, schedule)
                .and_then(|text| fs::write(&smallest, text).map_err(Complaint::environment))
                .and_then(|()| self.run(&smallest, tried));
            match alike {
                Ok((exit, its)) => exit == ExitCode::Failed && its == kind,
                // One try that could not be made does not end the search.
                Err(complaint) => {
                    println!("{complaint}");
                    false
                }
            }
        });
        fs::write(&smallest, with_schedule(self.text, lines, &small)?).map_err(Complaint::environment)?;
        println!("\nthe smallest that fails alike, after {tried} tries, in {}:\n{small}", smallest.display());
        Ok(exit)
    }

    /// Runs a scenario in a folder of its own: how it ended, and what failed.
    fn run(&self, scenario: &Path, number: usize) -> Result<(ExitCode, String), Complaint> {
        let out = self.folder(number);
        let exit = run(self.args, self.cli, scenario, Some(&out))?;
        let events = Recording::read(&out.join("events.jsonl")).map_err(Complaint::environment)?;
        Ok((exit, Failures::kind_of(&events)))
    }

    fn folder(&self, number: usize) -> PathBuf {
        let base = self.args.run.out.clone().unwrap_or_else(|| {
            let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
            PathBuf::from("target/seatrial").join(format!("shrink-{stem}-{}", std::process::id()))
        });
        base.join(number.to_string())
    }
}

/// Which lines of a scenario hold the list of its only schedule; none if it is written in another way.
fn lines_of(text: &str) -> Option<(usize, usize)> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = text.lines().collect();
    let mut keys = lines.iter().enumerate().filter(|(_, line)| matches!(line.trim(), "schedule:" | "do: { schedule:"));
    let (key, line) = keys.next().filter(|(_, line)| line.trim() == "schedule:")?;
    if keys.next().is_some() {
        return None;
    }
    let within = |other: &&&str| {
        other.trim().is_empty()
            || indent(other) > indent(line)
            || indent(other) == indent(line) && other.trim_start().starts_with("- ")
    };
    let count = lines.iter().skip(key + 1).take_while(within).count();
    (count > 0).then_some((key + 1, count))
}

/// The text with another schedule in these lines.
fn with_schedule(text: &str, (first, count): (usize, usize), schedule: &Schedule) -> Result<String, Complaint> {
    let lines: Vec<&str> = text.lines().collect();
    let indent = lines.get(first).map_or(0, |line| line.len() - line.trim_start().len());
    let happenings = schedule.0.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>();
    let happenings = happenings.map_err(Complaint::environment)?;
    let own = happenings.into_iter().map(|happening| format!("{}- {happening}", " ".repeat(indent)));
    let before = lines.iter().take(first).map(|line| (*line).to_owned());
    let behind = lines.iter().skip(first + count).map(|line| (*line).to_owned());
    Ok(before.chain(own).chain(behind).map(|line| line + "\n").collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_of_somebody_else_is_spared() {
        let folder = tempfile::tempdir().unwrap();
        let scenario = folder.path().join("s.scenario.yaml");
        assert!(spare(&scenario).is_ok());
        fs::write(&scenario, format!("{MADE}s.yaml\nscenario: s\n")).unwrap();
        assert!(spare(&scenario).is_ok());
        fs::write(&scenario, "scenario: s\n").unwrap();
        assert!(spare(&scenario).unwrap_err().to_string().contains("rename it"));
    }

    #[test]
    fn a_mistake_in_a_schedule_is_shown_where_it_is() {
        let text = "- { at: 5s, fault: { kill-process: { pod: 0 } } }\n- { at: 1s, heal: all }\n";
        let complaint = read("s.yaml", text).unwrap_err().to_string();
        assert!(complaint.contains("s.yaml:2:3"), "{complaint}");
        assert!(complaint.contains("at 1s, is before the one above it, at 5s"), "{complaint}");
        assert!(
            read("s.yaml", "- { at: 5s, fault: { packets: { pod: 0 } } }").unwrap_err().to_string().contains(":1:3")
        );
        assert!(read("s.yaml", "[]").unwrap_err().to_string().contains("without any fault"));
    }

    #[test]
    fn another_schedule_takes_the_lines_of_the_one_that_was_there() {
        let text = "scenario: a\nsteps:\n  - do:\n      schedule:\n        - at: 1s\n          heal: all\n        # why\n    check: []\n";
        let other =
            Schedule(vec![Happening { at: "2s".parse().unwrap(), fault: None, heal: Some(seatrial_chaos::Heal::All) }]);
        let text = with_schedule(text, lines_of(text).unwrap(), &other).unwrap();
        let expected = "scenario: a\nsteps:\n  - do:\n      schedule:\n        - {\"at\":\"2s\",\"heal\":\"all\"}\n    check: []\n";
        assert_eq!(text, expected);
        assert_eq!(lines_of("do: { schedule: [] }"), None);
        assert_eq!(lines_of("schedule:\n- a\nschedule:\n- a\n"), None);
    }
}
