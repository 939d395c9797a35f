//! Commands that people, probes and scripts run in a pod.

mod lab;

use lab::{Lab, Names, fqdn, run};

#[test]
fn small_programs() {
    run(|| async {
        let lab = Lab::new(1, Names::Always);
        lab.boot(2).await;
        let own = fqdn(1);
        let ip = lab.ip(0).to_string();
        for (script, out, code) in [
            ("hostname", "tdengine-1\n".to_owned(), 0),
            ("echo $TAOS_FQDN", format!("{own}\n"), 0),
            ("cat /etc/taos/taos.cfg | grep firstEp", format!("firstEp {}:6030\n", fqdn(0)), 0),
            ("ls /var/lib/taos", "dnode\nmnode\n".to_owned(), 0),
            ("test -f /var/lib/taos/dnode/mnodeEpSet.json && echo yes || echo no", "yes\n".to_owned(), 0),
            ("getent hosts tdengine-0.taosd | head -1", format!("{ip:<15} tdengine-0.taosd\n"), 0),
            ("getent hosts nobody", String::new(), 2),
            ("false; echo $?", "1\n".to_owned(), 0),
            (
                "echo a > /tmp/x; echo b >> /tmp/x; cat /tmp/x; rm /tmp/x; cat /tmp/x 2>/dev/null || echo gone",
                "a\nb\ngone\n".to_owned(),
                0,
            ),
            ("env | grep ^CLUSTER", "CLUSTER=1\n".to_owned(), 0),
            ("exit 7", String::new(), 7),
            ("true && taos -s 'use nosuch' 2>&1 >/dev/null | grep -c 'DB error'", "1\n".to_owned(), 0),
        ] {
            let printed = lab.exec(1, &["sh", "-c", script]).await;
            assert_eq!((printed.out.as_str(), printed.code), (out.as_str(), Some(code)), "{script}: {printed:?}");
        }
        let unknown = lab.exec(1, &["frobnicate"]).await;
        assert_eq!((unknown.code, unknown.err.as_str()), (Some(127), "sh: 1: frobnicate: not found\n"));
        let config = lab.exec(1, &["cat", "/var/lib/taos/dnode/dnodeCfg.json"]).await.out;
        assert!(config.starts_with("{\n  \"dnodeId\": 2,\n  \"clusterId\": \""), "{config}");
    });
}

#[test]
fn a_file_of_the_shell_can_be_read() {
    run(|| async {
        let lab = Lab::new(1, Names::Always);
        lab.boot(1).await;
        lab.taos(0, "show dnodes >> /tmp/dnodes.csv").await;
        let text = lab.exec(0, &["cat", "/tmp/dnodes.csv"]).await.out;
        assert!(text.contains("1,'tdengine-0.taosd.default.svc.cluster.loc',1,2,'ready','any',"), "{text}");
    });
}

#[test]
fn the_entrypoint_says_what_it_does() {
    run(|| async {
        let lab = Lab::new(1, Names::Always);
        lab.boot(2).await;
        let first = lab.log(0).join("\n");
        assert!(first.contains("+ '[' -f /var/lib/taos/dnode/mnodeEpSet.json ']'\n"), "{first}");
        // The server's own lines follow, as real ones print them.
        let (_, server) = first.split_once("\n+ taosd\n").unwrap();
        assert!(server.lines().next().unwrap().ends_with(" DND start to initialize TDengine"), "{first}");
        assert!(!first.contains("+ taos -h"), "{first}");
        let second = lab.log(1).join("\n");
        assert!(
            second
                .contains(&format!("taos> create dnode \"{}:6030\";\nQuery OK, 0 of 0 row(s) in database (", fqdn(1))),
            "{second}"
        );
    });
}

#[test]
fn without_its_name_the_container_ends() {
    run(|| async {
        let lab = Lab::new(1, Names::Always).with_env("TAOS_FQDN", "");
        lab.start(0);
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        assert_eq!(lab.exits(0), [255]);
    });
}

#[test]
fn the_other_entrypoint_waits_for_nothing() {
    run(|| async {
        let lab = Lab::new(1, Names::Always).with_image("2.1.1.0-startup");
        lab.start(1);
        tokio::time::sleep(std::time::Duration::from_secs(20)).await;
        assert_eq!(lab.exits(1)[0], 1);
        lab.start(0);
        lab.until(60, || async { lab.is_ready(0) }).await;
        lab.until_dnode(60, "2 ready").await;
    });
}

#[test]
fn http_answers_on_its_port() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    run(|| async {
        let lab = Lab::new(1, Names::Always);
        lab.boot(2).await;
        let listener = lab.world.network.connect(lab.ip(0), lab.ip(1), 6041).unwrap();
        let (mut mine, theirs) = tokio::io::duplex(65_536);
        listener.accept(theirs, lab.ip(0));
        let request = "POST /rest/sql HTTP/1.1\r\nHost: x\r\nAuthorization: Basic cm9vdDp0YW9zZGF0YQ==\r\n\
                       Content-Length: 11\r\nConnection: close\r\n\r\nshow mnodes";
        mine.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        mine.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\"status\":\"succ\""), "{answer}");
        assert!(answer.contains("[2,\"tdengine-1.taosd.default.svc.cluster.loc\",\"slave\","), "{answer}");
    });
}
