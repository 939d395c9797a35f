//! 3.x: scale-up, drop of a live dnode, a kept volume: sections 2 to 4 of the measurements.

mod lab;

use std::time::Duration;

use lab::{Lab, Names, fqdn, run};
use rstest::rstest;
use tokio::time::{Instant, sleep};

#[rstest]
fn a_new_pod_is_ready_within_the_recorded_time(#[values(1, 2, 3, 4)] seed: u64) {
    run(|| async {
        let lab = Lab::v3(seed, Names::WhenReady, "3.3.0.1");
        lab.boot(3).await;
        lab.start(3);
        let took = lab.until_dnode(20, "4 ready").await;
        assert!((1.5..5.0).contains(&took.as_secs_f64()), "{took:?}");
        assert_eq!(lab.dnodes(3).await, lab.dnodes(0).await);
    });
}

#[rstest]
fn databases_are_placed_as_recorded(#[values(1, 2, 3)] seed: u64) {
    run(|| async {
        let lab = Lab::v3(seed, Names::WhenReady, "3.3.0.1");
        lab.boot(4).await;
        let single = lab.taos(0, "create database d1 replica 1 vgroups 8").await;
        assert!((0.1..4.5).contains(&single.took.as_secs_f64()), "{single:?}");
        let triple = lab.taos(0, "create database d3 replica 3 vgroups 4").await;
        assert!((4.5..11.0).contains(&triple.took.as_secs_f64()), "{triple:?}");
        lab.until(5, || async { lab.vgroups(0, "d1").await.iter().all(|row| row.contains("leader")) }).await;
        let places = |rows: Vec<String>, cells: &[usize]| -> Vec<String> {
            let pick = |row: String| {
                let words: Vec<&str> = row.split(' ').collect();
                cells.iter().map(|cell| words[*cell]).collect::<Vec<_>>().join(" ")
            };
            rows.into_iter().map(pick).collect()
        };
        assert_eq!(
            places(lab.vgroups(0, "d1").await, &[0, 3, 4]),
            [
                "2 2 leader",
                "3 3 leader",
                "4 4 leader",
                "5 1 leader",
                "6 4 leader",
                "7 3 leader",
                "8 2 leader",
                "9 1 leader"
            ]
        );
        assert_eq!(places(lab.vgroups(0, "d3").await, &[0, 3, 5, 7]), ["10 2 3 4", "11 1 2 3", "12 1 2 4", "13 1 3 4"]);
        for row in lab.vgroups(0, "d3").await {
            assert_eq!((row.matches("leader").count(), row.matches("follower").count()), (1, 2), "{row}");
        }
        assert_eq!(lab.dnodes(1).await, ["1 ready 5", "2 ready 5", "3 ready 5", "4 ready 5"]);
        let databases = lab.rows(0, "show databases").await;
        let names: Vec<&str> = databases.iter().map(|row| row.trim()).collect();
        assert_eq!(names, ["information_schema", "performance_schema", "d3", "d1"]);
    });
}

#[rstest]
fn an_empty_dnode_goes_at_once(#[values(1, 2, 3)] seed: u64, #[values("3.3.0.1", "3.0.7.1")] version: &str) {
    run(|| async {
        let lab = Lab::v3(seed, Names::WhenReady, version);
        lab.boot(4).await;
        assert_eq!(lab.error(0, &format!("drop dnode '{}:6030'", fqdn(3))).await, "Dnode does not exist");
        for how in ["force", "unsafe"] {
            let error = lab.error(0, &format!("drop dnode 4 {how}")).await;
            assert_eq!(error, "Please use this command when the dnode is offline");
        }
        assert_eq!(lab.error(0, "drop dnode 1").await, "The replica of mnode cannot less than 1");
        assert_eq!(lab.error(0, "drop dnode 9").await, "Dnode does not exist");
        let dropped = lab.taos(0, "drop dnode 4").await;
        assert!(dropped.out.contains("Drop OK, 0 row(s) affected (0.00"), "{dropped:?}");
        assert_eq!(lab.dnodes(0).await, ["1 ready 0", "2 ready 0", "3 ready 0"]);
        // The dropped server ends by itself, and never runs again.
        lab.until(4, || async { !lab.exits(3).is_empty() }).await;
        let file = String::from_utf8(lab.volume(3).read("dnode/dnode.json").unwrap()).unwrap();
        assert!(file.contains("\"dropped\":\t1") && file.contains("\"dnodeId\":\t4"), "{file}");
        sleep(Duration::from_secs(80)).await;
        assert_eq!(lab.exits(3), [0, 255, 255, 255]);
        assert_eq!(lab.dnodes(0).await, ["1 ready 0", "2 ready 0", "3 ready 0"]);
        // With a new volume it is a new dnode.
        lab.kill(3);
        lab.wipe(3);
        lab.boot_one(3).await;
        lab.until_dnode(10, "5 ready").await;
    });
}

