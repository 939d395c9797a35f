//! The files that a run leaves behind.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod samples;

use std::fs;
use std::path::Path;

use rstest::rstest;
use seatrial_record::{Event, Verdict};
use seatrial_report::json::Report;
use seatrial_report::{Lang, ReportError, RunFacts, Written, schema, write_all};
use serde_json::Value;

fn facts() -> RunFacts {
    RunFacts {
        run_id: "20261123-050000".into(),
        wall_ms: Some(1_400),
        host: Some("a machine".into()),
        more: vec![("Image digest".into(), "sha256:0123".into())],
        ..RunFacts::default()
    }
}

fn write(events: &[Event], facts: &RunFacts) -> (tempfile::TempDir, Written) {
    let folder = tempfile::tempdir().unwrap();
    let written = write_all(folder.path(), events, facts).unwrap();
    (folder, written)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn report(events: &[Event]) -> Report {
    let (_folder, written) = write(events, &facts());
    serde_json::from_str(&read(&written.json)).unwrap()
}

#[rstest]
#[case("passing", samples::passing())]
#[case("failing", samples::failing())]
#[case("contradicted", samples::contradicted())]
#[case("incomplete", samples::incomplete())]
#[case("chaos", samples::chaos())]
fn a_summary_and_junit(#[case] name: &str, #[case] events: Vec<Event>) {
    let (_folder, written) = write(&events, &facts());
    insta::assert_snapshot!(format!("{name}.md"), read(&written.summary));
    insta::assert_snapshot!(format!("{name}.xml"), read(&written.junit));
}

#[rstest]
#[case(samples::passing(), Some(Verdict::Pass), true)]
#[case(samples::failing(), Some(Verdict::Fail), true)]
#[case(samples::contradicted(), Some(Verdict::Pass), true)]
#[case(samples::incomplete(), Some(Verdict::Unknown), false)]
fn the_verdict_is_in_the_json(#[case] events: Vec<Event>, #[case] verdict: Option<Verdict>, #[case] complete: bool) {
    let outcome = report(&events).outcome;
    assert_eq!((outcome.verdict, outcome.complete), (verdict, complete));
}

#[test]
fn the_published_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/report.schema.json");
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, schema()).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == schema(), "run UPDATE_SCHEMAS=1 cargo test -p seatrial-report and commit {}", path.display());
}

#[rstest]
#[case(samples::passing())]
#[case(samples::failing())]
#[case(samples::contradicted())]
#[case(samples::incomplete())]
#[case(samples::chaos())]
#[case(samples::hostile())]
fn every_json_report_is_valid(#[case] events: Vec<Event>) {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let (_folder, written) = write(&events, &facts());
    let instance: Value = serde_json::from_str(&read(&written.json)).unwrap();
    let errors: Vec<String> = validator.iter_errors(&instance).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut broken = instance;
    broken["outcome"]["verdict"] = "splendid".into();
    assert!(!validator.is_valid(&broken), "a schema that takes anything proves nothing");
}

/// The folder holds what releases of each format wrote.
#[test]
fn what_an_older_release_wrote_still_opens() {
    let older = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/older");
    let report: Report = serde_json::from_str(&read(&older.join("report-1.json"))).unwrap();
    assert_eq!((report.scenarios.len(), report.outcome.verdict), (1, Some(Verdict::Pass)));
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    assert!(jsonschema::is_valid(&schema, &serde_json::from_str(&read(&older.join("report-1.json"))).unwrap()));
    let events = seatrial_record::Recording::read(&older.join("events-1.jsonl")).unwrap();
    let (_folder, written) = write(&events, &RunFacts::default());
    let again: Report = serde_json::from_str(&read(&written.json)).unwrap();
    assert_eq!(again.scenarios, report.scenarios);
    assert_eq!(again.claims, report.claims);
}

#[test]
fn faults_workloads_and_times_are_on_the_page_and_in_the_json() {
    let (_folder, written) = write(&samples::chaos(), &facts());
    let html = read(&written.html);
    for part in ["class=\"shade\"", "class=\"fault\"", "class=\"plot\"", "no witness", "Recovery times", "kindest/node"]
    {
        assert!(html.contains(part), "{part}");
    }
    let report: Report = serde_json::from_str(&read(&written.json)).unwrap();
    let scenario = &report.scenarios[0];
    assert_eq!(scenario.faults.iter().map(|fault| fault.healed).collect::<Vec<_>>(), [Some(true), Some(true)]);
    assert!(scenario.faults[0].to_ms - scenario.faults[0].from_ms > 30_000);
    assert_eq!(scenario.workloads[0].unknown, 4 * 20 + 20 * 12 + 6 * 15 + 3);
    assert_eq!(report.scenarios[1].faults[0].witnessed, Some(false));
    assert_eq!(scenario.own_ms, Some(scenario.took_ms / 40));
}

