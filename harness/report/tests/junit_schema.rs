//! `junit.xml` keeps to the schema that the usual CI systems read: that of Jenkins' xUnit plugin (`junit-10.xsd`), whose
//! elements and attributes are written down here as rules.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod samples;

use std::fs;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event as Xml};
use rstest::rstest;
use seatrial_record::Event;
use seatrial_report::{RunFacts, write_all};

/// An element: what it must have, what it may have, and what may be in it.
struct Rule {
    element: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    children: &'static [&'static str],
    text: bool,
}

const RULES: &[Rule] = &[
    Rule {
        element: "testsuites",
        required: &[],
        optional: &["name", "time", "tests", "failures", "errors"],
        children: &["testsuite"],
        text: false,
    },
    Rule {
        element: "testsuite",
        required: &["name", "tests", "failures", "errors"],
        optional: &[
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "group",
            "file",
            "log",
            "url",
            "version",
        ],
        children: &["testsuite", "properties", "testcase", "system-out", "system-err"],
        text: false,
    },
    Rule { element: "properties", required: &[], optional: &[], children: &["property"], text: false },
    Rule { element: "property", required: &["name", "value"], optional: &[], children: &[], text: false },
    Rule {
        element: "testcase",
        required: &["name"],
        optional: &["classname", "time", "group"],
        children: &[
            "skipped",
            "error",
            "failure",
            "rerunFailure",
            "rerunError",
            "flakyFailure",
            "flakyError",
            "system-out",
            "system-err",
        ],
        text: false,
    },
    Rule { element: "skipped", required: &[], optional: &["type", "message"], children: &[], text: true },
    Rule { element: "error", required: &[], optional: &["type", "message"], children: &[], text: true },
    Rule { element: "failure", required: &[], optional: &["type", "message"], children: &[], text: true },
    Rule { element: "rerunFailure", required: &["type"], optional: &["message"], children: RERUN, text: true },
    Rule { element: "rerunError", required: &["type"], optional: &["message"], children: RERUN, text: true },
    Rule { element: "flakyFailure", required: &["type"], optional: &["message"], children: RERUN, text: true },
    Rule { element: "flakyError", required: &["type"], optional: &["message"], children: RERUN, text: true },
    Rule { element: "stackTrace", required: &[], optional: &[], children: &[], text: true },
    Rule { element: "system-out", required: &[], optional: &[], children: &[], text: true },
    Rule { element: "system-err", required: &[], optional: &[], children: &[], text: true },
];

const RERUN: &[&str] = &["stackTrace", "system-out", "system-err"];

/// What is wrong with `xml`; empty if it keeps to the rules.
fn mistakes(xml: &str) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event() {
            Ok(Xml::Start(start)) => {
                mistakes.extend(element(&start, open.last().map(String::as_str)));
                open.push(name(&start));
            }
            Ok(Xml::Empty(start)) => mistakes.extend(element(&start, open.last().map(String::as_str))),
            Ok(Xml::End(_)) => {
                open.pop();
            }
            Ok(Xml::Text(text)) => {
                let inside = open.last().map_or("", String::as_str);
                let may = RULES.iter().any(|rule| rule.element == inside && rule.text);
                if !may && !text.trim_ascii().is_empty() {
                    mistakes.push(format!("text in {inside}"));
                }
            }
            Ok(Xml::Eof) => break,
            Ok(_) => {}
            Err(error) => {
                mistakes.push(format!("no XML: {error}"));
                break;
            }
        }
    }
    mistakes
}

fn name(start: &BytesStart<'_>) -> String {
    String::from_utf8(start.name().as_ref().to_vec()).unwrap()
}

fn element(start: &BytesStart<'_>, inside: Option<&str>) -> Vec<String> {
    let name = name(start);
    let Some(rule) = RULES.iter().find(|rule| rule.element == name) else { return vec![format!("element {name}")] };
    let mut mistakes = Vec::new();
    let outer = inside.and_then(|outer| RULES.iter().find(|rule| rule.element == outer));
    let fits =
        outer.map_or(name == "testsuites" || name == "testsuite", |outer| outer.children.contains(&name.as_str()));
    if !fits {
        mistakes.push(format!("{name} in {inside:?}"));
    }
    let mut given = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.unwrap();
        let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
        let value = String::from_utf8(attribute.value.to_vec()).unwrap();
        if key == "time" && name != "testcase" && !is_time(&value) {
            mistakes.push(format!("{name} {key}=\"{value}\""));
        }
        given.push(key);
    }
    let known = |key: &String| rule.required.contains(&key.as_str()) || rule.optional.contains(&key.as_str());
    mistakes.extend(given.iter().filter(|key| !known(key)).map(|key| format!("{name} has {key}")));
    let lacks = rule.required.iter().filter(|key| !given.iter().any(|given| given == *key));
    mistakes.extend(lacks.map(|key| format!("{name} lacks {key}")));
    mistakes
}

/// Seconds, with at most three digits behind the point.
fn is_time(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    digits(&whole.replace(',', "")) && digits(part) && part.len() <= 3
}

#[rstest]
#[case(samples::passing())]
#[case(samples::failing())]
#[case(samples::contradicted())]
#[case(samples::incomplete())]
#[case(samples::chaos())]
#[case(samples::hostile())]
fn it_keeps_to_the_schema(#[case] events: Vec<Event>) {
    let folder = tempfile::tempdir().unwrap();
    let written = write_all(folder.path(), &events, &RunFacts::default()).unwrap();
    let xml = fs::read_to_string(&written.junit).unwrap();
    assert_eq!(mistakes(&xml), Vec::<String>::new(), "{xml}");
    assert!(xml.contains("<testcase") && xml.contains("name=\"seed\""));
}

#[rstest]
#[case("<testsuites skipped=\"0\"/>", "testsuites has skipped")]
#[case("<testsuites><testsuite name=\"a\" tests=\"1\" errors=\"0\"/></testsuites>", "testsuite lacks failures")]
#[case("<testsuites><testcase name=\"a\"/></testsuites>", "testcase in Some(\"testsuites\")")]
#[case("<testsuites time=\"1.2345\"/>", "testsuites time=\"1.2345\"")]
#[case("<testsuites>text</testsuites>", "text in testsuites")]
#[case("<testsuites><table/></testsuites>", "element table")]
fn what_does_not_keep_to_it_is_told(#[case] xml: &str, #[case] mistake: &str) {
    assert_eq!(mistakes(xml), [mistake]);
}
