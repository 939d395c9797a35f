use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use rstest::rstest;
use seatrial_record::{Table, Verdict};
use seatrial_taos::{Reply, SqlError, SqlOutcome, name_code};

use super::*;
use crate::{CopyRead, Event, History, Summary, check, read_back};

/// A server of one table that can be told to misbehave.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    rows: BTreeMap<i64, (u32, u64)>,
    down: Option<(Instant, Instant)>,
    lies: bool,
    /// Of several rows in one statement only the first is stored.
    hasty: bool,
    asked: Vec<String>,
    made: Vec<String>,
    /// A read does not see rows with this number and later ones.
    blind_from: Option<u64>,
}

impl Fake {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    async fn answer(&mut self, pod: &str, sql: &str) -> Result<SqlOutcome> {
        tokio::time::sleep(Duration::from_millis(3)).await;
        let mut state = self.state();
        state.asked.push(pod.to_owned());
        let reply = if let Some(values) = sql.split(" values(").nth(1) {
            let rows: Vec<&str> = values.trim_end_matches(')').split(")(").collect();
            let down = state.down.is_some_and(|(from, to)| (from..to).contains(&Instant::now()));
            let kept = if state.hasty { 1 } else { rows.len() };
            for row in &rows[..kept] {
                let numbers: Vec<i64> = row.split(", ").map(|text| text.parse().unwrap()).collect();
                // While it is down it answers with an error, and stores every other row all the same.
                if !(down && numbers[2] % 2 == 0 || state.lies && numbers[2] == 7) {
                    let row = (u32::try_from(numbers[1]).unwrap(), u64::try_from(numbers[2]).unwrap());
                    assert!(state.rows.insert(numbers[0], row).is_none(), "two rows with one time");
                }
            }
            if down {
                Err(SqlError { code: Some(name_code(0x000b)), text: "Unable to establish connection".to_owned() })
            } else {
                Ok(Reply::Affected(rows.len() as u64))
            }
        } else if sql.starts_with("select") {
            let bound = |mark: &str| {
                let text = sql.split(mark).nth(1)?;
                text.split(' ').next()?.parse::<i64>().ok()
            };
            let (from, to) = (bound("ts >= ").unwrap_or(i64::MIN), bound("ts < ").unwrap_or(i64::MAX));
            let blind = state.blind_from;
            let seen = |row: &&(u32, u64)| blind.is_none_or(|from| row.1 < from);
            let row = |row: &(u32, u64)| vec![Some(row.0.to_string()), Some(row.1.to_string())];
            Ok(Reply::Rows(Table {
                columns: vec!["writer".to_owned(), "seq".to_owned()],
                rows: state.rows.range(from..to).map(|(_, value)| value).filter(seen).map(row).collect(),
            }))
        } else if sql.starts_with("show") {
            let name = |sql: &String| Some(sql.strip_prefix("create table d1.")?.split(' ').next()?.to_owned());
            let gone = |name: &String| state.made.contains(&format!("drop table d1.{name}"));
            let rows = state.made.iter().filter_map(name).filter(|name| !gone(name)).map(|name| vec![Some(name)]);
            Ok(Reply::Rows(Table { columns: vec!["table_name".to_owned()], rows: rows.collect() }))
        } else {
            state.made.push(sql.to_owned());
            Ok(Reply::Done(String::new()))
        };
        Ok(SqlOutcome { sql: sql.to_owned(), reply, elapsed: None })
    }
}

impl Client for Fake {
    fn run<'a>(&'a mut self, pod: &'a str, sql: &'a str, _: Duration) -> BoxFuture<'a, Result<SqlOutcome>> {
        self.answer(pod, sql).boxed()
    }
}

fn inserts(seed: u64) -> Inserts {
    Inserts {
        database: "d1".to_owned(),
        table: "load".to_owned(),
        tables: 1,
        writers: 3,
        batch: 1,
        every: Some(Duration::from_millis(100)),
        readers: 0,
        changes: false,
        via: Via::Shell,
        pods: vec!["tdengine-0".to_owned(), "tdengine-1".to_owned()],
        limit: Duration::from_secs(30),
        seed,
    }
}

