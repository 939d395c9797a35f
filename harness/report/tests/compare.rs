//! Two runs compared: what counts, what chance explains, and what cannot be compared.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod samples;

use rstest::rstest;
use samples::{EVIL, Outcome, Story};
use seatrial_record::{Body, Event, Finding, ObservedKind, Verdict};
use seatrial_report::{
    Model, Options,
    compare::{
        Comparison, ContentKind, Incomparable, Judgement, Pace, Purpose, Rules, TimeKind, Weight, compare, print,
        write_comparison,
    },
};

/// A run that drops a dnode and scales up again.
#[derive(Clone)]
struct Sample {
    outcomes: Vec<&'static str>,
    join_ms: i64,
    error: &'static str,
    verdict: Verdict,
    finding: Finding,
    scenario: &'static str,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            outcomes: vec!["removed"],
            join_ms: 12_000,
            error: "DB error: Out of DNodes (0.001s)",
            verdict: Verdict::Pass,
            finding: Finding::Confirmed,
            scenario: "scale@doc",
        }
    }
}

impl Sample {
    fn events(&self) -> Vec<Event> {
        let key = |number: usize| match number {
            0 => self.scenario.to_owned(),
            more => format!("{}#{}", self.scenario, more + 1),
        };
        let keys: Vec<String> = (0..self.outcomes.len()).map(key).collect();
        let plan: Vec<(&str, u32)> = keys.iter().map(|key| (key.as_str(), 2)).collect();
        let mut story = Story::new(&samples::ledger(), &plan);
        for (key, outcome) in keys.iter().zip(&self.outcomes) {
            story.scenario(key, 1);
            story.step("start the cluster");
            for (pod, dnode) in [("tdengine-0", "dnode 1"), ("tdengine-1", "dnode 2")] {
                story.observe(ObservedKind::Pod, pod, "Running 1/1");
                story.observe(ObservedKind::Dnode, dnode, "ready");
            }
            story.pass(30_000);
            story.end_step();

            story.step("drop dnode 2");
            let seen = story.shell("drop dnode 2 in tdengine-0", "drop dnode 2", self.error);
            if *outcome == "removed" {
                story.pass(4_000).observe(ObservedKind::Dnode, "dnode 2", "gone");
            } else {
                story.pass(1_000).observe(ObservedKind::Dnode, "dnode 2", "dropping");
            }
            story.pass(60_000);
            let found = if *outcome == "removed" { Finding::Confirmed } else { Finding::Contradicted };
            let end = Outcome::pass("1 ready").evidence(seen).outcome(outcome);
            story.check("one of the outcomes removed, stuck", end.finding("scale-down/drop-removes", found));
            story.end_step();

            story.step("scale to 3");
            story.pass(1_000).observe(ObservedKind::Pod, "tdengine-2", "Running 1/1");
            story.pass(self.join_ms).observe(ObservedKind::Dnode, "dnode 3", "ready");
            let end = Outcome::of(self.verdict, "3 ready", "3 ready").because("it was not ready");
            story.check("dnodes: ready 3", end.finding("scale-up/automatic", self.finding));
            story.end_step();
            story.end_scenario();
        }
        story.finish()
    }
}

fn pair(a: &[Event], b: &[Event]) -> Result<Comparison, Incomparable> {
    compare(("a", &Model::of(a).unwrap()), ("b", &Model::of(b).unwrap()), &Rules::default())
}

fn compared(a: &Sample, b: &Sample) -> Comparison {
    pair(&a.events(), &b.events()).unwrap()
}

#[test]
fn a_run_does_not_differ_from_itself() {
    for events in [samples::passing(), samples::failing(), samples::contradicted(), samples::hostile()] {
        let comparison = pair(&events, &events).unwrap();
        assert_eq!((comparison.judgement, comparison.weights().count()), (Judgement::Same, 0));
    }
}

