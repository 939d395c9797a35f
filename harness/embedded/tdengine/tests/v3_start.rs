//! 3.x: start, scale-up, and what the tables say: sections 1 and 2 of the measurements.

mod lab;

use lab::{Lab, Names, fqdn, run};
use rstest::rstest;

#[rstest]
fn three_nodes_are_as_recorded(#[values(1, 2, 3)] seed: u64, #[values(Names::WhenReady, Names::Always)] names: Names) {
    run(|| async {
        let lab = Lab::v3(seed, names, "3.3.0.1");
        lab.boot(3).await;
        assert_eq!(lab.dnodes(0).await, ["1 ready 0", "2 ready 0", "3 ready 0"]);
        assert_eq!(lab.dnodes(2).await, lab.dnodes(0).await);
        assert_eq!(lab.mnodes(1).await, ["1 leader"]);
        let rows = lab.rows(0, "show dnodes").await;
        let cells: Vec<&str> = rows[1].split('|').map(str::trim).collect();
        assert_eq!((cells[1], cells[3]), ("tdengine-1.taosd.default.sv...", "16"));
        let upright = lab.taos(0, "show dnodes\\G").await.out;
        assert!(upright.contains(&format!("      endpoint: {}:6030\r\n", fqdn(0))), "{upright}");
        assert_eq!(lab.error(0, "show vgroups").await, "database not specified");
        let databases = lab.rows(0, "show databases").await;
        assert_eq!(databases, [" information_schema             ", " performance_schema             "]);
        assert_eq!(lab.rows(0, "select server_version()").await, [" 3.3.0.1          "]);
        let start = lab.log(1);
        assert!(start.contains(&"2: service ok".to_owned()), "{start:?}");
        assert!(start.contains(&"execute create dnode".to_owned()), "{start:?}");
    });
}

#[test]
fn refusals_are_in_the_words_of_real_servers() {
    // As 3.3.0.1 said on three hosts of two cores.
    let said = [
        ("select * from d3.nosuch", "Fail to get table info, error: Table does not exist"),
        ("select * from nosuch.t", "Fail to get table info, error: Database not exist"),
        ("insert into d3.nosuch values(now,1)", "Table does not exist"),
        ("use nosuch", "Database not exist"),
        ("show nosuch.tables", "Database not exist"),
        ("drop table d3.nosuch", "Table does not exist"),
        ("describe d3.nosuch", "Table does not exist"),
        ("create table d3.t(ts timestamp, n int)", "Table already exists"),
        ("create dnode 'tdengine-0.taosd.default.svc.cluster.local:6030'", "Dnode already exists"),
        ("create mnode on dnode 9", "Dnode does not exist"),
        ("drop mnode on dnode 2", "Mnode not there"),
        ("drop mnode on dnode 1", "Cannot drop mnode which is leader"),
        ("create database d3", "Database already exists"),
        ("drop dnode 9", "Dnode does not exist"),
        ("drop dnode 1", "The replica of mnode cannot less than 1"),
        ("create user u pass 'a'", ""),
    ];
    run(|| async {
        let lab = Lab::v3(1, Names::WhenReady, "3.3.0.1");
        lab.boot(3).await;
        let made = lab.taos(0, "create database d3 replica 3 vgroups 1; create table d3.t(ts timestamp, n int)").await;
        assert_eq!(made.err, "");
        for (sql, error) in said {
            assert_eq!(lab.error(0, sql).await, error, "{sql}");
        }
        let wrong = lab.exec(0, &["taos", "-pwrong", "-s", "show dnodes"]).await;
        assert!(wrong.out.contains("failed to connect to server, reason: Authentication failure"), "{wrong:?}");
        assert_eq!(wrong.code, Some(255));
        for (host, port, limits) in [("nosuch", "6030", 0.0..1.5), (fqdn(0).as_str(), "6999", 10.0..11.5)] {
            let refused = lab.exec(0, &["taos", "-h", host, "-P", port, "-s", "show dnodes"]).await;
            let text = "failed to connect to server, reason: Unable to establish connection";
            assert!(refused.out.contains(text) && refused.code == Some(255), "{refused:?}");
            assert!(limits.contains(&refused.took.as_secs_f64()), "{refused:?}");
        }
    });
}

#[test]
fn another_number_of_replicas_comes_to_be_afterwards() {
    run(|| async {
        let lab = Lab::v3(1, Names::WhenReady, "3.3.0.1");
        lab.boot(3).await;
        let sql = "create database d replica 3 vgroups 2; create table d.t(ts timestamp, n int); insert into d.t values(now, 1)";
        assert_eq!(lab.taos(0, sql).await.err, "");
        for (replica, vnodes) in [(1, 2), (3, 6)] {
            let altered = lab.taos(0, &format!("alter database d replica {replica}")).await;
            assert!(altered.out.contains("Query OK, 0 row(s) affected (0.0"), "{altered:?}");
            assert_eq!(lab.error(0, "drop dnode 3").await, "Conflict transaction not completed");
            lab.until(60, || async { lab.rows(0, "show transactions").await.is_empty() }).await;
            let all = lab.vgroups(0, "d").await.concat();
            assert_eq!(all.matches("leader").count() + all.matches("follower").count(), vnodes, "{all}");
            assert_eq!(lab.rows(0, "select count(*) from d.t").await[0].trim(), "1");
        }
    });
}
