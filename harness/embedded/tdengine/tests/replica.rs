//! A replica that is lost, addresses that change, rows that must not get lost: sections 6 to 8 of the measurements.

mod lab;

use std::time::Duration;

use lab::{Lab, Names, fqdn, run};
use rstest::rstest;
use tokio::time::sleep;

const TEST: &str = "create database if not exists test replica 2; use test; \
                    create table if not exists t1(ts timestamp, n int); insert into t1 values(now, 1)(now+1s, 2);";

async fn two_nodes_with_data(lab: &Lab) {
    lab.boot(2).await;
    let printed = lab.taos(0, TEST).await;
    assert_eq!(printed.err, "");
    assert!(printed.out.contains("Query OK, 2 of 2 row(s) in database ("), "{printed:?}");
    sleep(Duration::from_secs(3)).await;
    assert_eq!(lab.vgroups(0, "test").await, ["3 1 ready 2 2 master 1 slave"]);
}

#[rstest]
fn the_survivor_was_slave_so_nothing_works(#[values(1, 2, 3, 4)] seed: u64) {
    run(|| async {
        let lab = Lab::new(seed, Names::Always);
        two_nodes_with_data(&lab).await;
        lab.kill(1);
        lab.until_dnode(10, "2 offline 1 status msg timeout").await;
        assert_eq!(lab.mnodes(0).await, ["1 master", "2 offline"]);
        assert_eq!(lab.vgroups(0, "test").await, ["3 1 ready 0 2 offline 1 unsynced"]);
        for sql in ["use test; insert into t1 values(now,3)", "select * from test.t1"] {
            let printed = lab.taos(0, sql).await;
            assert!(printed.err.contains("DB error: Unable to resolve FQDN ("), "{printed:?}");
            assert!(printed.took < Duration::from_secs(2));
        }
        assert_eq!(lab.rows(0, "show databases").await.len(), 2);
        assert_eq!(lab.error(0, &format!("drop dnode '{}:6030'", fqdn(1))).await, "Out of DNodes");
        assert!(lab.taos(0, "create database other").await.err.is_empty());
        // Back with another address: the dnode is ready, replication stays dead.
        lab.start(1);
        lab.until_dnode(20, "2 ready").await;
        sleep(Duration::from_secs(70)).await;
        assert_eq!(lab.mnodes(0).await, ["1 master", "2 offline"]);
        assert_eq!(lab.vgroups(0, "test").await, ["3 1 ready 0 2 unsynced 1 unsynced"]);
        let read = lab.taos(0, "select * from test.t1").await;
        assert!(read.err.contains("DB error: Database not ready ("), "{read:?}");
        assert!((3.0..5.0).contains(&read.took.as_secs_f64()), "{read:?}");
        assert_eq!(lab.error(0, "insert into test.t1 values(now,3)").await, "Database not ready");
        // A restart of the other looks addresses up anew.
        lab.kill(0);
        lab.start(0);
        sleep(Duration::from_secs(20)).await;
        let vgroups = lab.vgroups(0, "test").await;
        assert!(vgroups[0].starts_with("3 1 ready 2 "), "{vgroups:?}");
        assert_eq!(lab.rows(0, "select count(*) from test.t1").await, ["                     2 "]);
        assert!(lab.taos(0, "insert into test.t1 values(now,3)").await.err.is_empty());
    });
}

#[rstest]
fn with_the_same_address_it_heals(#[values(1, 2, 3)] seed: u64) {
    run(|| async {
        let lab = Lab::new(seed, Names::Always).with_same_ips();
        two_nodes_with_data(&lab).await;
        lab.kill(1);
        lab.until_dnode(10, "2 offline").await;
        lab.start(1);
        lab.until_dnode(20, "2 ready").await;
        lab.until(15, || async { lab.vgroups(0, "test").await[0].starts_with("3 1 ready 2 ") }).await;
        lab.until(15, || async { lab.mnodes(0).await == ["1 master", "2 slave"] }).await;
        assert_eq!(lab.rows(0, "select count(*) from test.t1").await, ["                     2 "]);
    });
}