fn clock() -> Clock {
    let start = Instant::now();
    let base = Timestamp::from_second(1_795_411_584).unwrap();
    Arc::new(move || base + start.elapsed())
}

/// Runs a workload for some seconds and reads everything back.
async fn run_all(fake: &Fake, inserts: Inserts, seconds: u64) -> History {
    let running = inserts.clone().start_with(|| fake.clone(), &clock(), None).unwrap();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let mut history = running.stop().await;
    let limit = Duration::from_secs(30);
    let found = read_back(&mut fake.clone(), "tdengine-0", &inserts, &history, limit).await.unwrap();
    history.keep(CopyRead { rows: found.rows, ..CopyRead::default() });
    history.tables = found.tables;
    history
}

async fn run(fake: &Fake, seed: u64, seconds: u64) -> History {
    run_all(fake, inserts(seed), seconds).await
}

#[tokio::test(start_paused = true)]
async fn a_healthy_server_keeps_everything() {
    let fake = Fake::default();
    let history = run(&fake, 1, 600).await;
    let check = check(&history);
    assert_eq!((check.verdict(), check.acked, check.stored), (Verdict::Pass, 18_000, Some(18_000)));
    let summary = Summary::of(&history);
    assert!(summary.error_windows.is_empty() && summary.longest_stall.unwrap().ms <= 203);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_seen_and_nothing_is_lost() {
    let fake = Fake::default();
    let now = Instant::now();
    fake.state().down = Some((now + Duration::from_secs(2), now + Duration::from_secs(5)));
    let history = run(&fake, 2, 10).await;
    let check = check(&history);
    assert_eq!(check.verdict(), Verdict::Pass);
    assert!(check.recovered > 0 && check.dropped > 0, "{check}");
    let summary = Summary::of(&history);
    assert_eq!(summary.error_windows.len(), 1);
    let stall = summary.longest_stall.unwrap().ms;
    assert!((2_900..3_200).contains(&stall), "{stall}");
    assert_eq!(summary.info, check.recovered + check.dropped);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lies_is_caught() {
    let fake = Fake::default();
    fake.state().lies = true;
    let history = run(&fake, 3, 2).await;
    let lost: Vec<_> = check(&history).lost;
    assert_eq!(lost, [0, 1, 2].map(|writer| RowId { writer, sequence: 7 }));
}

#[tokio::test(start_paused = true)]
async fn several_rows_in_one_statement_are_counted_one_by_one() {
    let batch = Inserts { batch: 3, ..inserts(13) };
    let whole = check(&run_all(&Fake::default(), batch.clone(), 2).await);
    assert_eq!((whole.verdict(), whole.acked, whole.stored), (Verdict::Pass, 180, Some(180)));
    let fake = Fake::default();
    fake.state().hasty = true;
    let lost = check(&run_all(&fake, batch, 2).await).lost;
    assert_eq!(lost.len(), 120);
    assert_eq!(lost[..2], [1, 2].map(|sequence| RowId { writer: 0, sequence }));
}

#[tokio::test(start_paused = true)]
async fn rows_outside_of_the_workloads_time_are_read_too() {
    let fake = Fake::default();
    let base_ms = clock()().as_millisecond();
    fake.state().rows.insert(base_ms - 5, (9, 9));
    fake.state().rows.insert(base_ms + 1_000_000, (8, 8));
    let history = run(&fake, 4, 1).await;
    assert_eq!(check(&history).unexpected, [RowId { writer: 8, sequence: 8 }, RowId { writer: 9, sequence: 9 }]);
}

#[tokio::test(start_paused = true)]
async fn a_writer_goes_on_to_the_next_pod_after_an_error() {
    let fake = Fake::default();
    let now = Instant::now();
    fake.state().down = Some((now, now + Duration::from_secs(1)));
    let history = run(&fake, 5, 2).await;
    let pods: Vec<&str> = history
        .operations
        .iter()
        .filter(|operation| operation.row.writer == 0 && operation.event == Event::Invoke)
        .map(|operation| &*operation.pod)
        .collect();
    assert_eq!(pods[..4], ["tdengine-0", "tdengine-1", "tdengine-0", "tdengine-1"]);
    assert_eq!(pods[14..].iter().collect::<std::collections::BTreeSet<_>>().len(), 1, "stays where it works");
}

#[tokio::test(start_paused = true)]
async fn a_seed_repeats_a_history() {
    let one = run(&Fake::default(), 6, 3).await;
    let same = run(&Fake::default(), 6, 3).await;
    let other = run(&Fake::default(), 7, 3).await;
    assert_eq!(one.to_json_lines().unwrap(), same.to_json_lines().unwrap());
    assert_ne!(one, other);
}

#[tokio::test(start_paused = true)]
async fn the_totals_can_be_watched() {
    let running = inserts(8).start_with(Fake::default, &clock(), None).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let progress = running.progress();
    assert_eq!(progress.attempted, progress.acked);
    assert!(progress.to_string().ends_with("acknowledged, 0 failed, 0 not known"), "{progress}");
}

#[rstest]
#[case(Inserts { writers: 0, ..inserts(0) })]
#[case(Inserts { tables: 0, ..inserts(0) })]
#[case(Inserts { batch: 0, ..inserts(0) })]
#[case(Inserts { pods: Vec::new(), ..inserts(0) })]
#[case(Inserts { table: "t; drop database d1".to_owned(), ..inserts(0) })]
#[case(Inserts { every: Some(Duration::ZERO), ..inserts(0) })]
#[tokio::test]
async fn nonsense_is_refused(#[case] inserts: Inserts) {
    assert!(inserts.start_with(Fake::default, &clock(), None).is_err());
}

#[tokio::test(start_paused = true)]
async fn the_table_is_made() {
    let fake = Fake::default();
    inserts(0).prepare_with(&mut fake.clone(), Duration::from_secs(1)).await.unwrap();
    assert_eq!(fake.state().asked, ["tdengine-0"]);
    assert_eq!(fake.state().made, ["create table if not exists d1.load (ts timestamp, writer int, seq bigint)"]);
}

#[tokio::test(start_paused = true)]
async fn readers_and_changes_of_tables_are_part_of_the_history() {
    let fake = Fake::default();
    let history = run_all(&fake, Inserts { tables: 1, readers: 2, changes: true, ..inserts(9) }, 20).await;
    assert!(history.readings.len() >= 36 && history.readings.iter().all(|reading| reading.error.is_none()));
    let check = check(&history);
    assert_eq!((check.verdict(), check.stale.len(), check.tables.acked), (Verdict::Pass, 0, 14), "{check}");
    assert!(History::from_json_lines(&history.to_json_lines().unwrap()).unwrap() == history);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_lags_is_stale_and_what_it_never_shows_is_lost() {
    let fake = Fake::default();
    fake.state().blind_from = Some(20);
    let history = run_all(&fake, Inserts { readers: 1, ..inserts(10) }, 5).await;
    let check = check(&history);
    assert_eq!(check.stale.first(), Some(&RowId { writer: 0, sequence: 20 }), "{check}");
    assert!(check.stale.len() > 50 && check.lost.len() > check.stale.len(), "{check}");
}

#[tokio::test(start_paused = true)]
async fn as_fast_as_possible_is_as_fast_as_answers_come() {
    let history = run_all(&Fake::default(), Inserts { every: None, ..inserts(11) }, 3).await;
    assert_eq!(check(&history).acked, 3 * 1_000);
}

#[tokio::test(start_paused = true)]
async fn writers_are_spread_over_tables() {
    let tables = Inserts { tables: 3, ..inserts(12) };
    assert_eq!(tables.targets(), ["d1.load0", "d1.load1", "d1.load2"]);
    let fake = Fake::default();
    tables.prepare_with(&mut fake.clone(), Duration::from_secs(1)).await.unwrap();
    assert_eq!(fake.state().made.len(), 3);
}
