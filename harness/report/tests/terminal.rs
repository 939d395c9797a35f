//! What the terminal shows, as snapshots.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod samples;

use rstest::rstest;
use seatrial_record::{Body, Event, EventLog, Sink};
use seatrial_report::{Lang, Options, RunFacts, Terminal, Verbosity, terminal};

fn facts() -> RunFacts {
    RunFacts { run_id: "20261123-050000".into(), wall_ms: Some(1_400), ..RunFacts::default() }
}

fn show(events: &[Event], options: &Options) -> String {
    terminal::render(events, options, Some(&facts()))
}

#[rstest]
#[case("passing", samples::passing())]
#[case("failing", samples::failing())]
#[case("contradicted", samples::contradicted())]
#[case("incomplete", samples::incomplete())]
fn a_run(#[case] name: &str, #[case] events: Vec<Event>) {
    let options = Options { folder: "target/seatrial/latest".into(), ..Options::default() };
    insta::assert_snapshot!(name, show(&events, &options));
}

#[test]
fn a_narrow_terminal_shows_differences_below_each_other() {
    let options = Options { width: 64, ..Options::default() };
    insta::assert_snapshot!(show(&samples::failing(), &options));
}

#[test]
fn quiet_and_verbose() {
    let quiet = Options { verbosity: Verbosity::Quiet, ..Options::default() };
    let verbose = Options { verbosity: Verbosity::Verbose, ..Options::default() };
    insta::assert_snapshot!("quiet", show(&samples::failing(), &quiet));
    insta::assert_snapshot!("verbose", show(&samples::contradicted(), &verbose));
}

/// Two scenarios at once: each line says whose it is, so that no header has to be repeated.
#[test]
fn side_by_side() {
    let mut events = samples::passing();
    let starts = |event: &Event| matches!(event.body, Body::ScenarioStarted { .. });
    let first = events.iter().position(starts).unwrap();
    let second = events.iter().rposition(starts).unwrap();
    events[first..=second].rotate_right(1);
    insta::assert_snapshot!(show(&events, &Options::default()));
}

#[test]
fn chinese() {
    let options = Options { lang: Lang::Zh, ..Options::default() };
    insta::assert_snapshot!(show(&samples::contradicted(), &options));
}

/// Claims that nobody looks at would bury what a chaos run found; the last lines still count them.
#[test]
fn a_run_that_speaks_of_no_claim_lists_none() {
    let mut events = samples::passing();
    for event in &mut events {
        match &mut event.body {
            Body::RunStarted(run) => run.scenarios.iter_mut().for_each(|scenario| scenario.claims.clear()),
            Body::CheckFinished(check) => check.findings.clear(),
            _ => {}
        }
    }
    let shown = show(&events, &Options::default());
    assert!(!shown.contains("Claims of the documentation"), "{shown}");
    assert!(shown.contains("claims decided"), "{shown}");
    assert!(show(&samples::passing(), &Options::default()).contains("Claims of the documentation"));
}

#[test]
fn colours_change_nothing_but_colours() {
    let plain = show(&samples::failing(), &Options::default());
    let colored = show(&samples::failing(), &Options { color: true, ..Options::default() });
    assert!(!plain.contains('\u{1b}'));
    assert!(colored.contains("\u{1b}[1;31m✗"));
    // Padding stands inside of colours, so blanks at the ends of lines are all that may differ.
    let trimmed = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(trimmed(&console::strip_ansi_codes(&colored)), trimmed(&plain));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 80, 100, 160] {
        let text = show(&samples::contradicted(), &Options { width, ..Options::default() });
        let widest =
            text.lines().filter(|line| !line.contains("Repeat")).map(console::measure_text_width).max().unwrap();
        assert!(widest <= width, "{widest} columns of {width}");
    }
}

/// The sink prints, event by event, what rendering the whole stream gives.
#[test]
fn a_sink_prints_the_same() {
    #[derive(Clone, Default)]
    struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let out = Shared::default();
    let events = samples::failing();
    let mut log = EventLog::new(vec![Box::new(Terminal::new(Options::default(), Box::new(out.clone())))]);
    for event in &events {
        log.append(event.at, event.body.clone()).unwrap();
    }
    let printed = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
    assert_eq!(printed, terminal::render(&events, &Options::default(), None));
}

#[test]
fn a_reader_who_left_does_not_stop_the_run() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut terminal = Terminal::new(Options::default(), Box::new(Closed));
    for event in samples::passing() {
        terminal.take(&event).unwrap();
    }
}
