//! Replays what was typed into a real 2.1.1.0 and compares every byte but the seconds that statements took.

use std::sync::{Mutex, PoisonError};

use crate::shell::{Files, Shell, V2_1, run};
use seatrial_sim::{Chance, ExecIo};
use tokio::io::AsyncReadExt as _;

use super::server::{Server, now};

/// One command of a recording.
struct Recorded {
    arguments: Vec<String>,
    stdout: String,
    stderr: String,
    exit: u8,
}

fn recordings(text: &str) -> Vec<Recorded> {
    let commands = format!("\n{text}");
    let commands = commands.split("\n$ taos ").skip(1);
    commands
        .map(|command| {
            let (line, rest) = command.split_once("\n[stdout]\n").unwrap();
            let (stdout, rest) = rest.split_once("[stderr]\n").unwrap();
            let (stderr, rest) = rest.split_once("[exit=").unwrap();
            let exit = rest.split_once(']').unwrap().0.parse().unwrap();
            let (options, sql) = line.split_once("-s ").map_or((line, None), |(options, sql)| (options, Some(sql)));
            let mut arguments: Vec<_> = options.split_whitespace().map(str::to_owned).collect();
            arguments.extend(sql.into_iter().flat_map(|sql| ["-s".to_owned(), sql.to_owned()]));
            Recorded { arguments, stdout: stdout.to_owned(), stderr: stderr.to_owned(), exit }
        })
        .collect()
}

/// Hides the seconds: `(0.000675s)`.
fn without_times(text: &str) -> String {
    let mut plain = String::new();
    for piece in text.split_inclusive('(') {
        let end = piece.find("s)").filter(|end| piece[..*end].bytes().all(|b| b.is_ascii_digit() || b == b'.'));
        plain.push_str(end.map_or(piece, |end| &piece[end..]));
    }
    plain
}

#[derive(Default)]
struct Written(Mutex<Vec<(String, String)>>);

impl Files for Written {
    fn write(&self, path: &str, bytes: Vec<u8>) -> bool {
        let text = String::from_utf8(bytes).unwrap();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((path.to_owned(), text));
        true
    }

