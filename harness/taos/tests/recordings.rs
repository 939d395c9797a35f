//! Every output of a shell that was recorded is read.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use seatrial_taos::{Reply, SqlOutcome, Version, View, dnodes, kind, mnodes, shell, split, vgroups};

fn recordings() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/recordings");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(&root).unwrap() {
        let folder = folder.unwrap().path();
        // `single-*` holds one server's answers in a form of their own: what the embedded shell is held to.
        let single = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("single-"));
        if folder.is_dir() && !single {
            for file in std::fs::read_dir(&folder).unwrap() {
                let file = file.unwrap().path();
                let bytes = std::fs::read(&file).unwrap();
                found.push((file, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
    found.sort();
    assert!(found.len() >= 30, "only {} recordings in {}", found.len(), root.display());
    found
}

/// One recorded call of the shell.
struct Call {
    place: String,
    statements: Vec<String>,
    stdout: String,
    stderr: String,
}

/// True for what the recorder wrote around the outputs.
fn is_note(line: &str) -> bool {
    let time = |text: &str| text.len() >= 8 && text.as_bytes()[2] == b':' && text.as_bytes()[5] == b':';
    let marks = [
        "$ ", "[exit=", "[t=", "[show ", "[use ", "[select ", "[insert ", "[drop ", "[create ", "exit=", "==", "--",
        "## ", "pod ", "d1 ", "d2 ",
    ];
    let rule = line.len() > 8 && line.bytes().all(|byte| byte == b'=');
    let log = line.len() > 14 && line.as_bytes()[2] == b'/' && line.as_bytes()[5] == b' ';
    log || (!rule && marks.iter().any(|mark| line.starts_with(mark))) || time(line)
}

/// The calls in a recording. The streams are merged there, and errors come before the line of the prompt.
fn calls(name: &str, text: &str) -> Vec<Call> {
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    let mut calls = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(sql) = line.strip_prefix("taos> ") else { continue };
        let before: Vec<&str> = lines[..at]
            .iter()
            .rev()
            .copied()
            .take_while(|line| !is_note(line) && !line.starts_with("Query OK") && !line.starts_with("taos> "))
            .collect();
        // Only what belongs to this call: its banner and its errors.
        let before: Vec<&str> = before
            .into_iter()
            .take_while(|line| {
                line.is_empty()
                    || line.starts_with("DB error")
                    || line.starts_with("Copyright")
                    || line.starts_with("Welcome")
            })
            .collect();
        let after: Vec<&str> = lines[at + 1..]
            .iter()
            .copied()
            .take_while(|line| !is_note(line) && !line.starts_with("taos> ") && !line.starts_with("Welcome"))
            .collect();
        let early: Vec<&str> = before.into_iter().rev().collect();
        // Errors before the next prompt are the next call's.
        let next_is_prompt = lines
            .get(at + 1 + after.len())
            .is_some_and(|line| line.starts_with("taos> ") || line.starts_with("Welcome"));
        let errors = |lines: &[&str]| lines.iter().filter(|line| line.starts_with("DB error")).count();
        let statements: Vec<String> = split(sql).into_iter().map(str::to_owned).collect();
        let results =
            after.iter().filter(|line| line.contains(" OK, ") || line.starts_with("Database changed.")).count();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        for line in &early {
            if line.starts_with("DB error") { err.push(*line) } else { out.push(*line) }
        }
        out.push(line);
        let late = if next_is_prompt && errors(&early) + results == statements.len() { 0 } else { errors(&after) };
        for line in &after {
            match line.starts_with("DB error") {
                true if late > 0 => err.push(line),
                true => {}
                false => out.push(line),
            }
        }
        calls.push(Call {
            place: format!("{name}:{}", at + 1),
            statements,
            stdout: out.join("\n") + "\n",
            stderr: err.join("\n") + "\n",
        });
    }
    calls
}

fn all_calls() -> Vec<Call> {
    let recordings = recordings();
    recordings.iter().flat_map(|(path, text)| calls(&path.display().to_string(), text)).collect()
}

fn parse(call: &Call) -> Result<Vec<SqlOutcome>, shell::ParseError> {
    let statements: Vec<&str> = call.statements.iter().map(String::as_str).collect();
    shell::parse(call.stdout.as_bytes(), call.stderr.as_bytes(), 0, &statements)
}

#[test]
fn every_recorded_call_is_read() {
    let calls = all_calls();
    assert!(calls.len() >= 180, "only {} calls were found", calls.len());
    let mut unread = Vec::new();
    let (mut tables, mut errors, mut views) = (0, 0, 0);
    for call in &calls {
        let outcomes = match parse(call) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                unread.push((call.place.clone(), error.to_string()));
                continue;
            }
        };
        assert_eq!(outcomes.len(), call.statements.len(), "{}", call.place);
        for outcome in outcomes {
            let asked = outcome.sql.to_ascii_lowercase();
            match &outcome.reply {
                Err(error) => {
                    errors += 1;
                    assert!(error.code.is_some(), "{}: no code for `{}`", call.place, error.text);
                }
                Ok(Reply::Rows(table)) => {
                    tables += 1;
                    assert_eq!(kind(&outcome.sql), seatrial_taos::Kind::Rows, "{}", call.place);
                    assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{}", call.place);
                    let rows = if asked.contains("dnodes") {
                        dnodes(table).map(|rows| rows.len())
                    } else if asked.contains("mnodes") {
                        mnodes(table).map(|rows| rows.len())
                    } else if asked.contains("vgroups") {
                        vgroups(table).map(|rows| rows.len())
                    } else {
                        continue;
                    };
                    views += 1;
                    assert_eq!(rows.as_ref().ok(), Some(&table.rows.len()), "{}: {rows:?}", call.place);
                }
                Ok(_) => {}
            }
        }
    }
    // The recorder kept only the first lines of this one.
    unread.retain(|(place, error)| {
        !(place.ends_with("hosts-2.1.1.0/5a.txt:10") && error.starts_with("2 statement(s), but 1 result(s)"))
    });
    assert!(unread.is_empty(), "{unread:#?}");
    assert!(tables > 150 && errors > 25 && views > 130, "{tables} tables, {errors} errors, {views} views");
}

