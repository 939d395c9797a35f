//! Runs on real clusters that are stopped in the middle: nothing stays, and there is a report. Ignored where Docker, kind
//! or an image (`SEATRIAL_IMAGE`, `SEATRIAL_NODE_IMAGE`) is missing.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use libtest_mimic::{Arguments, Failed, Trial};

type Outcome = Result<(), Failed>;
type Test = (&'static str, fn() -> Outcome);

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let missing = missing();
    let tests: [Test; 2] = [
        ("kind::a_killed_run_is_cleaned_after_and_reported", a_killed_run),
        ("kind::an_interrupted_run_cleans_up_and_reports", an_interrupted_run),
    ];
    let trials = tests.into_iter().map(|(name, test)| {
        let trial = Trial::test(name, test).with_ignored_flag(missing.is_some());
        match &missing {
            Some(missing) => trial.with_kind(format!("skipped: {missing}")),
            None => trial,
        }
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn missing() -> Option<String> {
    for name in ["SEATRIAL_IMAGE", "SEATRIAL_NODE_IMAGE"] {
        let Some(image) = variable(name) else { return Some(format!("no image (set {name})")) };
        let there = Command::new("docker").args(["image", "inspect", &image]).stdout(Stdio::null()).status();
        match there {
            Err(_) => return Some("no Docker".to_owned()),
            Ok(status) if !status.success() => return Some(format!("no image {image}")),
            Ok(_) => {}
        }
    }
    Command::new("kind").arg("version").output().is_err().then(|| "no kind".to_owned())
}

/// Where a run keeps its things.
struct Place(tempfile::TempDir);

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn seatrial(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatrial"));
        command.args(arguments).env("XDG_STATE_HOME", self.path("state"));
        command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
        command
    }

    /// A run that has begun its first scenario, and the name of its cluster.
    fn begun(&self) -> Result<(Child, String), Failed> {
        let out = self.path("out");
        let (image, node) =
            (variable("SEATRIAL_IMAGE").unwrap_or_default(), variable("SEATRIAL_NODE_IMAGE").unwrap_or_default());
        let arguments = ["run", "--env", "kind", "--image", &image, "--node-image", &node, "--out"];
        let mut command = self.seatrial(&arguments);
        let mut child = command.arg(&out).stdout(Stdio::null()).spawn()?;
        let limit = Instant::now() + Duration::from_secs(300);
        while !std::fs::read_to_string(out.join("events.jsonl")).unwrap_or_default().contains("step-started") {
            if child.try_wait()?.is_some() || Instant::now() > limit {
                let _ = child.kill();
                return Err("the run did not begin".into());
            }
            sleep(Duration::from_millis(200));
        }
        let mut records = std::fs::read_dir(self.path("state/seatrial"))?.flatten().map(|entry| entry.path());
        let record = records.find(|path| path.extension().is_some_and(|ending| ending == "json"));
        let name = record.and_then(|path| Some(path.file_stem()?.to_str()?.to_owned()));
        Ok((child, name.ok_or("there is no record of the cluster")?))
    }

    /// Nothing of the cluster is left, and the run's report can be made.
    fn is_over(&self, cluster: &str) -> Outcome {
        let filter = format!("label=io.x-k8s.kind.cluster={cluster}");
        let left = text(&Command::new("docker").args(["ps", "--all", "--quiet", "--filter", &filter]).output()?);
        let files = std::fs::read_dir(self.path("state/seatrial"))?.count();
        check(left.is_empty() && files == 0, format!("left: {left:?}, {files} file(s)"))?;
        let report = self.seatrial(&["report"]).arg(self.path("out")).output()?;
        check(report.status.code() == Some(5), text(&report))?;
        let html = std::fs::read_to_string(self.path("out/report.html"))?;
        check(html.contains("</html>"), "the report is cut short")
    }
}

fn check(holds: bool, what: impl Into<String>) -> Outcome {
    if holds { Ok(()) } else { Err(what.into().into()) }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).trim().to_owned()
}

fn a_killed_run() -> Outcome {
    let place = Place(tempfile::tempdir()?);
    let (mut child, cluster) = place.begun()?;
    child.kill()?;
    child.wait()?;
    let listed = text(&place.seatrial(&["clean", "--dry-run"]).output()?);
    check(listed.contains(&format!("would remove  kind cluster {cluster}")), &listed)?;
    let cleaned = place.seatrial(&["clean"]).output()?;
    check(cleaned.status.success(), text(&cleaned))?;
    place.is_over(&cluster)
}

fn an_interrupted_run() -> Outcome {
    let place = Place(tempfile::tempdir()?);
    let (mut child, cluster) = place.begun()?;
    Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    let limit = Instant::now() + Duration::from_secs(120);
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() > limit => return Err("it does not end".into()),
            None => sleep(Duration::from_millis(200)),
        }
    };
    check(status.code() == Some(5), format!("it ended with {status}"))?;
    place.is_over(&cluster)
}
