//! Virtual time must be cheap, and the same seed must give the same run.

mod lab;

use std::time::Duration;

use lab::{Lab, Names, run};
use tokio::time::sleep;

#[test]
fn ten_minutes_of_four_dnodes_cost_little() {
    let begun = std::time::Instant::now();
    run(|| async {
        let lab = Lab::new(1, Names::Always);
        lab.boot(4).await;
        lab.stop_probes();
        sleep(Duration::from_secs(600)).await;
        assert_eq!(lab.dnodes(0).await.iter().filter(|row| row.contains("ready")).count(), 4);
    });
    let took = begun.elapsed();
    println!("ten minutes of four dnodes: {took:?}");
    // Well below a second even unoptimised; the bound leaves room for a machine that is busy with other things.
    assert!(took < Duration::from_secs(30), "{took:?}");
}

#[test]
fn a_seed_reproduces_a_run() {
    let story = |seed| {
        run(|| async move {
            let lab = Lab::new(seed, Names::WhenReady);
            lab.boot(3).await;
            let shown = lab.taos(1, "show dnodes; show mnodes; show log.vgroups; show databases").await;
            let log = lab.exec(0, &["cat", "/var/log/taos/taosdlog.0"]).await;
            (shown.out, shown.took, log.out)
        })
    };
    assert_eq!(story(5), story(5));
    assert_ne!(story(5), story(6));
}
