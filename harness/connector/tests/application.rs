//! A program as an application would be: nothing but the `taos` crate and a DSN. It runs against served clusters, through
//! a tunnel as `kubectl port-forward` makes one.

#![expect(clippy::unwrap_used, reason = "a test")]

mod served;

use rstest::rstest;
use served::Served;
use taos::{
    AsyncFetchable as _, AsyncQueryable as _, AsyncTBuilder as _, Error, TaosBuilder, taos_query::common::Value,
};

/// A type of SQL, the least and the greatest of its values as they are written, and as they come back.
const TYPES: [(&str, &str, &str); 14] = [
    ("bool", "false", "true"),
    ("tinyint", "-128", "127"),
    ("smallint", "-32768", "32767"),
    ("int", "-2147483648", "2147483647"),
    ("bigint", "-9223372036854775808", "9223372036854775807"),
    ("tinyint unsigned", "0", "255"),
    ("smallint unsigned", "0", "65535"),
    ("int unsigned", "0", "4294967295"),
    ("bigint unsigned", "0", "18446744073709551615"),
    ("float", "-1.5", "0.25"),
    ("double", "-1.5", "1e100"),
    ("varchar(16)", "''", "'涛思 a\"b'"),
    ("nchar(8)", "''", "'涛思数据'"),
    ("timestamp", "0", "1795392000000"),
];

/// What an application does in its first minutes.
async fn application(dsn: &str) -> Result<(), Error> {
    let taos = TaosBuilder::from_dsn(dsn)?.build().await?;
    taos.exec("create database if not exists app vgroups 2").await?;
    taos.exec("use app").await?;
    let columns: Vec<_> = TYPES.iter().enumerate().map(|(at, (kind, ..))| format!("c{at} {kind}")).collect();
    taos.exec(format!("create stable s(ts timestamp, {}) tags(place nchar(8), n int)", columns.join(", "))).await?;
    let all = |pick: fn(&(&str, &'static str, &'static str)) -> &'static str| {
        TYPES.iter().map(pick).collect::<Vec<_>>().join(", ")
    };
    let (least, most) = (all(|(_, least, _)| least), all(|(_, _, most)| most));
    let nulls = vec!["null"; TYPES.len()].join(", ");
    let insert = format!(
        "insert into a using s tags('北京', 1) values(1795392000000, {least})(1795392001000, {most})(1795392002000, {nulls})"
    );
    assert_eq!(taos.exec(insert).await?, 3);

    let mut rows = taos.query("select * from a order by ts").await?;
    assert_eq!(rows.fields().len(), 15);
    let rows = rows.to_records().await?;
    assert_eq!(rows.len(), 3);
    for (row, expected) in [(0, 1), (1, 2)] {
        for (at, (kind, least, most)) in TYPES.iter().enumerate() {
            let written = if expected == 1 { least } else { most };
            assert_eq!(shown(&rows[row][at + 1]), written.trim_matches('\''), "{kind}");
        }
    }
    assert!(rows[2][1..].iter().all(|value| matches!(value, Value::Null(_))), "{:?}", rows[2]);

    let count: Option<i64> = taos.query_one("select count(*) from s").await?;
    assert_eq!(count, Some(3));
    let many: Vec<_> = (0..5_000).map(|at| format!("({}, {at})", 1_795_393_000_000_i64 + at)).collect();
    taos.exec("create table n(ts timestamp, n int)").await?;
    assert_eq!(taos.exec(format!("insert into n values{}", many.concat())).await?, 5_000);
    let numbers = taos.query("select n from n").await?.to_records().await?;
    assert_eq!(numbers.len(), 5_000, "more than one block");
    assert!(matches!(numbers[4_999][0], Value::Int(4_999)));

    for (sql, code) in [("insert into nosuch values(now, 1)", 0x2603), ("bogus", 0x2600), ("use nosuch", 0x0388)] {
        let error = taos.exec(sql).await.unwrap_err();
        assert_eq!(i32::from(error.code()) & 0xffff, code, "{sql}: {error}");
    }
    let dnodes = taos.query("show dnodes").await?.to_records().await?;
    assert_eq!(dnodes.len(), 1);
    taos.exec("drop database app").await?;
    Ok(())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Timestamp(time) => time.as_raw_i64().to_string(),
        Value::Double(number) => format!("{number:e}").replace("-1.5e0", "-1.5"),
        other => format!("{other}"),
    }
}

#[rstest]
#[case("3.3.0.1")]
#[case("3.0.5.0")]
fn works_against_a_served_cluster(#[case] version: &str) {
    let served = Served::start(version);
    served.run(async |tunnel| {
        let dsn = format!("ws://root:taosdata@{}", tunnel.address());
        application(&dsn).await.unwrap();
        let wrong = format!("ws://root:wrong@{}", tunnel.address());
        let error = application(&wrong).await.unwrap_err();
        assert_eq!(i32::from(error.code()) & 0xffff, 0x0357, "{error}");
    });
}

/// 2.1 has no websocket: the crate says that it may not come in, whatever the password is.
#[test]
fn is_refused_by_2_1() {
    let served = Served::start("2.1.1.0");
    served.run(async |tunnel| {
        let error = application(&format!("ws://root:taosdata@{}", tunnel.address())).await.unwrap_err();
        assert_eq!(i32::from(error.code()) & 0xffff, 0xe006, "{error}");
    });
}

/// The harness's own client against the same: what it says where the crate is unclear, and that it comes back.
#[rstest]
#[case("3.3.0.1", None)]
#[case("2.1.1.0", Some("TDengine 2.1.1.0 has no websocket"))]
fn the_guarded_client_does_as_well(#[case] version: &str, #[case] refusal: Option<&str>) {
    let served = Served::start(version);
    served.cluster(async |cluster| {
        let mut client = cluster.connector("tdengine-0");
        let limit = std::time::Duration::from_secs(20);
        let answer = client.query("show dnodes", limit).await;
        if let Some(text) = refusal {
            assert!(answer.unwrap_err().to_string().contains(text));
            return;
        }
        let table = answer.unwrap().table().unwrap().clone();
        assert_eq!(seatrial_taos::dnodes(&table).unwrap()[0].status, "ready");
        let error = client.query("bogus", limit).await.unwrap().reply.unwrap_err();
        assert_eq!(error.code_text().as_deref(), Some("0x80002600"));
    });
}