#[test]
fn a_check_that_fails_is_worse_and_one_that_passes_again_is_better() {
    let failing = Sample { verdict: Verdict::Fail, finding: Finding::Contradicted, ..Sample::default() };
    let worse = compared(&Sample::default(), &failing);
    assert_eq!(worse.judgement, Judgement::Worse);
    let steps: Vec<_> = worse.verdicts.iter().map(|change| (change.place.step, change.weight)).collect();
    assert_eq!(steps, [(None, Weight::Worse), (Some(2), Weight::Worse)]);
    assert_eq!(worse.verdicts[1].reason, "it was not ready");
    let claims: Vec<_> = worse.claims.iter().map(|change| (change.claim.as_str(), change.weight)).collect();
    assert_eq!(claims, [("scale-up/automatic", Weight::Worse)]);
    let better = compared(&failing, &Sample::default());
    assert_eq!(better.judgement, Judgement::Different);
    assert!(better.weights().all(|weight| weight == Weight::Better));
}

#[test]
fn another_named_outcome_is_chance_and_what_follows_it_is_not_compared() {
    let stuck = Sample { outcomes: vec!["stuck"], error: "DB error: other", ..Sample::default() };
    let comparison = compared(&Sample::default(), &stuck);
    assert_eq!(comparison.judgement, Judgement::Same, "{comparison:#?}");
    assert_eq!(comparison.outcomes[0].weight, Weight::Chance);
    assert_eq!(
        (comparison.claims[0].claim.as_str(), comparison.claims[0].weight),
        ("scale-down/drop-removes", Weight::Chance)
    );
    assert!(comparison.contents.is_empty() && comparison.other_ways == 4, "{comparison:#?}");
}

#[test]
fn twenty_runs_tell_a_shift_from_chance() {
    let half = [vec!["removed"; 10], vec!["stuck"; 10]].concat();
    let a = Sample { outcomes: half.clone(), ..Sample::default() };
    let near = Sample { outcomes: [vec!["removed"; 7], vec!["stuck"; 13]].concat(), ..Sample::default() };
    assert_eq!(compared(&a, &near).judgement, Judgement::Same);
    let far = compared(&a, &Sample { outcomes: vec!["stuck"; 20], ..Sample::default() });
    assert_eq!((far.outcomes[0].weight, far.claims[0].weight), (Weight::Note, Weight::Worse));
    assert_eq!((far.a.repeats, far.claims[0].held_a, far.claims[0].held_b), (20, (10, 20), (0, 20)));
}

#[test]
fn the_text_of_an_error_counts_and_its_numbers_do_not() {
    let later = Sample { error: "DB error: Out of DNodes (0.004s)", ..Sample::default() };
    assert_eq!(compared(&Sample::default(), &later).judgement, Judgement::Same);
    let other =
        compared(&Sample::default(), &Sample { error: "DB error: Dnode not found (0.004s)", ..Sample::default() });
    assert_eq!(other.judgement, Judgement::Different);
    let change = &other.contents[0];
    assert_eq!((change.kind, change.place.step), (ContentKind::Error, Some(1)));
    assert_eq!(
        (change.a.join(""), change.b.join("")),
        ("DB error: Out of DNodes (Ns)".into(), "DB error: Dnode not found (Ns)".into())
    );
}

#[test]
fn times_are_read_off_the_events() {
    let slow = compared(&Sample::default(), &Sample { join_ms: 40_000, ..Sample::default() });
    let times: Vec<_> = slow.kinds.iter().map(|times| (times.kind, times.a.p50, times.b.p50, times.pace)).collect();
    assert_eq!(
        times,
        [
            (TimeKind::Start, 30_000, 30_000, Pace::Same),
            (TimeKind::Join, 13_000, 41_000, Pace::Slower),
            (TimeKind::Drop, 4_000, 4_000, Pace::Same),
        ]
    );
    assert_eq!((slow.judgement, slow.times[0].subject.as_str()), (Judgement::Worse, "dnode 3"));
    let faster = compared(&Sample { join_ms: 40_000, ..Sample::default() }, &Sample::default());
    assert_eq!((faster.judgement, faster.times[0].weight), (Judgement::Different, Weight::Better));
}

