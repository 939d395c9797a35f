//! The document's own Service, which publishes a pod's name only while the pod is ready: what was recorded on kind.

mod lab;

use std::time::Duration;

use lab::{Lab, Names, fqdn, run};
use rstest::rstest;
use seatrial_sim::Signal;
use tokio::time::sleep;

fn drop_of(n: u32) -> String {
    format!("drop dnode '{}:6030'", fqdn(n))
}

/// A cluster whose balancer aimed at dnode 2 while its name did not resolve, as it nearly always does.
async fn half_moved(first_seed: u64, pods: u32) -> Lab {
    for seed in first_seed..first_seed + 20 {
        let lab = Lab::new(seed, Names::WhenReady);
        lab.boot(pods).await;
        if lab.vgroups(0, "log").await == ["2 5 ready 1 2 unsynced 1 master"] {
            return lab;
        }
    }
    unreachable!("no seed from {first_seed} on leaves the vgroup half moved to dnode 2");
}

#[rstest]
fn the_log_vgroup_stays_half_moved(#[values(1, 100, 200)] seed: u64) {
    run(|| async move {
        let lab = half_moved(seed, 3).await;
        assert_eq!(lab.dnodes(2).await, ["1 ready 1", "2 ready 1", "3 ready 0"]);
        assert_eq!(lab.mnodes(0).await, ["1 master", "2 slave", "3 slave"]);
        sleep(Duration::from_secs(600)).await;
        let log = lab.exec(2, &["sh", "-c", "grep balancing /var/log/taos/taosdlog.0 | tail -n 1"]).await.out;
        assert!(log.contains("MON ERROR failed to exec sql:create table if not exists log.dn3 using log.dn"), "{log}");
        assert!(log.trim_end().ends_with("reason:Database is balancing"), "{log}");
        let vgroups = lab.vgroups(0, "log").await;
        assert!(vgroups[0].ends_with("ready 1 2 unsynced 1 master"), "{vgroups:?}");
        let log = lab.exec(0, &["cat", "/var/log/taos/taosdlog.0"]).await.out;
        for text in [
            "failed to alter vnode, code:0x80000900",
            "failed to send create mnode msg",
            "reason:Unable to resolve FQDN",
        ] {
            assert!(log.contains(text), "{text}");
        }
    });
}

#[rstest]
fn an_empty_dnode_can_still_be_dropped_and_come_back(#[values(1, 100)] seed: u64) {
    run(|| async move {
        let lab = half_moved(seed, 3).await;
        lab.taos(0, &drop_of(2)).await;
        let took = lab.until_gone(5, "3 ").await;
        assert!(took < Duration::from_millis(2_500), "{took:?}");
        sleep(Duration::from_secs(30)).await;
        assert!(lab.restarts(2) >= 1 && !lab.exits(2).is_empty());
        assert_eq!(lab.dnodes(0).await, ["1 ready 1", "2 ready 1"]);
        lab.delete(2).await;
        lab.wipe(2);
        lab.boot_one(2).await;
        lab.until_dnode(10, "4 ready 0").await;
        // With data on it the drop never ends, although the pod lives.
        let data =
            "create database d1; use d1; create table t1(ts timestamp, n int); insert into t1 values(now,1)(now+1s,2)";
        let printed = lab.taos(0, data).await;
        assert!(printed.out.contains("Query OK, 2 of 2 row(s) in database"), "{printed:?}");
        assert_eq!(lab.vgroups(0, "d1").await, ["3 1 ready 1 4 master"]);
        lab.taos(0, &drop_of(2)).await;
        sleep(Duration::from_secs(120)).await;
        assert_eq!(lab.dnodes(0).await[2], "4 dropping 1");
        assert!(lab.exits(2).is_empty());
        // The kept volume: the pod comes up, the row stays.
        lab.delete(2).await;
        lab.boot_one(2).await;
        sleep(Duration::from_secs(60)).await;
        assert_eq!(lab.dnodes(0).await[2], "4 dropping 1");
        assert!(lab.exits(2).is_empty() && lab.is_ready(2));
    });
}