#[test]
fn every_recorded_failure_to_connect_is_told() {
    let mut found = 0;
    for (path, text) in recordings() {
        for line in text.lines().filter(|line| {
            line.contains("taos connect failed, reason") || line.contains("failed to connect to server, reason")
        }) {
            let at = line.find("taos connect failed").or_else(|| line.find("failed to connect")).unwrap();
            let error = shell::parse(&line.as_bytes()[at..], b"", 1, &["show dnodes"]).unwrap_err();
            let shell::ParseError::ConnectFailed { reason, code } = error else {
                panic!("{}: {error}", path.display())
            };
            assert!(code.is_some(), "{}: no code for `{reason}`", path.display());
            found += 1;
        }
    }
    assert!(found > 0);
}

/// A driver that was recorded printed the codes, too: `ERR 0x8000090c "Sync leader is unreachable"`.
#[test]
fn every_recorded_code_has_its_text() {
    let mut found = 0;
    for (path, text) in recordings() {
        for line in text.lines() {
            let Some((_, rest)) = line.split_once(" ERR 0x") else { continue };
            let Some((code, rest)) = rest.split_once(" \"") else { continue };
            let (code, text) = (u32::from_str_radix(code, 16).unwrap(), rest.split('"').next().unwrap());
            let known = seatrial_taos::code_of(seatrial_taos::Generation::V3, text);
            assert_eq!(known.map(i32::cast_unsigned), Some(code), "{}: {text}", path.display());
            found += 1;
        }
    }
    assert!(found >= 14, "{found}");
}

/// The tables of 3.x have just the columns that their profile says.
#[test]
fn recorded_tables_have_the_columns_of_their_version() {
    let mut seen = std::collections::BTreeSet::new();
    for (path, text) in recordings() {
        if !path.to_string_lossy().contains("3.3.0.1") {
            continue;
        }
        let version = shell::client_version(text.as_bytes()).unwrap();
        for call in calls(&path.display().to_string(), &text) {
            for outcome in parse(&call).into_iter().flatten() {
                let Some(view) = View::of(&outcome.sql) else { continue };
                let Ok(Reply::Rows(table)) = &outcome.reply else { continue };
                if !table.rows.is_empty() {
                    assert_eq!(table.columns, view.columns(&version), "{}: {}", call.place, outcome.sql);
                    seen.insert((view.name(), version.to_string()));
                }
            }
        }
    }
    let versions = |view: View| seen.iter().filter(|(name, _)| *name == view.name()).count();
    assert_eq!([View::Dnodes, View::Mnodes, View::Vgroups, View::Databases].map(versions), [2, 2, 1, 1], "{seen:?}");
}

#[test]
fn the_version_is_in_the_banner() {
    let banner = b"\nWelcome to the TDengine shell from Linux, Client Version:2.1.1.0\nCopyright (c) 2020 by TAOS Data, Inc. All rights reserved.\n\n";
    assert_eq!(shell::client_version(banner), Some(Version(2, 1, 1, 0)));
}

#[test]
fn vertical_output_has_whole_end_points() {
    let call = all_calls().into_iter().find(|call| call.statements == ["show dnodes\\G"]).unwrap();
    let outcome = parse(&call).unwrap().remove(0);
    let dnodes = dnodes(outcome.table().unwrap()).unwrap();
    assert!(dnodes[1].end_point.matches("tdengine-1.taosd.default.svc.cluster.local:6030"));
    assert!(!dnodes[1].end_point.truncated);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_mutated_recording_is_read_or_refused(pick: prop::sample::Index, at: prop::sample::Index, byte: u8, cut: bool, exit in -1_i32..3) {
        thread_local! {
            static CALLS: Vec<Call> = all_calls();
        }
        CALLS.with(|calls| {
            let call = &calls[pick.index(calls.len())];
            let mut stdout = call.stdout.clone().into_bytes();
            let at = at.index(stdout.len());
            if cut { stdout.truncate(at) } else { stdout[at] = byte }
            let statements: Vec<&str> = call.statements.iter().map(String::as_str).collect();
            if let Ok(outcomes) = shell::parse(&stdout, call.stderr.as_bytes(), exit, &statements) {
                for outcome in &outcomes {
                    if let Ok(table) = outcome.table() {
                        let _ = (dnodes(table), mnodes(table), vgroups(table));
                    }
                }
            }
        });
    }

    #[test]
    fn any_bytes_are_read_or_refused(stdout: Vec<u8>, stderr: Vec<u8>, exit: i32, statements: Vec<String>) {
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
        let _ = shell::parse(&stdout, &stderr, exit, &statements);
        let _ = shell::client_version(&stdout);
    }
}