#[test]
fn a_report_with_fields_of_a_later_release_opens() {
    let (_folder, written) = write(&samples::passing(), &facts());
    let mut value: Value = serde_json::from_str(&read(&written.json)).unwrap();
    value["later"] = true.into();
    value["scenarios"][0]["later"] = 1.into();
    let report: Report = serde_json::from_value(value).unwrap();
    assert_eq!(report.scenarios[0].key, "start@doc");
}

#[test]
fn the_numbers_agree_everywhere() {
    let (_folder, written) = write(&samples::failing(), &facts());
    let report: Report = serde_json::from_str(&read(&written.json)).unwrap();
    let junit = quick_junit::Report::deserialize(fs::read(&written.junit).unwrap().as_slice()).unwrap();
    let checks: usize =
        report.scenarios.iter().flat_map(|scenario| &scenario.steps).map(|step| step.checks.len()).sum();
    assert_eq!(junit.tests, checks + report.scenarios.len(), "a case for each check and one for each scenario");
    assert_eq!(junit.failures + junit.errors, 2 + 3, "two checks and three scenarios did not pass");
    assert_eq!(report.counts.checks.failed + report.counts.checks.unknown, 2);
    let html = read(&written.html);
    assert!(html.contains("<strong>13 of 18</strong> checks passed"));
}

#[test]
fn what_failed_has_files_and_every_link_leads_somewhere() {
    let (folder, written) = write(&samples::failing(), &facts());
    assert_eq!(written.evidence.len(), 4);
    let html = read(&written.html);
    let mut links = 0;
    for link in html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        links += 1;
        match link.strip_prefix('#') {
            Some(id) => assert!(html.contains(&format!("id=\"{id}\"")), "{link}"),
            None => assert!(folder.path().join(link).is_file(), "{link}"),
        }
    }
    assert!(links > 30, "{links}");
    let report: Report = serde_json::from_str(&read(&written.json)).unwrap();
    for file in report.evidence.iter().filter_map(|evidence| evidence.file.as_ref()) {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
}

#[test]
fn the_page_stands_alone() {
    let (_folder, written) = write(&samples::contradicted(), &facts());
    let html = read(&written.html);
    for outside in ["<script", "<link", "<img", "@import", "src=", "http:", "https:", "javascript:"] {
        // A piece of evidence may name an address; it must not be one that a browser fetches.
        let found = html.match_indices(outside).filter(|(at, _)| !html[..*at].ends_with("POST ")).count();
        assert_eq!(found, 0, "{outside}");
    }
    assert!(html.contains("lang=\"en\"") && html.contains("<main") && html.contains("prefers-color-scheme: dark"));
}

#[test]
fn a_report_can_be_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let events = samples::failing();
    let first = write_all(folder.path(), &events, &facts()).unwrap();
    let before = read(&first.html);
    let second = write_all(folder.path(), &events, &facts()).unwrap();
    assert_eq!(first, second);
    assert_eq!(before, read(&second.html));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 6, "five files, one folder, nothing half written: {left:?}");
}

#[test]
fn a_shell_can_run_the_replay() {
    let (_folder, written) = write(&samples::passing(), &facts());
    let replay = read(&written.replay);
    let commands: Vec<&str> = replay.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(commands, ["seatrial run scenarios/doc-2x --tdengine 2.1.1.0 --seed 20261123"]);
}

#[test]
fn a_chinese_page_is_chinese() {
    let (_folder, written) = write(&samples::contradicted(), &RunFacts { lang: Lang::Zh, ..facts() });
    let html = read(&written.html);
    assert!(html.contains("lang=\"zh-CN\"") && html.contains("文档论断") && html.contains("未测试"));
    assert!(!html.contains("Claims of the documentation"));
}

#[test]
fn an_incomplete_run_says_so_first() {
    let facts = RunFacts { incomplete: Some("killed by SIGKILL".into()), ..facts() };
    let (_folder, written) = write(&samples::incomplete(), &facts);
    for file in [&written.html, &written.summary] {
        let text = read(file).to_lowercase();
        let said = text.find("killed by sigkill").unwrap();
        assert!(
            text.contains("incomplete") && said < text.find("claims of the documentation</h2>").unwrap_or(text.len())
        );
    }
}

#[test]
fn no_start_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let events = samples::passing();
    assert!(matches!(write_all(folder.path(), &events[1..], &facts()), Err(ReportError::NoStart)));
    assert!(matches!(write_all(folder.path(), &[], &facts()), Err(ReportError::NoStart)));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = write_all(&file, &samples::passing(), &facts()).unwrap_err().to_string();
    assert!(error.contains("cannot write") && error.contains("file"), "{error}");
}
