//! Each planted defect shows where it should, and nowhere else.

mod lab;

use std::time::Duration;

use lab::{Lab, Names, fqdn, run};
use seatrial_sim::Defect;
use tokio::time::sleep;

const DATA: &str =
    "create database d1; use d1; create table t1(ts timestamp, n int); insert into t1 values(now,1)(now+1s,2)";

async fn drop_third(lab: &Lab) {
    lab.taos(0, &format!("drop dnode '{}:6030'", fqdn(2))).await;
    sleep(Duration::from_secs(6)).await;
}

#[test]
fn identities_and_lists() {
    run(|| async {
        let lab = Lab::with(1, Names::Always, &[Defect::DnodeIdReused, Defect::DroppedDnodeKeepsRunning]);
        lab.boot(3).await;
        drop_third(&lab).await;
        assert!(lab.exits(2).is_empty());
        lab.delete(2).await;
        lab.wipe(2);
        lab.start(2);
        lab.until_dnode(15, "3 ready").await;
    });
    run(|| async {
        let lab = Lab::with(1, Names::Always, &[Defect::DroppedDnodeListed]);
        lab.boot(3).await;
        drop_third(&lab).await;
        assert_eq!(lab.dnodes(0).await.len(), 3);
        assert_eq!(lab.exits(2), [1]);
    });
    run(|| async {
        let lab = Lab::with(1, Names::Always, &[Defect::DnodesDifferByServer, Defect::DropBelowReplicaAccepted]);
        lab.boot(2).await;
        assert_eq!(lab.dnodes(0).await, ["1 ready 1"]);
        assert_eq!(lab.dnodes(1).await, ["2 ready 0"]);
        lab.taos(0, "create database x replica 2").await;
        assert_eq!(lab.error(0, "drop dnode 2").await, "");
    });
}

#[test]
fn being_offline() {
    for (defect, after, expected) in [
        (Defect::OfflineNeverReported, 400, "3 ready 0"),
        (Defect::OfflineReportedLate, 60, "3 ready 0"),
        (Defect::OfflineReportedLate, 400, "3 offline 0 status msg timeout"),
        (Defect::OfflineReasonWrong, 30, "3 offline 0 status not received"),
    ] {
        run(|| async move {
            let lab = Lab::with(1, Names::Always, &[defect]);
            lab.boot(3).await;
            lab.kill(2);
            sleep(Duration::from_secs(after)).await;
            assert_eq!(lab.dnodes(0).await[2], expected, "{defect}");
        });
    }
}

#[test]
fn rows() {
    for (defect, count) in [(Defect::InsertLost, "1"), (Defect::RowDuplicated, "3")] {
        run(|| async move {
            let lab = Lab::with(1, Names::Always, &[defect]);
            lab.boot(1).await;
            let printed = lab.taos(0, DATA).await;
            assert!(printed.out.contains("Query OK, 2 of 2 row(s)"), "{defect}: {printed:?}");
            assert_eq!(lab.rows(0, "select count(*) from d1.t1").await[0].trim(), count, "{defect}");
        });
    }
    run(|| async {
        let lab = Lab::with(1, Names::Always, &[Defect::MigrationLosesRow, Defect::ReplicaIgnored]);
        lab.boot(4).await;
        lab.taos(0, DATA).await;
        lab.taos(0, "create database r replica 3").await;
        assert!(lab.rows(0, "show databases").await.iter().all(|row| !row.contains("|       3 |")));
        lab.taos(0, &format!("drop dnode '{}:6030'", fqdn(3))).await;
        lab.until_gone(30, "4 ").await;
        assert_eq!(lab.rows(0, "select count(*) from d1.t1").await[0].trim(), "1");
    });
}

#[test]
fn the_shell() {
    run(|| async {
        let lab = Lab::with(1, Names::Always, &[Defect::ShellFailsOnSqlError, Defect::TableCutShort]);
        lab.boot(2).await;
        assert_eq!(lab.taos(0, "use nosuch").await.code, Some(1));
        assert_eq!(lab.taos(0, "show dnodes").await.code, Some(0));
        assert_eq!(lab.dnodes(0).await.len(), 1);
    });
}
