//! Start, scale-up, drop of a live dnode, a kept volume: sections 2 to 4 of the measurements.

mod lab;

use std::time::Duration;

use lab::{Lab, Names, fqdn, run};
use rstest::rstest;
use tokio::time::sleep;

const DATA: &str = "create database d1; use d1; create table t1(ts timestamp, n int); \
                    insert into t1 values(now,1)(now+1s,2)(now+2s,3)";

#[rstest]
fn two_nodes_are_as_recorded(#[values(1, 2, 3, 4)] seed: u64) {
    run(|| async {
        let lab = Lab::new(seed, Names::Always);
        lab.boot(2).await;
        assert_eq!(lab.dnodes(0).await, ["1 ready 1", "2 ready 0"]);
        assert_eq!(lab.dnodes(1).await, lab.dnodes(0).await);
        assert_eq!(lab.mnodes(0).await, ["1 master", "2 slave"]);
        assert_eq!(lab.vgroups(0, "log").await, ["2 5 ready 1 1 master"]);
        let rows = lab.rows(0, "show dnodes").await;
        let cells: Vec<&str> = rows[1].split('|').collect();
        assert_eq!((cells[1], cells[5].trim()), (" tdengine-1.taosd.default.sv... ", "any"));
        let databases = lab.rows(1, "show databases").await;
        assert!(databases[0].starts_with(" log "), "{databases:?}");
        assert!(databases[0].contains("| 30,30,30                 |           1 |           3 |"), "{databases:?}");
    });
}

#[rstest]
fn a_new_pod_is_ready_within_the_recorded_time(#[values(1, 2, 3, 4, 5, 6)] seed: u64) {
    run(|| async {
        let lab = Lab::new(seed, Names::Always);
        lab.boot(3).await;
        lab.start(3);
        let took = lab.until_dnode(20, "4 ready").await;
        assert!((2.5..8.0).contains(&took.as_secs_f64()), "{took:?}");
        // The vnode of `log` moves to the node without an mnode on its own.
        lab.until(10, || async { lab.vgroups(0, "log").await == ["2 7 ready 1 4 master"] }).await;
        assert_eq!(lab.mnodes(0).await, ["1 master", "2 slave", "3 slave"]);
        assert_eq!(lab.restarts(3), 0);
    });
}

#[test]
fn a_new_dnode_is_offline_until_it_reports() {
    run(|| async {
        let lab = Lab::new(1, Names::Always);
        lab.boot(1).await;
        lab.start(1);
        lab.until_dnode(20, "2 offline 0 status not received").await;
        lab.until_dnode(20, "2 ready").await;
    });
}

#[rstest]
fn dropping_a_live_dnode_moves_its_vnodes(#[values(1, 2, 3, 4)] seed: u64) {
    run(|| async {
        let lab = Lab::new(seed, Names::Always);
        lab.boot(4).await;
        assert!(lab.taos(0, DATA).await.err.is_empty());
        let r2 =
            "create database d2 replica 2; use d2; create table t(ts timestamp, n int); insert into t values(now, 7)";
        assert_eq!(lab.taos(0, r2).await.err, "");
        sleep(Duration::from_secs(3)).await;
        let dnodes = lab.dnodes(0).await;
        assert_eq!(dnodes[3], "4 ready 3", "{dnodes:?}");
        let dropped = lab.taos(1, &format!("drop dnode '{}:6030'", fqdn(3))).await;
        assert!(dropped.out.contains("Query OK, 0 of 0 row(s) in database ("), "{dropped:?}");
        lab.until_dnode(5, "4 dropping").await;
        let took = lab.until_gone(30, "4 ").await.as_secs_f64();
        assert!((4.0..12.0).contains(&took), "{took}");
        lab.until(5, || async { !lab.exits(3).is_empty() }).await;
        assert_eq!(lab.exits(3), [1]);
        assert_eq!(lab.rows(2, "select count(*) from d1.t1").await, ["                     3 "]);
        assert_eq!(lab.rows(2, "select count(*) from d2.t").await, ["                     1 "]);
        assert!(lab.volume(3).exists("vnode_bak"));
        assert!(!lab.volume(3).exists("vnode/vnode3"));
        // The kubelet starts it again, and it ends again.
        sleep(Duration::from_secs(25)).await;
        assert!(lab.exits(3).len() >= 2 && lab.exits(3).iter().all(|code| *code == 1));
        assert_eq!(lab.dnodes(0).await.len(), 3);
    });
}