    fn read(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
}

async fn taos(server: &Server, files: &Written, arguments: &[String], tty: bool, stdin: &str) -> (String, String, u8) {
    let (out_end, mut out) = tokio::io::duplex(1 << 20);
    let (err_end, mut err) = tokio::io::duplex(1 << 20);
    let mut argv = vec!["taos".to_owned()];
    argv.extend_from_slice(arguments);
    let io = ExecIo {
        argv,
        tty,
        stdin: Some(Box::new(std::io::Cursor::new(stdin.as_bytes().to_vec()))),
        stdout: Box::new(out_end),
        stderr: (!tty).then(|| Box::new(err_end) as _),
    };
    let shell = Shell {
        dialect: &V2_1,
        version: "2.1.1.0",
        connector: server,
        files,
        now: &now,
        dice: Chance::new(1).stream("shell"),
        first_host: "localhost",
        first_port: 6030,
        text_width: 30,
    };
    // The shell runs in a spawned task.
    let running: futures::future::BoxFuture<'_, _> = Box::pin(run(io, shell));
    let status = running.await;
    let (mut stdout, mut stderr) = (String::new(), String::new());
    out.read_to_string(&mut stdout).await.unwrap();
    if !tty {
        err.read_to_string(&mut stderr).await.unwrap();
    }
    (stdout, stderr, status.code)
}

/// What the single test server does not have (a cluster, users, alterations), or what a real one answers by accident.
fn beyond(arguments: &[String]) -> bool {
    const BEYOND: &[&str] =
        &["show ", "alter database", "alter dnode", "user", "dnode", "interval", "n+1", "group by n", "select tbname"];
    let Some(sql) = arguments.last() else { return true };
    let own = sql.starts_with("show create table") || sql.starts_with("show create stable");
    !own && BEYOND.iter().any(|word| sql.contains(word)) || arguments.iter().any(|argument| argument == "-u")
}

#[tokio::test(start_paused = true)]
async fn a_real_servers_answers_are_reproduced() {
    let server = Server::default();
    let files = Written::default();
    let texts = [
        include_str!("../../../../../fixtures/recordings/single-2.1.1.0/shell-basic.txt"),
        include_str!("../../../../../fixtures/recordings/single-2.1.1.0/shell-more.txt"),
    ];
    let mut compared = 0;
    let mut wrong = Vec::new();
    for recorded in texts.iter().flat_map(|text| recordings(text)) {
        let (stdout, stderr, exit) = taos(&server, &files, &recorded.arguments, false, "").await;
        // What cannot be compared is done all the same: later statements build on it.
        if beyond(&recorded.arguments) {
            continue;
        }
        compared += 1;
        let mut seen = (without_times(&stdout), without_times(&stderr), exit);
        let mut expected = (without_times(&recorded.stdout), without_times(&recorded.stderr), recorded.exit);
        // Rows whose time is the minute of the recording are not the same.
        if expected.0.contains("2026-11-23 16:5") {
            (seen.0, expected.0) = (String::new(), String::new());
        }
        if seen != expected {
            wrong.push(format!(
                "{:?}\nexpected:\n{}{}{}\nseen:\n{}{}{}",
                recorded.arguments, expected.0, expected.1, expected.2, seen.0, seen.1, seen.2
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 60, "{compared}");
    let written = files.0.lock().unwrap();
    let csv = include_str!("../../../../../fixtures/recordings/single-2.1.1.0/select.csv");
    assert_eq!(written.last().map(|(path, text)| (path.as_str(), text.as_str())), Some(("/tmp/o2.csv", csv)));
}

#[tokio::test(start_paused = true)]
async fn a_terminal_gets_prompts_echo_and_crlf() {
    let (server, files) = (Server::default(), Written::default());
    let typed = "create database d;\rbogus;\rselect 1\r;\rquit\r";
    let (stdout, _, exit) = taos(&server, &files, &[], true, typed).await;
    let stdout = without_times(&stdout);
    assert_eq!(exit, 0);
    let expected = [
        "",
        "Welcome to the TDengine shell from Linux, Client Version:2.1.1.0",
        "Copyright (c) 2020 by TAOS Data, Inc. All rights reserved.",
        "",
        "taos> create database d;",
        "Query OK, 0 of 0 row(s) in database (s)",
        "",
        "taos> bogus;",
        "",
        "DB error: syntax error near \"bogus;\" (s)",
        "taos> select 1",
        "   -> ;",
        " server_status() |",
        "==================",
        "               1 |",
        "Query OK, 1 row(s) in set (s)",
        "",
        "taos> quit",
        "",
    ];
    assert_eq!(stdout, expected.join("\r\n"));
}

#[tokio::test(start_paused = true)]
async fn without_a_terminal_there_is_nothing_to_type_into() {
    let (server, files) = (Server::default(), Written::default());
    let (stdout, stderr, exit) = taos(&server, &files, &[], false, "show databases;\n").await;
    assert!(stdout.ends_with("All rights reserved.\n\n"), "{stdout}");
    assert_eq!((stderr.as_str(), exit), ("Fail to set terminal properties!\n", 1));
}

#[tokio::test(start_paused = true)]
async fn startup_is_always_exit_code_zero() {
    let (server, files) = (Server::default(), Written::default());
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (stdout, _, exit) = taos(&server, &files, &words("-n startup"), false, "").await;
    assert!(stdout.contains("step:TDengine desc:initialized successfully"), "{stdout}");
    assert_eq!(exit, 0);
    let (stdout, _, exit) = taos(&server, &files, &words("-h nosuch -n startup"), false, "").await;
    assert!(
        stdout.ends_with("UTL ERROR failed to check startup step, code:0x80000015 Unable to resolve FQDN\n"),
        "{stdout}"
    );
    assert_eq!(exit, 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_fails_is_told_on_standard_output() {
    let (server, files) = (Server::default(), Written::default());
    let arguments = ["-pwrong", "-s", "show dnodes"].map(str::to_owned);
    let (stdout, stderr, exit) = taos(&server, &files, &arguments, false, "").await;
    assert!(stdout.ends_with("\n\ntaos connect failed, reason: Authentication failure.\n\n"), "{stdout}");
    assert_eq!((stderr.as_str(), exit), ("", 1));
}
