//! Under faults, too, a seed repeats a run to the byte: what happened, what clients did, and what the search finds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rstest::rstest;

/// A schedule with several faults at once, which end by themselves or are taken back.
const SCHEDULE: &str = r"- { at: 1500ms, fault: { kill-process: { pod: mnode-leader } } }
- { at: 4s, fault: { partition: { pair: [0, 1] } } }
- { at: 6s, fault: { packets: { pod: 2, loss: 30 } } }
- { at: 20s, heal: partition }
- { at: 25s, fault: { delete-pod: { pod: 1, force: true } } }
";

/// What `seatrial` prints; it must end with one of these codes.
fn seatrial(typed: &[&str], allowed: &[i32]) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(env!("CARGO_BIN_EXE_seatrial")).args(typed).current_dir(root).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(allowed.contains(&output.status.code().unwrap()), "{typed:?}: {said}");
    output.stdout
}

/// The files of these names below a folder.
fn files(folder: &Path, wanted: fn(&Path) -> bool) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if wanted(&path) {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[rstest]
#[case("2.1.1.0", "2")]
#[case("3.3.0.1", "3")]
fn a_seed_repeats_events_and_histories(#[case] tdengine: &str, #[case] replica: &str) {
    let folder = tempfile::tempdir().unwrap();
    let schedule = folder.path().join("schedule.yaml");
    fs::write(&schedule, SCHEDULE).unwrap();
    let run = |name: &str, seed: &str| {
        let (out, schedule) = (folder.path().join(name), schedule.to_str().unwrap());
        let how = ["--tdengine", tdengine, "--replica", replica, "--seed", seed, "--out", out.to_str().unwrap()];
        seatrial(&[&["chaos", "replay", schedule], how.as_slice()].concat(), &[0, 1, 5]);
        let files = files(&out, |path| path.extension().is_some_and(|extension| extension == "jsonl"));
        assert_eq!(files.len(), 2, "the events and one history: {:?}", files.keys());
        assert!(files.values().all(|bytes| bytes.len() > 1_000));
        files
    };
    let first = run("first", "5");
    assert!(first == run("again", "5"), "one seed gave two runs");
    for (name, bytes) in run("other", "6") {
        assert!(first[&name] != bytes, "another seed gave the same {}", name.display());
    }
}

#[test]
fn the_search_finds_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let explore = |name: &str| {
        let out = folder.path().join(name);
        let typed = ["chaos", "explore", "--seeds", "3", "--shrink", "1", "--fault", "rolling-restart"];
        let told = seatrial(&[&typed, ["--out", out.to_str().unwrap()].as_slice()].concat(), &[1]);
        let told = String::from_utf8(told).unwrap().replace(out.to_str().unwrap(), "OUT");
        // Before that it says how long it took.
        (told.split_once("): ").unwrap().1.to_owned(), files(&out, |_| true))
    };
    let first = explore("first");
    assert!(first.0.contains("shrunk to") && !first.1.is_empty(), "{first:?}");
    assert_eq!(first, explore("again"));
}
