//! 3.x: pods that go without a drop, and servers that start without their peers: sections 5 and 6 of the measurements.

mod lab;

use std::time::Duration;

use lab::{Lab, Names, run};
use rstest::rstest;
use tokio::time::sleep;

#[rstest]
fn dnodes_that_went_are_dropped_by_force_only(
    #[values(1, 2, 3)] seed: u64,
    #[values("3.3.0.1", "3.0.7.1")] version: &str,
) {
    run(|| async {
        let lab = Lab::v3(seed, Names::Always, version);
        lab.boot(4).await;
        lab.load_v3(8).await;
        lab.delete(3).await;
        let took = lab.until_dnode(8, "4 offline 5 status msg timeout").await.as_secs_f64();
        assert!((3.5..6.6).contains(&took), "{took}");
        assert_eq!(lab.error(0, "drop dnode 4").await, "Dnode is offline");
        let error = lab.error(0, "drop dnode 4 force").await;
        assert!(error.starts_with("Single replica vnode data will lost permanently after this operation"), "{error}");
        lab.until(20, || async { lab.vgroups(0, "d3").await.iter().all(|row| row.contains("leader")) }).await;
        let dropped = lab.taos(0, "drop dnode 4 unsafe").await;
        assert!(dropped.out.contains("Drop OK"), "{dropped:?}");
        assert!((5.0..45.0).contains(&dropped.took.as_secs_f64()), "{dropped:?}");
        assert_eq!(lab.dnodes(0).await.len(), 3);
        // The tables of single replicas are gone without a word, those of three replicas are all there.
        lab.until(5, || async { lab.vgroups(0, "d1").await.iter().all(|row| row.contains("leader")) }).await;
        assert_eq!(lab.rows(0, "select count(*) from d3.st").await[0].trim(), "8");
        let left = lab.rows(0, "select count(*) from d1.st").await[0].trim().parse::<u32>().unwrap();
        assert!((1..8).contains(&left), "{left}");
        // With one more gone there is no place for what it had.
        lab.delete(2).await;
        lab.until_dnode(8, "3 offline 7 status msg timeout").await;
        assert_eq!(lab.error(0, "drop dnode 3 unsafe").await, "Out of dnodes");
        assert_eq!(lab.rows(0, "show transactions").await, Vec::<String>::new());
    });
}

#[rstest]
fn the_rest_of_a_group_says_why_it_does_not_serve(#[values(1, 2, 3)] seed: u64) {
    run(|| async {
        let lab = Lab::v3(seed, Names::Always, "3.3.0.1");
        lab.boot(3).await;
        let sql = "create database d3 replica 3 vgroups 1; use d3; create table t(ts timestamp, n int); \
                   insert into t values(now, 1); create database d1 vgroups 3; use d1; \
                   create table a(ts timestamp, n int); create table b(ts timestamp, n int); \
                   create table c(ts timestamp, n int); create stable s(ts timestamp, n int) tags (x int); \
                   create table s1 using s tags (1)";
        assert_eq!(lab.taos(0, sql).await.err, "");
        lab.delete(2).await;
        lab.delete(1).await;
        lab.until_dnode(8, "2 offline").await;
        sleep(Duration::from_secs(25)).await;
        let row = lab.vgroups(0, "d3").await[0].clone();
        assert_eq!(row.matches("offline").count(), 2, "{row}");
        let insert = lab.taos(0, "insert into d3.t values(now, -1)").await;
        let select = lab.taos(0, "select count(*) from d3.t").await;
        if row.contains("leader") {
            assert!(insert.err.contains("DB error: Sync not ready to propose (0.0"), "{insert:?}");
            assert!(select.err.is_empty(), "{select:?}");
        } else {
            assert!(row.contains("candidate"), "{row}");
            assert!(insert.err.contains("DB error: Sync leader is unreachable (10."), "{insert:?}");
            let text = "DB error: Fail to get table info, error: Sync leader is unreachable (10.";
            assert!(select.err.contains(text), "{select:?}");
        }
        let mut lost = 0;
        for table in ["a", "b", "c"] {
            let insert = lab.taos(0, &format!("insert into d1.{table} values(now, -1)")).await;
            if !insert.err.is_empty() {
                lost += 1;
                assert!(insert.err.contains("DB error: some vnode/qnode/mnode(s) out of service (10."), "{insert:?}");
            }
        }
        assert!(lost > 0);
        assert_eq!(lab.error(0, "create database dz replica 3").await, "Out of dnodes");
        for pod in [1, 2] {
            lab.start(pod);
        }
        lab.until(30, || async { lab.rows(0, "select count(*) from d3.t").await == ["                     1 "] }).await;
        lab.until(20, || async { lab.taos(0, "insert into d3.t values(now, 2)").await.err.is_empty() }).await;
    });
}

