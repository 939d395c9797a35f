use std::time::Duration;

use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Status};
use kube::{Api, Error, api::AttachParams};
use rstest::rstest;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::Instant,
};

use crate::fake::{cluster, pod};

async fn run(command: &[&str], params: AttachParams, input: &[u8]) -> (Vec<u8>, Vec<u8>, Status) {
    let cluster = cluster();
    cluster.store.create(&pod("a")).unwrap();
    let pods: Api<Pod> = Api::default_namespaced(cluster.client.clone());
    let mut process = pods.exec("a", command.to_vec(), &params).await.unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = process.take_status().unwrap();
    let (stdin, stdout, stderr) = (process.stdin(), process.stdout(), process.stderr());
    let feed = async {
        if let Some(mut stdin) = stdin {
            stdin.write_all(input).await.unwrap();
            stdin.shutdown().await.unwrap();
        }
    };
    let read_out = async {
        stdout.unwrap().read_to_end(&mut out).await.unwrap();
    };
    let read_err = async {
        if let Some(mut stderr) = stderr {
            stderr.read_to_end(&mut err).await.unwrap();
        }
    };
    let ((), (), (), status) = tokio::join!(feed, read_out, read_err, status);
    (out, err, status.unwrap())
}

#[rstest]
#[case("0", "Success", None)]
#[case("7", "Failure", Some("7"))]
#[case("137", "Failure", Some("137"))]
#[tokio::test(start_paused = true)]
async fn a_command_ends_with_its_exit_code(#[case] code: &str, #[case] outcome: &str, #[case] cause: Option<&str>) {
    let (out, err, status) = run(&["both", code], AttachParams::default(), b"").await;
    assert_eq!((out.as_slice(), err.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    assert_eq!(status.status.as_deref(), Some(outcome));
    let found = status.details.and_then(|details| details.causes).and_then(|causes| causes[0].message.clone());
    assert_eq!(found.as_deref(), cause);
}

#[tokio::test(start_paused = true)]
async fn input_comes_back_through_cat() {
    let input: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let params = AttachParams::default().stdin(true);
    let (out, _, status) = run(&["cat"], params, &input).await;
    assert!(out == input);
    assert_eq!(status.status.as_deref(), Some("Success"));
}

#[tokio::test(start_paused = true)]
async fn four_mebibytes_pass_on_both_streams() {
    let (out, err, _) = run(&["big", "4096"], AttachParams::default(), b"").await;
    assert_eq!((out.len(), err.len()), (4 << 20, 4 << 20));
}

#[tokio::test(start_paused = true)]
async fn a_long_command_survives_the_pings() {
    let start = Instant::now();
    let (_, _, status) = run(&["sleep", "90"], AttachParams::default(), b"").await;
    assert_eq!(status.status.as_deref(), Some("Success"));
    assert_eq!(start.elapsed(), Duration::from_secs(90));
}

#[tokio::test(start_paused = true)]
async fn a_terminal_hands_over_keys_and_ends_lines() {
    let params = AttachParams::interactive_tty();
    let (out, _, _) = run(&["greet"], params, b"bob\r").await;
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text, "name? hello bob\r\r\n");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_ends_the_command() {
    let cluster = cluster();
    cluster.store.create(&pod("a")).unwrap();
    let pods: Api<Pod> = Api::default_namespaced(cluster.client.clone());
    let process = pods.exec("a", ["sleep", "1000000"], &AttachParams::default()).await.unwrap();
    drop(process);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let alive = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    assert_eq!(alive, 1, "only kube's buffer worker is left");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_run_is_refused_before_the_upgrade() {
    let cluster = cluster();
    cluster.store.create(&pod("pending")).unwrap();
    let pods: Api<Pod> = Api::default_namespaced(cluster.client.clone());
    let code = |error: Error| if let Error::Api(status) = error { status.code } else { panic!("{error}") };
    assert_eq!(code(pods.exec("none", ["x"], &AttachParams::default()).await.err().unwrap()), 404);
    assert_eq!(code(pods.exec("pending", ["x"], &AttachParams::default()).await.err().unwrap()), 500);
    let other = AttachParams::default().container("b");
    assert_eq!(code(pods.exec("pending", ["x"], &other).await.err().unwrap()), 400);
}
