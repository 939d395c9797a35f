//! What a policy makes of a run, and what a self-check makes of what was caught.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod samples;

use rstest::rstest;
use samples::{EVIL, Outcome, Story};
use seatrial_record::{Blame, Event, Finding, Verdict};
use seatrial_report::{
    Model, Options,
    compare::{Rules, compare},
    qualify::{
        Case, Policy, Qualification, Qualified, Requirement, Severity, Treat, judge, print, write_qualification,
    },
    selfcheck::{Catch, Planted, SelfCheck, Trial, Unproved},
};

fn policy() -> Policy {
    Policy {
        name: "test".to_owned(),
        file: "policy.yaml".to_owned(),
        repeats: 2,
        manifests: vec!["doc".to_owned()],
        may_fail: vec!["fragile".to_owned()],
        flaky: Treat::Inconclusive,
        must_hold: vec![
            Requirement { claim: "scale-up/automatic".to_owned(), manifests: None },
            // Of another version: nobody asks for it.
            Requirement { claim: "no/such-claim".to_owned(), manifests: None },
        ],
        worse: Treat::Fail,
        slower: Treat::Note,
        lost: Treat::Inconclusive,
        times: Rules::default(),
    }
}

/// Two runs of one scenario, each with its end.
fn runs(name: &str, ends: [(Verdict, Option<Blame>); 2], finding: Finding) -> Vec<Event> {
    let keys = [format!("{name}@doc"), format!("{name}@doc#2")];
    let mut ledger = samples::ledger();
    ledger.retain(|claim| claim.id == "scale-up/automatic");
    let mut story = Story::new(&ledger, &[(&keys[0], 1), (&keys[1], 1)]);
    for (key, (verdict, blame)) in keys.iter().zip(ends) {
        story.scenario(key, 1);
        story.step("scale to 3");
        let mut end = Outcome::of(verdict, "3", "3").because("it was not ready").finding("scale-up/automatic", finding);
        if let Some(blame) = blame {
            end = end.blame(blame);
        }
        story.check("dnodes: ready 3", end);
        story.end_step();
        story.end_scenario();
    }
    story.finish()
}

fn judged(events: &[Event], policy: &Policy) -> Qualification {
    let model = Model::of(events).unwrap();
    let case = Case { model: &model, baseline: None, digest: None, before: Vec::new(), files: Vec::new() };
    judge(&case, policy)
}

const PASS: (Verdict, Option<Blame>) = (Verdict::Pass, None);
const BROKEN: (Verdict, Option<Blame>) = (Verdict::Fail, Some(Blame::Product));
const ELSEWHERE: (Verdict, Option<Blame>) = (Verdict::Fail, Some(Blame::Environment));
const UNSAID: (Verdict, Option<Blame>) = (Verdict::Unknown, Some(Blame::Harness));

#[rstest]
#[case::all_well("steady", [PASS, PASS], Finding::Confirmed, Qualified::Yes)]
#[case::broken("steady", [BROKEN, BROKEN], Finding::Confirmed, Qualified::No)]
#[case::flaky("steady", [PASS, BROKEN], Finding::Confirmed, Qualified::Inconclusive)]
#[case::may_fail("fragile", [PASS, BROKEN], Finding::Confirmed, Qualified::WithNotes)]
#[case::environment("steady", [PASS, ELSEWHERE], Finding::Confirmed, Qualified::Inconclusive)]
#[case::unsaid("steady", [PASS, UNSAID], Finding::Confirmed, Qualified::Inconclusive)]
#[case::claim_broken("steady", [PASS, PASS], Finding::Contradicted, Qualified::No)]
#[case::claim_unsaid("steady", [PASS, PASS], Finding::Unknown, Qualified::Inconclusive)]
// What speaks against a release counts more than what could not be said of it.
#[case::worst_wins("steady", [BROKEN, ELSEWHERE], Finding::Unknown, Qualified::No)]
fn rules(
    #[case] name: &str,
    #[case] ends: [(Verdict, Option<Blame>); 2],
    #[case] finding: Finding,
    #[case] verdict: Qualified,
) {
    let found = judged(&runs(name, ends, finding), &policy());
    assert_eq!(found.verdict, verdict, "{:#?}", found.points);
    assert_eq!(
        found.verdict.exit().code(),
        match verdict {
            Qualified::Yes | Qualified::WithNotes => 0,
            Qualified::No => 1,
            Qualified::Inconclusive => 5,
        }
    );
}