#[test]
fn of_a_model_every_difference_is_a_mistake_but_time() {
    let elsewhere = |sample: &Sample| {
        let mut events = sample.events();
        if let Body::RunStarted(start) = &mut events[0].body {
            start.environment = "kind".to_owned();
        }
        events
    };
    let slow = pair(&Sample::default().events(), &elsewhere(&Sample { join_ms: 40_000, ..Sample::default() })).unwrap();
    assert_eq!((slow.purpose, slow.judgement), (Purpose::Model, Judgement::Different));
    let failing = Sample { verdict: Verdict::Fail, ..Sample::default() };
    let wrong = pair(&failing.events(), &elsewhere(&Sample::default())).unwrap();
    assert_eq!(wrong.judgement, Judgement::Worse, "also where the real cluster does better");
}

#[test]
fn what_is_missing_is_not_the_same() {
    let whole = samples::passing();
    let part = Story::new(&samples::ledger(), &[("start@doc", 2)]);
    let killed = pair(&whole, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(killed.judgement, Judgement::Unclear);
    assert!(killed.reason().contains("b has no end"), "{}", killed.reason());
    let never = pair(&whole, &part.finish()).unwrap_err();
    assert!(matches!(&never, Incomparable::NothingRun { run } if run == "b"), "{never}");
    let other = pair(&whole, &Sample { scenario: "other@doc", ..Sample::default() }.events()).unwrap_err();
    let text = other.to_string();
    assert!(text.contains("a and b have no scenario in common") && text.contains("b: other@doc"), "{text}");
}

#[rstest]
#[case(60)]
#[case(120)]
fn a_comparison_as_it_is_printed(#[case] width: usize) {
    let b = Sample {
        outcomes: [vec!["stuck"; 6], vec!["removed"]].concat(),
        join_ms: 40_000,
        error: "DB error: Dnode not found",
        verdict: Verdict::Fail,
        finding: Finding::Contradicted,
        ..Sample::default()
    };
    let a = Sample { outcomes: vec!["removed"; 7], ..Sample::default() };
    let options = Options { width, ..Options::default() };
    let text = print(&compared(&a, &b), &options);
    assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
    insta::assert_snapshot!(format!("comparison_{width}"), text);
}

#[test]
fn hostile_text_stays_text_in_every_file() {
    let mut evil = Sample::default().events();
    let mut more = Sample { verdict: Verdict::Fail, ..Sample::default() }.events();
    for events in [&mut evil, &mut more] {
        for event in events.iter_mut() {
            match &mut event.body {
                Body::CheckFinished(check) => {
                    check.title = EVIL.into();
                    check.reason = EVIL.repeat(1_000);
                    check.seen = format!("error: {EVIL} {}", check.verdict);
                }
                Body::Observed { observation, .. } => observation.name += EVIL,
                Body::StepStarted { title, .. } => *title = EVIL.into(),
                _ => {}
            }
        }
    }
    let comparison = pair(&evil, &more).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_comparison(folder.path(), &comparison).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let terminal = print(&comparison, &Options::default());
    for text in [&terminal, &read("compare.html"), &read("compare.md"), &read("compare.json")] {
        assert!(!text.chars().any(|char| char.is_control() && char != '\n'), "control characters");
        assert!(text.len() < 100_000, "{} bytes", text.len());
    }
    let html = read("compare.html");
    assert!(!html.contains("<script") && !html.contains("<img") && html.contains("&lt;script&gt;"));
    assert!(!read("compare.md").contains("<script") && !read("compare.md").contains("[link]"));
    let again: Comparison = serde_json::from_str(&read("compare.json")).unwrap();
    assert_eq!(again, comparison);
}
