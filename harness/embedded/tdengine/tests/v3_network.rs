//! 3.x: cuts, kills and upgrades: section 8 of the measurements.

mod lab;

use std::time::Duration;

use lab::{Lab, Names, run};
use rstest::rstest;
use tokio::time::{Instant, sleep, timeout};

/// Cuts a pod off from all others, or heals the cut.
fn cut(lab: &Lab, pod: u32, others: &[u32], cut: bool) {
    for other in others {
        for (from, to) in [(lab.ip(pod), lab.ip(*other)), (lab.ip(*other), lab.ip(pod))] {
            if cut {
                lab.world.network.cut(from, to);
            } else {
                lab.world.network.heal(from, to);
            }
        }
    }
}

async fn one_table_each(lab: &Lab) {
    lab.boot(3).await;
    let sql = "create database d1 vgroups 1; create table d1.t(ts timestamp, n int); \
               create database d3 replica 3 vgroups 1; create table d3.t(ts timestamp, n int); \
               insert into d3.t values(now, 0); insert into d1.t values(now, 0)";
    assert_eq!(lab.taos(0, sql).await.err, "");
}

#[rstest]
fn a_new_client_of_a_cut_dnode_gives_up_and_an_old_one_waits(#[values(1, 2, 3)] seed: u64) {
    run(|| async {
        let lab = Lab::v3(seed, Names::Always, "3.3.0.1");
        one_table_each(&lab).await;
        // The only vnode of d1 is on dnode 2. A shell that has used it is in the middle of its statements.
        let statements = vec!["insert into d1.t values(now, 1)"; 4000].join(";");
        let old = tokio::spawn({
            let lab = lab.clone();
            async move {
                let begun = Instant::now();
                let printed = timeout(Duration::from_secs(100), lab.taos(2, &statements)).await.unwrap();
                (printed, begun.elapsed())
            }
        });
        sleep(Duration::from_secs(2)).await;
        cut(&lab, 1, &[0, 2], true);
        sleep(Duration::from_millis(4_900)).await;
        assert!(lab.dnodes(0).await[1].starts_with("2 offline"), "{:?}", lab.dnodes(0).await);
        let new = lab.taos(0, "insert into d1.t values(now, 1)").await;
        assert!(new.err.contains("DB error: some vnode/qnode/mnode(s) out of service (10."), "{new:?}");
        // It asks only its own server, which runs.
        assert!(lab.exec(1, &["taos", "--check"]).await.out.contains("2: service ok"));
        sleep(Duration::from_secs(6)).await;
        cut(&lab, 1, &[0, 2], false);
        let (printed, took) = old.await.unwrap();
        assert_eq!(printed.err, "", "an old connection waits for the cut to heal");
        assert!(took > Duration::from_secs(20), "{took:?}");
        lab.until_dnode(5, "2 ready").await;
    });
}

#[rstest]
fn nothing_acknowledged_is_lost_behind_a_cut(#[values(1, 2, 3, 4)] seed: u64, #[values(0, 1, 2)] lost: u32) {
    run(|| async {
        let lab = Lab::v3(seed, Names::Always, "3.3.0.1");
        one_table_each(&lab).await;
        for dnode in [2, 3] {
            assert_eq!(lab.taos(0, &format!("create mnode on dnode {dnode}")).await.err, "");
        }
        let others: Vec<u32> = (0..3).filter(|pod| *pod != lost).collect();
        let mut acknowledged = 1;
        for cut_off in [true, false] {
            cut(&lab, lost, &others, cut_off);
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(45) {
                for pod in 0..3 {
                    let insert = lab.taos(pod, "insert into d3.t values(now, 1)").await;
                    acknowledged += u32::from(insert.out.contains("Insert OK"));
                }
            }
        }
        assert!(acknowledged > 10, "{acknowledged}");
        lab.until(40, || async { lab.vgroups(0, "d3").await.iter().all(|row| row.matches("follower").count() == 2) })
            .await;
        for pod in 0..3 {
            let stored = lab.rows(pod, "select count(*) from d3.t").await[0].trim().parse::<u32>().unwrap();
            assert!(stored >= acknowledged, "{stored} stored, {acknowledged} acknowledged");
        }
        assert_eq!(lab.mnodes(1).await.iter().filter(|row| row.ends_with("leader")).count(), 1);
    });
}

#[rstest]
fn a_killed_server_comes_back(#[values(1, 2, 3)] seed: u64, #[values(0, 1, 2)] pod: u32) {
    run(|| async {
        let lab = Lab::v3(seed, Names::Always, "3.3.0.1");
        one_table_each(&lab).await;
        lab.exec(pod, &["pkill", "-9", "taosd"]).await;
        lab.until(30, || async { lab.restarts(pod) == 1 && lab.is_ready(pod) }).await;
        lab.until(20, || async {
            let dnodes = lab.dnodes((pod + 1) % 3).await;
            dnodes.len() == 3 && dnodes.iter().all(|row| row.contains(" ready "))
        })
        .await;
        assert_eq!(lab.exits(pod), [137]);
        for table in ["d1.t", "d3.t"] {
            lab.until(20, || async {
                lab.taos(0, &format!("insert into {table} values(now, 1)")).await.err.is_empty()
            })
            .await;
            assert_eq!(lab.rows(1, &format!("select count(*) from {table}")).await[0].trim(), "2");
        }
    });
}

#[rstest]
fn an_upgrade_keeps_what_is_on_the_volumes(#[values(1, 2)] seed: u64) {
    run(|| async {
        let old = Lab::v3(seed, Names::Always, "3.0.7.1");
        one_table_each(&old).await;
        assert_eq!(old.rows(0, "select server_version()").await, [" 3.0.7.1          "]);
        let new = old.clone().with_image("3.3.0.1");
        for pod in [2, 1, 0] {
            old.delete(pod).await;
            new.boot_one(pod).await;
        }
        new.until(20, || async { new.dnodes(0).await == ["1 ready 1", "2 ready 2", "3 ready 1"] }).await;
        assert_eq!(new.rows(0, "select server_version()").await, [" 3.3.0.1          "]);
        for table in ["d1.t", "d3.t"] {
            new.until(20, || async {
                new.taos(2, &format!("insert into {table} values(now, 1)")).await.err.is_empty()
            })
            .await;
            assert_eq!(new.rows(1, &format!("select count(*) from {table}")).await[0].trim(), "2");
        }
    });
}
