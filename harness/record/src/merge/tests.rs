use rstest::rstest;

use super::*;
use crate::{FORMAT, PlannedScenario, RunStarted, ScenarioFinished, Shard, Verdict};

fn planned(key: &str) -> PlannedScenario {
    PlannedScenario {
        key: key.into(),
        name: key.into(),
        summary: String::new(),
        file: String::new(),
        manifests: "doc".into(),
        claims: Vec::new(),
        steps: Vec::new(),
        checks: 1,
    }
}

/// A shard that ran one scenario.
fn part(index: u32, count: u32, turn: impl FnOnce(&mut RunStarted)) -> Part {
    let key = format!("scenario-{index}");
    let mut start = RunStarted {
        format: FORMAT,
        seatrial: "0.1.0".into(),
        environment: "embedded".into(),
        kubernetes: "v1.36".into(),
        tdengine: "2.1.1.0".into(),
        image: "tdengine/tdengine:2.1.1.0".into(),
        seed: 1,
        replay: format!("seatrial run --shard {index}/{count}"),
        scenarios: vec![planned(&key)],
        skipped: Vec::new(),
        claims: Vec::new(),
        details: Vec::new(),
        shard: Some(Shard { index, count, places: vec![count - index] }),
    };
    turn(&mut start);
    let end = ScenarioFinished {
        scenario: key,
        verdict: Some(if index == 1 { Verdict::Pass } else { Verdict::Fail }),
        blame: None,
        reason: "why".into(),
        passed: 0,
        checks: 1,
        took_ms: 1,
        own_ms: None,
    };
    let run = RunFinished::of([&end], false);
    let bodies = [Body::RunStarted(Box::new(start)), Body::ScenarioFinished(end), Body::RunFinished(run)];
    let event = |(seq, body)| Event { seq, at: Timestamp::UNIX_EPOCH, body };
    Part { path: format!("shard-{index}").into(), events: (1..).zip(bodies).map(event).collect() }
}

#[derive(Clone, Default)]
struct Kept(std::sync::Arc<std::sync::Mutex<Vec<Event>>>);

impl crate::Sink for Kept {
    fn take(&mut self, event: &Event) -> Result<(), WriteError> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}

fn joined(parts: &[Part]) -> Result<Vec<Event>, String> {
    let kept = Kept::default();
    merge(parts, &mut EventLog::new(vec![Box::new(kept.clone())])).map_err(|error| error.to_string())?;
    let events = kept.0.lock().unwrap().clone();
    Ok(events)
}

#[test]
fn scenarios_come_back_in_the_order_of_the_plan() {
    let events = joined(&[part(1, 2, |_| {}), part(2, 2, |_| {})]).unwrap();
    let [start, two, one, end] = events.as_slice() else { panic!("{events:?}") };
    let Body::RunStarted(start) = &start.body else { panic!("{start:?}") };
    assert_eq!((start.replay.as_str(), &start.shard), ("seatrial run", &None));
    assert_eq!(
        start.scenarios.iter().map(|planned| planned.key.as_str()).collect::<Vec<_>>(),
        ["scenario-2", "scenario-1"]
    );
    assert_eq!((two.body.scenario(), one.body.scenario()), (Some("scenario-2"), Some("scenario-1")));
    let Body::RunFinished(end) = &end.body else { panic!("{end:?}") };
    assert_eq!((end.verdict, end.reason.as_str()), (Some(Verdict::Fail), "scenario-2: why"));
}

#[test]
fn a_shard_without_an_end_gives_a_run_without_one() {
    let mut killed = part(2, 2, |_| {});
    killed.events.pop();
    let events = joined(&[part(1, 2, |_| {}), killed]).unwrap();
    assert!(!events.iter().any(|event| matches!(event.body, Body::RunFinished(_))));
}

#[rstest]
#[case::missing(vec![part(1, 3, |_| {})], "of 3 shards there are 1; 2/3, 3/3 are missing")]
#[case::twice(vec![part(1, 2, |_| {}), part(1, 2, |_| {})], "shard-1 and shard-1 are both shard 1/2")]
#[case::whole(vec![part(1, 1, |start| start.shard = None)], "shard-1 is not a shard")]
#[case::seed(vec![part(1, 2, |_| {}), part(2, 2, |start| start.seed = 7)], "the seed differs\n  1\n  7")]
#[case::version(
    vec![part(1, 2, |_| {}), part(2, 2, |start| start.tdengine = "3.3.0.1".into())],
    "the version of TDengine differs\n  \"2.1.1.0\"\n  \"3.3.0.1\""
)]
#[case::command(
    vec![part(1, 2, |_| {}), part(2, 2, |start| start.replay = "seatrial run x --shard 2/2".into())],
    "the command differs"
)]
#[case::count(vec![part(1, 2, |_| {}), part(2, 3, |start| start.replay = "seatrial run".into())], "number of shards differs")]
fn what_does_not_belong_together_is_refused(#[case] parts: Vec<Part>, #[case] message: &str) {
    let error = joined(&parts).unwrap_err();
    assert!(error.contains(message), "{error}");
}
