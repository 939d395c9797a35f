//! Scale-down without a drop, and what follows from it: section 5 of the measurements.

mod lab;

use std::time::Duration;

use lab::{Lab, Names, fqdn, run};
use rstest::rstest;
use tokio::time::sleep;

fn drop_of(n: u32) -> String {
    format!("drop dnode '{}:6030'", fqdn(n))
}

#[rstest]
fn a_dead_dnode_is_offline_after_a_few_seconds(#[values(1, 2, 3, 4, 5)] seed: u64) {
    run(|| async {
        let lab = Lab::new(seed, Names::Always);
        lab.boot(3).await;
        lab.kill(2);
        sleep(Duration::from_millis(1_200)).await;
        assert_eq!(lab.mnodes(0).await[2], "3 offline");
        let took = lab.until_dnode(10, "3 offline 0 status msg timeout").await.as_secs_f64() + 1.2;
        assert!((2.2..7.0).contains(&took), "{took}");
        assert_eq!(lab.mnodes(0).await, ["1 master", "2 slave", "3 offline"]);
    });
}

#[rstest]
fn without_vnodes_an_offline_dnode_can_be_dropped(#[values(1, 2, 3)] seed: u64) {
    run(|| async {
        let lab = Lab::new(seed, Names::Always);
        lab.boot(4).await;
        lab.taos(0, "drop database log").await;
        sleep(Duration::from_secs(2)).await;
        lab.kill(3);
        lab.kill(2);
        lab.until_dnode(10, "4 offline").await;
        lab.taos(0, &drop_of(3)).await;
        let took = lab.until_gone(10, "4 ").await;
        assert!(took < Duration::from_secs(4), "{took:?}");
        lab.taos(0, &drop_of(2)).await;
        lab.until_gone(10, "3 ").await;
        assert_eq!(lab.mnodes(0).await, ["1 master", "2 slave"]);
        // Both servers together come up again.
        lab.kill(0);
        lab.kill(1);
        sleep(Duration::from_secs(3)).await;
        lab.start(0);
        lab.start(1);
        sleep(Duration::from_secs(35)).await;
        let dnodes = lab.dnodes(0).await;
        assert!(dnodes.len() == 2 && dnodes.iter().all(|row| row.contains("ready")), "{dnodes:?}");
        assert_eq!(lab.mnodes(0).await.iter().filter(|row| row.ends_with("master")).count(), 1);
    });
}

#[rstest]
fn dropping_an_offline_dnode_with_vnodes_kills_a_healthy_one(#[values(1, 2, 3)] seed: u64) {
    run(|| async {
        let lab = Lab::new(seed, Names::Always);
        lab.boot(4).await;
        lab.taos(0, "create database d1; use d1; create table t(ts timestamp, n int); insert into t values(now, 1)")
            .await;
        sleep(Duration::from_secs(5)).await;
        assert_eq!(lab.vgroups(0, "d1").await, ["3 1 ready 1 4 master"]);
        lab.kill(3);
        lab.until_dnode(10, "4 offline 2 status msg timeout").await;
        assert_eq!(lab.error(0, "select * from d1.t").await, "Unable to resolve FQDN");
        let dropped = lab.taos(0, &drop_of(3)).await;
        assert!(dropped.out.contains("Query OK, 0 of 0 row(s)"), "{dropped:?}");
        sleep(Duration::from_secs(12)).await;
        let dnodes = lab.dnodes(0).await;
        assert_eq!(dnodes[3], "4 dropping 2 status msg timeout");
        let victims: Vec<u32> = (1..3).filter(|n| !lab.exits(*n).is_empty()).collect();
        assert_eq!(victims.len(), 1, "{dnodes:?}");
        let victim = victims[0];
        assert!(lab.exits(victim).iter().all(|code| *code == 1));
        assert_eq!(dnodes[victim as usize], format!("{} offline 1 status msg timeout", victim + 1));
        assert_eq!(lab.error(0, &format!("create dnode '{}:6030'", fqdn(3))).await, "DNode already exists");
        // Repeating it changes nothing.
        assert!(lab.taos(0, &drop_of(3)).await.out.contains("Query OK"));
        sleep(Duration::from_secs(60)).await;
        assert!(lab.dnodes(0).await[3].starts_with("4 dropping"));
        assert!(lab.exits(victim).len() >= 3);
        // Without the databases it can go.
        lab.taos(0, "drop database d1; drop database log").await;
        lab.until_gone(8, "4 ").await;
    });
}

#[rstest]
fn a_healthy_cluster_cannot_be_started_one_by_one(#[values(1, 2)] seed: u64) {
    run(|| async {
        let lab = Lab::new(seed, Names::Always);
        lab.boot(2).await;
        lab.delete(1).await;
        lab.delete(0).await;
        lab.start(0);
        sleep(Duration::from_secs(45)).await;
        assert!(lab.exits(0).len() >= 2 && lab.exits(0).iter().all(|code| *code == 1), "{:?}", lab.exits(0));
        assert!(!lab.is_ready(0));
    });
}

#[test]
fn with_one_mnode_it_can() {
    run(|| async {
        let lab = Lab::new(3, Names::Always).with_env("TAOS_NUM_OF_MNODES", "1");
        lab.boot(2).await;
        assert_eq!(lab.mnodes(0).await, ["1 master"]);
        lab.delete(1).await;
        lab.delete(0).await;
        lab.boot(2).await;
        assert_eq!(lab.dnodes(0).await.len(), 2);
        assert!(lab.dnodes(0).await.iter().all(|row| row.contains("ready")));
    });
}