#[rstest]
fn a_deleted_volume_gives_a_new_id_at_the_same_end_point(#[values(1, 2, 3)] seed: u64) {
    run(|| async {
        let lab = Lab::new(seed, Names::Always);
        lab.boot(3).await;
        lab.taos(0, &format!("drop dnode '{}:6030'", fqdn(2))).await;
        let took = lab.until_gone(10, "3 ").await;
        assert!(took < Duration::from_secs(4), "{took:?}");
        assert_eq!(lab.mnodes(0).await, ["1 master", "2 slave"]);
        lab.delete(2).await;
        lab.wipe(2);
        lab.start(2);
        lab.until_dnode(20, "4 ready").await;
        let rows = lab.rows(0, "show dnodes").await;
        assert!(rows[2].contains("tdengine-2.taosd"), "{rows:?}");
        lab.until(10, || async { lab.mnodes(0).await == ["1 master", "2 slave", "4 slave"] }).await;
    });
}

#[rstest]
fn a_kept_volume_cannot_join_again(#[values(1, 2)] seed: u64) {
    run(|| async {
        let lab = Lab::new(seed, Names::Always);
        lab.boot(3).await;
        lab.taos(0, &format!("drop dnode '{}:6030'", fqdn(2))).await;
        lab.until_gone(10, "3 ").await;
        lab.delete(2).await;
        lab.start(2);
        sleep(Duration::from_secs(40)).await;
        assert!(lab.exits(2).len() >= 2 && lab.exits(2).iter().all(|code| *code == 1), "{:?}", lab.exits(2));
        assert_eq!(lab.dnodes(0).await.len(), 2);
        // A row for it does not help: its id is another.
        lab.taos(0, &format!("create dnode '{}:6030'", fqdn(2))).await;
        sleep(Duration::from_secs(60)).await;
        assert_eq!(lab.dnodes(0).await[2], "4 offline 0 dnodeId not match");
        lab.taos(0, &format!("drop dnode '{}:6030'", fqdn(2))).await;
        let took = lab.until_gone(10, "4 ").await;
        assert!(took < Duration::from_secs(4), "{took:?}");
        lab.delete(2).await;
        lab.wipe(2);
        lab.start(2);
        lab.until_dnode(20, "5 ready").await;
    });
}

#[test]
fn refused_statements_say_why() {
    run(|| async {
        let lab = Lab::new(5, Names::Always);
        lab.boot(2).await;
        for (sql, text) in [
            ("show vgroups".to_owned(), "Database not specified or available"),
            ("select * from nosuch.t".to_owned(), "Database not specified or available"),
            (format!("create dnode '{}:6030'", fqdn(1)), "DNode already exists"),
            ("drop dnode 'nosuch:6030'".to_owned(), "DNode does not exist"),
            ("drop dnode 99".to_owned(), "DNode does not exist"),
            (format!("drop dnode '{}:6030'", fqdn(0)), "Master DNode cannot be removed"),
            ("use nosuch".to_owned(), "Invalid database name"),
            ("create database x replica 3".to_owned(), "Invalid database options"),
        ] {
            let printed = lab.taos(1, &sql).await;
            assert!(printed.err.contains(&format!("DB error: {text} (")), "{sql}: {printed:?}");
            assert_eq!(printed.code, Some(0), "{sql}");
        }
        lab.taos(0, "create database x replica 2").await;
        assert_eq!(lab.error(0, "drop dnode 2").await, "Out of DNodes");
    });
}

#[test]
fn the_shell_fails_only_when_it_cannot_connect() {
    run(|| async {
        let lab = Lab::new(5, Names::Always);
        lab.boot(1).await;
        let unknown = lab.exec(0, &["taos", "-h", "nobody", "-s", "show dnodes"]).await;
        assert_eq!(unknown.code, Some(1));
        assert!(unknown.out.contains("taos connect failed, reason: Unable to resolve FQDN."), "{unknown:?}");
        let dead = lab.exec(0, &["taos", "-h", "10.1.2.3", "-s", "show dnodes"]).await;
        assert_eq!(dead.code, Some(1));
        assert!(dead.out.contains("reason: Unable to establish connection."), "{dead:?}");
        assert!((4.0..6.0).contains(&dead.took.as_secs_f64()), "{dead:?}");
        let startup = lab.exec(0, &["taos", "-h", "nobody", "-n", "startup"]).await;
        assert_eq!(startup.code, Some(0), "{startup:?}");
    });
}

#[test]
fn state_is_on_the_volume_only() {
    run(|| async {
        let lab = Lab::new(6, Names::Always);
        lab.boot(1).await;
        lab.taos(0, DATA).await;
        lab.delete(0).await;
        lab.start(0);
        lab.until(20, || async { lab.container(0).is_some() && lab.taos(0, "show dnodes").await.code == Some(0) })
            .await;
        sleep(Duration::from_secs(3)).await;
        assert_eq!(lab.rows(0, "select count(*) from d1.t1").await, ["                     3 "]);
        lab.delete(0).await;
        lab.wipe(0);
        lab.start(0);
        sleep(Duration::from_secs(10)).await;
        assert_eq!(lab.error(0, "select count(*) from d1.t1").await, "Database not specified or available");
        assert_eq!(lab.dnodes(0).await, ["1 ready 1"]);
    });
}