#[rstest]
fn a_dnode_with_vnodes_is_emptied_first(#[values(1, 2, 3)] seed: u64) {
    run(|| async {
        let lab = Lab::v3(seed, Names::WhenReady, "3.3.0.1");
        lab.boot(4).await;
        lab.load_v3(40).await;
        let begun = Instant::now();
        let drop = tokio::spawn({
            let lab = lab.clone();
            async move { lab.taos(0, "drop dnode 4").await }
        });
        sleep(Duration::from_secs(2)).await;
        assert_eq!(lab.dnodes(0).await[3], "4 dropping 5");
        assert!(lab.vgroups(0, "d3").await[0].contains("4 dropping"));
        let trans = lab.rows(0, "show transactions").await;
        assert!(trans[0].contains("redoAction") && trans[0].contains("drop-dnode"), "{trans:?}");
        assert_eq!(lab.error(0, "create database other").await, "Conflict transaction not completed");
        assert_eq!(lab.error(0, "drop dnode 4").await, "Dnode in dropping status");
        let mut failed = 0;
        while !drop.is_finished() {
            for table in ["d1.c0", "d1.c2", "d3.c0", "d3.c1"] {
                let written = lab.taos(1, &format!("insert into {table} values(now, 1)")).await;
                failed += usize::from(!written.err.is_empty());
                assert!(written.took < Duration::from_secs(8), "{written:?}");
            }
        }
        let dropped = drop.await.unwrap();
        assert!(dropped.out.contains("Drop OK, 0 row(s) affected ("), "{dropped:?}");
        let took = begun.elapsed().as_secs_f64();
        assert!((25.0..80.0).contains(&took), "{took}");
        assert_eq!(failed, 0);
        assert_eq!(lab.dnodes(0).await.len(), 3);
        for db in ["d1", "d3"] {
            assert!(lab.vgroups(0, db).await.iter().all(|row| row.contains("leader")), "{db}");
            let written = lab.rows(2, &format!("select count(*) from {db}.st")).await[0].trim().parse::<u32>().unwrap();
            assert!(written > 40, "{written}");
        }
        lab.until(5, || async { lab.exits(3) == [0] }).await;
        // A database of three replicas needs three dnodes.
        assert_eq!(lab.error(0, "drop dnode 3").await, "Out of dnodes");
        assert!(lab.dnodes(0).await[2].starts_with("3 ready"));
        assert_eq!(lab.error(0, "create database r2 replica 2").await, "Invalid database options");
    });
}

#[rstest]
fn a_volume_kept_after_a_drop_is_refused(#[values(1, 2)] seed: u64) {
    run(|| async {
        let lab = Lab::v3(seed, Names::WhenReady, "3.3.0.1");
        lab.boot(4).await;
        // 4b: the pod goes first, so that nobody tells it that it was dropped.
        lab.delete(3).await;
        lab.until_dnode(6, "4 offline 0 status msg timeout").await;
        let dropped = lab.taos(0, "drop dnode 4").await;
        assert!(dropped.out.contains("Drop OK"), "{dropped:?}");
        lab.start(3);
        lab.until(6, || async { lab.exits(3) == [0] }).await;
        lab.until(14, || async { lab.exits(3) == [0, 255] }).await;
        assert_eq!(lab.dnodes(0).await.len(), 3);
        lab.kill(3);
        lab.wipe(3);
        lab.boot_one(3).await;
        lab.until_dnode(10, "5 ready").await;
        // 4c: a new volume without a drop is the old dnode.
        lab.delete(3).await;
        lab.wipe(3);
        lab.until_dnode(6, "5 offline 0 status msg timeout").await;
        lab.boot_one(3).await;
        assert!(lab.log(3).iter().any(|line| line.starts_with("DB error: Dnode already exists (")), "{:?}", lab.log(3));
        lab.until_dnode(5, "5 ready").await;
    });
}

#[test]
fn an_older_server_wants_force_for_an_empty_dnode_that_is_offline() {
    run(|| async {
        let lab = Lab::v3(1, Names::WhenReady, "3.0.7.1");
        lab.boot(4).await;
        lab.delete(3).await;
        lab.until_dnode(6, "4 offline 0 status msg timeout").await;
        assert_eq!(lab.error(0, "drop dnode 4").await, "Dnode is offline");
        assert!(lab.taos(0, "drop dnode 4 force").await.out.contains("Drop OK"));
        assert_eq!(lab.dnodes(0).await.len(), 3);
        let error = lab.error(0, "create database r2 replica 2").await;
        assert_eq!(error, "Invalid option replications: 2, only 1, 3 allowed");
    });
}