#[test]
fn a_server_waits_for_the_names_of_its_peers() {
    run(|| async {
        let lab = Lab::v3(1, Names::WhenReady, "3.3.0.1");
        lab.boot(4).await;
        lab.load_v3(8).await;
        for pod in [3, 2, 1, 0] {
            lab.delete(pod).await;
        }
        lab.start(0);
        lab.until(6, || async { lab.is_ready(0) }).await;
        lab.boot_one(1).await;
        // Ready, and yet nobody is served.
        let refused = lab.taos(0, "show dnodes").await;
        assert_eq!(refused.code, Some(255));
        assert!(
            refused.out.contains("failed to connect to server, reason: Database is starting up\r\n"),
            "{refused:?}"
        );
        assert!((10.0..12.0).contains(&refused.took.as_secs_f64()), "{refused:?}");
        let check = lab.exec(0, &["taos", "--check"]).await;
        assert!(check.out.contains("1: network ok"), "{check:?}");
        assert!(lab.exits(0).is_empty());
        for pod in [2, 3] {
            lab.boot_one(pod).await;
        }
        lab.until(10, || async { lab.dnodes(0).await.iter().filter(|row| row.contains(" ready ")).count() == 4 }).await;
        lab.until(20, || async { lab.rows(1, "select count(*) from d3.st").await == ["                     8 "] })
            .await;
        // Peers that never come end it after a hundred seconds each.
        for pod in [3, 2, 1, 0] {
            lab.delete(pod).await;
        }
        lab.start(0);
        lab.until(520, || async { !lab.exits(0).is_empty() }).await;
        assert_eq!(lab.exits(0), [255]);
    });
}

#[test]
fn an_older_server_ends_when_its_peers_have_no_names() {
    run(|| async {
        let lab = Lab::v3(1, Names::WhenReady, "3.0.7.1");
        lab.boot(4).await;
        lab.load_v3(8).await;
        for pod in [3, 2, 1, 0] {
            lab.delete(pod).await;
        }
        lab.start(0);
        lab.until(6, || async { lab.exits(0) == [255] }).await;
        for pod in [1, 2, 3] {
            lab.start(pod);
        }
        sleep(Duration::from_secs(100)).await;
        assert!(lab.exits(0).len() >= 3 && lab.exits(0).iter().all(|code| *code == 255), "{:?}", lab.exits(0));
    });
}

#[rstest]
fn without_its_only_mnode_a_cluster_answers_nobody(#[values(1, 2)] seed: u64) {
    run(|| async {
        let lab = Lab::v3(seed, Names::Always, "3.3.0.1");
        lab.boot(3).await;
        lab.delete(0).await;
        let refused = lab.taos(1, "show dnodes").await;
        assert!(refused.out.contains("failed to connect to server, reason: Mnode not found\r\n"), "{refused:?}");
        assert!((10.0..12.0).contains(&refused.took.as_secs_f64()) && refused.code == Some(255), "{refused:?}");
        assert!(lab.exec(1, &["taos", "--check"]).await.out.contains("2: service ok"));
        lab.boot_one(0).await;
        lab.until(10, || async { lab.dnodes(1).await == ["1 ready 0", "2 ready 0", "3 ready 0"] }).await;
    });
}
