//! Virtual time must be cheap, and the same seed must give the same run.

mod lab;

use std::time::Duration;

use lab::{Lab, Names, run};
use rstest::rstest;
use tokio::time::sleep;

fn lab(seed: u64, names: Names, version: &str) -> Lab {
    if version.starts_with('2') { Lab::new(seed, names) } else { Lab::v3(seed, names, version) }
}

#[rstest]
fn ten_minutes_of_four_dnodes_cost_little(#[values("2.1.1.0", "3.3.0.1")] version: &str) {
    let begun = std::time::Instant::now();
    run(|| async {
        let lab = lab(1, Names::Always, version);
        lab.boot(4).await;
        if version.starts_with('3') {
            lab.load_v3(1).await;
        }
        lab.stop_probes();
        sleep(Duration::from_secs(600)).await;
        assert_eq!(lab.dnodes(0).await.iter().filter(|row| row.contains("ready")).count(), 4);
    });
    let took = begun.elapsed();
    println!("ten minutes of four dnodes of {version}: {took:?}");
    // Well below a second even unoptimised; the bound leaves room for a machine that is busy with other things.
    assert!(took < Duration::from_secs(30), "{took:?}");
}

#[rstest]
#[case("2.1.1.0", "show dnodes; show mnodes; show log.vgroups; show databases")]
#[case("3.3.0.1", "create database d replica 3; create mnode on dnode 2; show dnodes; show mnodes; show d.vgroups")]
fn a_seed_reproduces_a_run(#[case] version: &str, #[case] sql: &str) {
    let story = |seed| {
        run(|| async move {
            let lab = lab(seed, Names::WhenReady, version);
            lab.boot(3).await;
            let shown = lab.taos(1, sql).await;
            let log = lab.exec(0, &["cat", "/var/log/taos/taosdlog.0"]).await;
            (shown.out, shown.took, log.out)
        })
    };
    assert_eq!(story(5), story(5));
    assert_ne!(story(5), story(6));
}
