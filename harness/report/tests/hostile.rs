//! Text that wants to do harm: markup, terminal escapes, broken encodings, 10 MB of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod samples;

use std::fs;

use proptest::prelude::*;
use seatrial_record::Event;
use seatrial_report::{Options, RunFacts, Written, terminal, write_all};

fn write(events: &[Event]) -> (tempfile::TempDir, Written) {
    let folder = tempfile::tempdir().unwrap();
    let facts = RunFacts { run_id: samples::EVIL.into(), host: Some(samples::EVIL.into()), ..RunFacts::default() };
    let written = write_all(folder.path(), events, &facts).unwrap();
    (folder, written)
}

fn is_harmless(text: &str) -> Result<(), char> {
    let bad = |char: &char| {
        (char.is_control() && *char != '\n' && *char != '\t')
            || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().find(bad).map_or(Ok(()), Err)
}

/// Everything between `<` and `>`: what a browser would take for markup.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    let body = html.split_once("</style>").unwrap().1;
    body.split('<').skip(1).map(|rest| rest.split('>').next().unwrap())
}

#[test]
fn html_has_no_markup_but_its_own() {
    let (_folder, written) = write(&samples::hostile());
    let html = fs::read_to_string(&written.html).unwrap();
    assert_eq!(is_harmless(&html), Ok(()));
    for tag in tags(&html) {
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        assert!(!["script", "img", "b", "iframe", "style"].contains(&name), "{tag}");
        assert!(!tag.contains("onload=alert") || tag.contains("&quot;"), "{tag}");
        assert!(!tag.contains("href=\"javascript"), "{tag}");
    }
    assert!(html.contains("&lt;script&gt;alert('x')&lt;/script&gt;"), "it is shown, as text");
    assert!(html.contains("汉字") && html.contains("עברית"));
}

#[test]
fn html_is_bounded_and_the_whole_log_is_beside_it() {
    let (folder, written) = write(&samples::hostile());
    assert!(fs::metadata(&written.html).unwrap().len() < 300_000);
    let sizes: Vec<u64> = written.evidence.iter().map(|path| fs::metadata(path).unwrap().len()).collect();
    assert!(sizes.iter().any(|size| *size > 8_000_000), "{sizes:?}");
    let root = folder.path().canonicalize().unwrap();
    for path in &written.evidence {
        assert!(path.canonicalize().unwrap().starts_with(root.join("evidence")), "{}", path.display());
        assert!(path.file_name().unwrap().to_str().unwrap().bytes().all(|byte| byte.is_ascii_graphic()));
    }
}

#[test]
fn junit_is_xml_without_control_characters() {
    let (_folder, written) = write(&samples::hostile());
    let xml = fs::read_to_string(&written.junit).unwrap();
    assert_eq!(is_harmless(&xml), Ok(()));
    assert!(!xml.contains(['\u{fffe}', '\u{ffff}']), "XML has no such characters");
    let report = quick_junit::Report::deserialize(xml.as_bytes()).unwrap();
    assert_eq!(report.test_suites[0].name.as_str(), "evil@<b>");
}

#[test]
fn markdown_has_no_markup_but_its_own() {
    let (_folder, written) = write(&samples::hostile());
    let text = fs::read_to_string(&written.summary).unwrap();
    assert_eq!(is_harmless(&text), Ok(()));
    assert!(text.len() < 100_000);
    let mut fence: Option<String> = None;
    let mut fenced = 0;
    for line in text.lines() {
        let ticks: String = line.chars().take_while(|char| *char == '`').collect();
        match &fence {
            Some(open) if line == open => fence = None,
            Some(_) => fenced += 1,
            None if ticks.len() >= 3 && !line[ticks.len()..].contains('`') => fence = Some(ticks),
            None => {
                let prose = without_code(line);
                for markup in ["<script", "<img", "](", "@everyone", "**bold"] {
                    assert!(!prose.contains(markup), "{markup} in {line}");
                }
            }
        }
    }
    assert!(fence.is_none() && fenced > 5, "every fence is closed by its own end");
}

/// A line of Markdown without its code spans.
fn without_code(line: &str) -> String {
    let (mut prose, mut rest) = (String::new(), line);
    while let Some(start) = rest.find('`') {
        prose.push_str(&rest[..start]);
        let ticks = rest[start..].chars().take_while(|char| *char == '`').count();
        let after = &rest[start + ticks..];
        let mut from = 0;
        let end = loop {
            let Some(found) = after[from..].find('`').map(|at| at + from) else { break None };
            let run = after[found..].chars().take_while(|char| *char == '`').count();
            if run == ticks {
                break Some(found + run);
            }
            from = found + run;
        };
        let Some(end) = end else { return prose + &rest[start..] };
        rest = &after[end..];
    }
    prose + rest
}

#[test]
fn the_terminal_gets_no_escapes_but_our_own() {
    let plain = terminal::render(&samples::hostile(), &Options::default(), None);
    assert_eq!(is_harmless(&plain), Ok(()));
    let colored = terminal::render(&samples::hostile(), &Options { color: true, ..Options::default() }, None);
    for rest in colored.split('\u{1b}').skip(1) {
        let code = rest.strip_prefix('[').and_then(|rest| rest.split_once('m')).map(|(code, _)| code);
        assert!(code.is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';')), "{rest:?}");
    }
}

#[test]
fn the_replay_is_one_line_whatever_it_says() {
    let mut events = samples::passing();
    let seatrial_record::Body::RunStarted(start) = &mut events[0].body else { panic!("no start") };
    start.replay = "seatrial run\nrm -rf /\r\n\u{1b}[2Jx".into();
    start.tdengine = "2.1\nrm -rf /".into();
    let (_folder, written) = write(&events);
    let replay = fs::read_to_string(&written.replay).unwrap();
    assert_eq!(replay.lines().count(), 2, "{replay}");
    assert!(replay.lines().all(|line| line.starts_with('#') || line.starts_with("seatrial run")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Events in any order and any number: a report is made of them, and nothing panics.
    #[test]
    fn any_stream_is_reported(order in prop::collection::vec(0_usize..400, 0..120), width in 0_usize..200) {
        let events = samples::failing();
        let mut shuffled = vec![events[0].clone()];
        shuffled.extend(order.iter().map(|index| events[index % events.len()].clone()));
        let folder = tempfile::tempdir().unwrap();
        write_all(folder.path(), &shuffled, &RunFacts::default()).unwrap();
        let options = Options { width, ..Options::default() };
        prop_assert!(!terminal::render(&shuffled, &options, None).is_empty());
    }
}
