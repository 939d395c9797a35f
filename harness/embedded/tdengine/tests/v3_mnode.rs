//! 3.x: mnodes, elections, restarts under load: section 7 of the measurements.

mod lab;

use std::time::Duration;

use lab::{Lab, Names, run};
use rstest::rstest;
use tokio::time::{Instant, sleep};

async fn three_mnodes(lab: &Lab) {
    for dnode in [2, 3] {
        let made = lab.taos(0, &format!("create mnode on dnode {dnode}")).await;
        assert!(made.out.contains("Create OK"), "{made:?}");
        assert!((2.0..8.0).contains(&made.took.as_secs_f64()), "{made:?}");
    }
    lab.until(4, || async { lab.mnodes(0).await == ["1 leader", "2 follower", "3 follower"] }).await;
}

#[rstest]
fn mnodes_are_created_and_dropped(#[values(1, 2, 3)] seed: u64) {
    run(|| async {
        let lab = Lab::v3(seed, Names::WhenReady, "3.3.0.1");
        lab.boot(4).await;
        assert_eq!(lab.error(0, "create mnode on dnode 1").await, "Mnode already exists");
        three_mnodes(&lab).await;
        let file = String::from_utf8(lab.volume(1).read("dnode/dnode.json").unwrap()).unwrap();
        assert_eq!(file.matches("\"isMnode\":\t1").count(), 3, "{file}");
        assert_eq!(lab.error(0, "create mnode on dnode 4").await, "The replica of mnode cannot exceed 3");
        assert_eq!(lab.error(0, "drop dnode 1").await, "Cannot drop mnode which is leader");
        assert_eq!(lab.error(0, "drop mnode on dnode 1").await, "Cannot drop mnode which is leader");
        let dropped = lab.taos(1, "drop mnode on dnode 3").await;
        assert!(dropped.out.contains("Drop OK"), "{dropped:?}");
        assert!((1.0..2.6).contains(&dropped.took.as_secs_f64()), "{dropped:?}");
        assert_eq!(lab.mnodes(0).await, ["1 leader", "2 follower"]);
    });
}

#[rstest]
fn another_mnode_leads_when_the_leader_is_lost(#[values(1, 2, 3, 4)] seed: u64) {
    run(|| async {
        let lab = Lab::v3(seed, Names::Always, "3.3.0.1");
        lab.boot(3).await;
        three_mnodes(&lab).await;
        let sql = "create database d3 replica 3 vgroups 1; use d3; create table t(ts timestamp, n int); \
                   insert into t values(now, 1)";
        assert_eq!(lab.taos(0, sql).await.err, "");
        lab.delete(0).await;
        let lost = Instant::now();
        let mut written = 0;
        while lost.elapsed() < Duration::from_secs(40) {
            let insert = lab.taos(1, "insert into d3.t values(now, 2)").await;
            assert!(insert.took < Duration::from_secs(14), "{insert:?}");
            written += u32::from(insert.err.is_empty());
            sleep(Duration::from_millis(500)).await;
        }
        let mnodes = lab.mnodes(1).await;
        assert_eq!(mnodes[0], "1 offline");
        assert_eq!(mnodes.iter().filter(|row| row.ends_with("leader")).count(), 1, "{mnodes:?}");
        assert!(lab.dnodes(2).await[0].starts_with("1 offline"), "{:?}", lab.dnodes(2).await);
        let count = lab.rows(2, "select count(*) from d3.t").await[0].trim().parse::<u32>().unwrap();
        assert!(count > written && written > 10, "{count} {written}");
        lab.start(0);
        lab.until(30, || async { lab.dnodes(1).await[0].starts_with("1 ready") }).await;
        lab.until(30, || async { lab.mnodes(1).await[0] == "1 follower" }).await;
        let vgroups = lab.vgroups(1, "d3").await;
        assert!(!vgroups[0].contains("offline"), "{vgroups:?}");
    });
}

#[rstest]
fn acknowledged_rows_survive_a_rolling_restart(
    #[values(1, 2, 3)] seed: u64,
    #[values("3.3.0.1", "3.0.7.1")] version: &str,
) {
    run(|| async {
        let lab = Lab::v3(seed, Names::Always, version);
        lab.boot(3).await;
        three_mnodes(&lab).await;
        let sql = "create database d3 replica 3 vgroups 2; use d3; create table a(ts timestamp, n int); \
                   create table b(ts timestamp, n int)";
        assert_eq!(lab.taos(0, sql).await.err, "");
        let restart = tokio::spawn({
            let lab = lab.clone();
            async move {
                for pod in [2, 1, 0] {
                    lab.delete(pod).await;
                    lab.boot_one(pod).await;
                }
            }
        });
        let mut acknowledged = [0_u32; 2];
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            for (table, count) in ["a", "b"].into_iter().zip(&mut acknowledged) {
                let Some(pod) = (0..3).find(|pod| lab.container(*pod).is_some()) else { continue };
                let insert = lab.taos(pod, &format!("insert into d3.{table} values(now, 1)")).await;
                *count += u32::from(insert.out.contains("Insert OK"));
            }
            sleep(Duration::from_millis(200)).await;
        }
        restart.await.unwrap();
        for (table, count) in ["a", "b"].into_iter().zip(acknowledged) {
            let sql = format!("select count(*) from d3.{table}");
            let stored = lab.rows(1, &sql).await[0].trim().parse::<u32>().unwrap();
            assert!(stored >= count && count > 3, "{table}: {stored} stored, {count} acknowledged");
        }
        assert_eq!(lab.dnodes(0).await.iter().filter(|row| row.contains(" ready ")).count(), 3);
    });
}
