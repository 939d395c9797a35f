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