/// A restart of one pod after the other under inserts; tells what was acknowledged and what failed, for each replica.
async fn roll(lab: &Lab) -> (Vec<u32>, u32) {
    lab.boot(3).await;
    for replica in 1..=3 {
        let sql =
            format!("create database r{replica} replica {replica}; create table r{replica}.t(ts timestamp, n int)");
        assert_eq!(lab.taos(0, &sql).await.err, "");
    }
    sleep(Duration::from_secs(5)).await;
    let (mut acked, mut failed) = (vec![0, 0, 0], 0);
    let mut write = async |from: u32, number: u32| {
        for (at, acked) in acked.iter_mut().enumerate() {
            let sql = format!("insert into r{}.t values(now, {number})", at + 1);
            if lab.container(from).is_none() {
                continue;
            }
            let printed = lab.taos(from, &sql).await;
            if printed.out.contains("Query OK, 1 of 1") { *acked += 1 } else { failed += 1 }
        }
    };
    for n in [2, 1, 0] {
        let from = u32::from(n == 0);
        for number in 0..5 {
            write(from, number).await;
        }
        lab.kill(n);
        for number in 0..2 {
            write(from, number).await;
        }
        lab.start(n);
        sleep(Duration::from_secs(30)).await;
    }
    (acked, failed)
}

#[test]
fn a_rolling_restart_with_the_same_addresses_loses_nothing() {
    run(|| async {
        let lab = Lab::new(4, Names::Always).with_same_ips();
        let (acked, _) = roll(&lab).await;
        sleep(Duration::from_secs(30)).await;
        let mnodes = lab.mnodes(0).await;
        assert_eq!(mnodes.iter().filter(|row| row.ends_with("master")).count(), 1, "{mnodes:?}");
        for (at, acked) in acked.iter().enumerate() {
            let rows = lab.rows(0, &format!("select count(*) from r{}.t", at + 1)).await;
            let stored: u32 = rows[0].trim().parse().unwrap();
            assert!(stored >= *acked && *acked >= 15, "replica {}: {stored} of {acked}", at + 1);
        }
    });
}

#[test]
fn a_rolling_restart_with_new_addresses_is_an_outage() {
    run(|| async {
        let lab = Lab::new(4, Names::Always);
        lab.boot(3).await;
        lab.taos(
            0,
            "create database r3 replica 3; create table r3.t(ts timestamp, n int); insert into r3.t values(now, 1)",
        )
        .await;
        sleep(Duration::from_secs(5)).await;
        lab.kill(2);
        lab.start(2);
        sleep(Duration::from_secs(30)).await;
        assert_eq!(lab.mnodes(0).await, ["1 master", "2 slave", "3 offline"]);
        lab.kill(1);
        lab.start(1);
        sleep(Duration::from_secs(60)).await;
        let printed = lab.taos(0, "show mnodes").await;
        assert_eq!(printed.code, Some(1), "{printed:?}");
        assert!(printed.out.contains("reason: Unable to establish connection."), "{printed:?}");
        assert!((7.0..11.0).contains(&printed.took.as_secs_f64()), "{printed:?}");
        assert!(!lab.is_ready(1));
        assert!(lab.container(0).is_some() && lab.exits(0).is_empty());
        // Deleting the first pod heals it, with all rows.
        lab.kill(0);
        lab.start(0);
        sleep(Duration::from_secs(30)).await;
        assert_eq!(lab.mnodes(0).await.iter().filter(|row| row.ends_with("master")).count(), 1);
        assert_eq!(lab.rows(0, "select count(*) from r3.t").await, ["                     1 "]);
    });
}

#[test]
fn a_killed_server_comes_back_without_being_missed() {
    run(|| async {
        let lab = Lab::new(7, Names::Always);
        lab.boot(3).await;
        let printed = lab.exec(1, &["sh", "-c", "kill -9 $(pidof taosd)"]).await;
        assert!(printed.code == Some(0) || printed.code == Some(137), "{printed:?}");
        sleep(Duration::from_millis(1_200)).await;
        assert_eq!(lab.exits(1), [137]);
        assert_eq!(lab.mnodes(0).await[1], "2 offline");
        // The container of the same pod keeps its address.
        sleep(Duration::from_secs(20)).await;
        assert_eq!(lab.mnodes(0).await, ["1 master", "2 slave", "3 slave"]);
        assert_eq!(lab.restarts(1), 1);
    });
}

#[test]
fn a_partition_is_noticed_by_silence_and_heals() {
    run(|| async {
        let lab = Lab::new(8, Names::Always);
        lab.boot(3).await;
        let (a, b) = (lab.ip(0), lab.ip(1));
        lab.world.network.cut(a, b);
        lab.world.network.cut(b, a);
        lab.until_dnode(10, "2 offline").await;
        assert_eq!(lab.mnodes(0).await[1], "2 slave");
        sleep(Duration::from_secs(20)).await;
        assert_eq!(lab.mnodes(0).await[1], "2 offline");
        lab.world.network.heal(a, b);
        lab.world.network.heal(b, a);
        lab.until(25, || async { lab.mnodes(0).await == ["1 master", "2 slave", "3 slave"] }).await;
        lab.until_dnode(25, "2 ready").await;
    });
}