#[test]
fn too_few_runs_missing_manifests_and_a_missing_end_leave_it_open() {
    let events = runs("steady", [PASS, PASS], Finding::Confirmed);
    let more = Policy { repeats: 3, ..policy() };
    assert_eq!(judged(&events, &more).points[0].found, "1 ran only 2 times, and the policy asks for 3");
    let both = Policy { manifests: vec!["doc".to_owned(), "headless".to_owned()], ..policy() };
    assert_eq!(
        (judged(&events, &both).verdict, judged(&events, &both).points[0].what.as_str()),
        (Qualified::Inconclusive, "headless")
    );
    let killed = judged(&events[..events.len() - 1], &policy());
    assert_eq!(killed.verdict, Qualified::Inconclusive);
}

#[test]
fn a_baseline_that_did_better_speaks_against_the_release() {
    let good = Model::of(&runs("fragile", [PASS, PASS], Finding::Confirmed)).unwrap();
    let bad = Model::of(&runs("fragile", [BROKEN, BROKEN], Finding::Confirmed)).unwrap();
    let baseline = compare(("old", &good), ("new", &bad), &Rules::default());
    let case = Case { model: &bad, baseline: Some(&baseline), digest: None, before: Vec::new(), files: Vec::new() };
    let found = judge(&case, &policy());
    assert_eq!((found.verdict, found.baseline.as_deref()), (Qualified::No, Some("old")));
    assert!(found.points.iter().any(|point| point.rule == "baseline: worse" && point.severity == Severity::Against));
    let lenient = judge(&case, &Policy { worse: Treat::Note, ..policy() });
    assert_eq!(lenient.verdict, Qualified::WithNotes, "the scenario itself may fail");
}

#[test]
fn a_baseline_with_nothing_in_common_leaves_it_open() {
    let (one, other) = (runs("one", [PASS, PASS], Finding::Confirmed), runs("other", [PASS, PASS], Finding::Confirmed));
    let (one, other) = (Model::of(&one).unwrap(), Model::of(&other).unwrap());
    let baseline = compare(("old", &one), ("new", &other), &Rules::default());
    let case = Case { model: &other, baseline: Some(&baseline), digest: None, before: Vec::new(), files: Vec::new() };
    assert_eq!(judge(&case, &policy()).verdict, Qualified::Inconclusive);
}

#[test]
fn a_qualification_is_printed_and_hostile_text_stays_text() {
    let found = judged(&runs("steady", [PASS, BROKEN], Finding::Confirmed), &policy());
    insta::assert_snapshot!("qualification", print(&found, &Options::default()));
    let model = Model::of(&samples::hostile()).unwrap();
    let case = Case { model: &model, baseline: None, digest: Some(EVIL.into()), before: Vec::new(), files: Vec::new() };
    let folder = tempfile::tempdir().unwrap();
    let page = write_qualification(folder.path(), &judge(&case, &policy())).unwrap();
    let html = std::fs::read_to_string(page).unwrap();
    assert!(!html.contains("<script") && !html.contains("<img") && html.contains("&lt;script&gt;"));
    assert!(!html.chars().any(|char| char.is_control() && char != '\n'));
}

fn planted(name: &str, trials: &[(&str, Option<bool>)]) -> Planted {
    let trial = |(scenario, caught): &(&str, Option<bool>)| Trial {
        scenario: (*scenario).to_owned(),
        catches: caught
            .iter()
            .map(|expected| Catch {
                step: 1,
                check: 1,
                title: "dnodes: ready 1".to_owned(),
                reason: "it was not".to_owned(),
                expected: *expected,
            })
            .collect(),
    };
    Planted {
        name: name.to_owned(),
        area: "DNS".to_owned(),
        summary: "Something is wrong.".to_owned(),
        expected: "start (dnodes)".to_owned(),
        trials: trials.iter().map(trial).collect(),
    }
}

#[test]
fn a_missed_defect_a_surprise_and_a_blind_scenario_prove_nothing() {
    let scenarios = ["a@doc", "b@doc", "c@doc"].map(str::to_owned).to_vec();
    let caught = planted("caught", &[("a@doc", None), ("b@doc", Some(true))]);
    let selfcheck = |defects: Vec<Planted>, partial| SelfCheck {
        seatrial: "0.1.0".to_owned(),
        tdengine: vec!["2.1.1.0".to_owned()],
        seed: 1,
        scenarios: scenarios.clone(),
        defects,
        partial,
        full: false,
        runs: 5,
    };
    let all = selfcheck(
        vec![caught.clone(), planted("missed", &[("a@doc", None)]), planted("odd", &[("a@doc", Some(false))])],
        false,
    );
    let unproved = all.unproved();
    assert_eq!(
        unproved,
        [
            Unproved::Missed("missed".to_owned()),
            Unproved::Elsewhere("odd".to_owned()),
            Unproved::Blind("c@doc".to_owned())
        ]
    );
    insta::assert_snapshot!("selfcheck", seatrial_report::selfcheck::print(&all, &Options::default()));
    assert_eq!(selfcheck(vec![caught], true).unproved(), [], "of some defects nothing is said about scenarios");
}