#[test]
fn a_replica_on_the_stuck_dnode_hangs() {
    run(|| async {
        let lab = half_moved(1, 2).await;
        let printed = lab.taos(0, "create database x replica 2; create table x.t(ts timestamp, n int)").await;
        assert_eq!(printed.code, None, "{printed:?}");
        let vgroups = lab.vgroups(0, "x").await;
        assert!(vgroups[0].starts_with("3 0 creating 0 "), "{vgroups:?}");
        assert_eq!(lab.error(0, "insert into x.t values(now, 1)").await, "Table does not exist");
    });
}

#[test]
fn four_to_two_and_the_next_restart() {
    run(|| async {
        let lab = half_moved(1, 4).await;
        let data = "create database d1; use d1; create table t1(ts timestamp, n int); insert into t1 values(now,1)(now+1s,2); \
                    create database r2 replica 2; use r2; create table t1(ts timestamp,n int); insert into t1 values(now,1)";
        let printed = lab.taos(0, data).await;
        assert_eq!(printed.err, "", "{printed:?}");
        sleep(Duration::from_secs(2)).await;
        assert_eq!(lab.vgroups(0, "d1").await, ["3 1 ready 1 4 master"]);
        assert_eq!(lab.vgroups(0, "r2").await, ["4 1 ready 2 3 master 4 slave"]);
        assert_eq!(lab.dnodes(0).await, ["1 ready 1", "2 ready 1", "3 ready 1", "4 ready 2"]);
        lab.delete(3).await;
        lab.delete(2).await;
        lab.until_dnode(10, "3 offline 1 status msg timeout").await;
        lab.taos(0, &drop_of(3)).await;
        lab.taos(0, &drop_of(2)).await;
        sleep(Duration::from_secs(120)).await;
        let dnodes = lab.dnodes(0).await;
        assert_eq!(dnodes[2..], ["3 dropping 1 status msg timeout", "4 dropping 2 status msg timeout"]);
        assert_eq!(lab.error(0, "select count(*) from d1.t1").await, "Unable to resolve FQDN");
        assert_eq!(lab.mnodes(0).await, ["1 master", "2 slave", "3 offline"]);
        // A rollout restart takes the second pod first: no quorum is left.
        lab.delete(1).await;
        lab.start(1);
        sleep(Duration::from_secs(40)).await;
        let printed = lab.taos(0, "show dnodes").await;
        assert_eq!(printed.code, Some(1), "{printed:?}");
        assert!(printed.out.contains("taos connect failed, reason: Unable to establish connection."), "{printed:?}");
        assert!((6.0..12.0).contains(&printed.took.as_secs_f64()), "{printed:?}");
        // All pods deleted, the first one alone: it never comes up.
        lab.delete(1).await;
        lab.delete(0).await;
        lab.start(0);
        sleep(Duration::from_secs(240)).await;
        assert!(lab.exits(0).len() >= 5 && lab.exits(0).iter().all(|code| *code == 1), "{:?}", lab.exits(0));
    });
}

#[test]
fn where_the_first_step_goes_is_chance() {
    let mut aims = std::collections::BTreeMap::<String, u32>::new();
    for seed in 0..60 {
        let vgroups = run(|| async move {
            let lab = Lab::new(seed, Names::WhenReady);
            lab.boot(3).await;
            lab.vgroups(0, "log").await
        });
        let aim = vgroups[0].split_once("ready 1 ").unwrap().1.to_owned();
        *aims.entry(aim).or_default() += 1;
    }
    assert!(aims["2 unsynced 1 master"] > 30, "{aims:?}");
    assert!(aims.get("3 unsynced 1 master").is_some_and(|count| *count > 0), "{aims:?}");
    assert_eq!(aims.values().sum::<u32>(), 60);
}

#[test]
fn sigterm_is_ignored() {
    run(|| async {
        let lab = Lab::new(3, Names::WhenReady);
        lab.boot(1).await;
        lab.container(0).unwrap().signal(Signal::Term);
        sleep(Duration::from_secs(20)).await;
        assert!(lab.exits(0).is_empty());
        let begun = tokio::time::Instant::now();
        lab.delete(0).await;
        assert!((29.0..31.0).contains(&begun.elapsed().as_secs_f64()));
    });
}
