//! The guide says what the command does: its reference pages are made from `--help` and from the schema, its examples
//! are read by the command, and its links lead somewhere.
//!
//! `UPDATE_GUIDE=1 cargo test -p seatrial-cli --test guide` makes the reference pages again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod commands;
mod examples;
mod links;
mod scenario_reference;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs the command as a user does, but for what depends on the terminal and on what is set in the environment.
fn seatrial(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatrial"));
    command.args(arguments).current_dir(root()).env_clear().env("NO_COLOR", "1");
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).output().unwrap()
}

/// What the command prints; it must go well.
fn printed(arguments: &[&str]) -> String {
    let output = seatrial(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// All pages of the guide, by their names.
fn pages() -> Vec<(String, String)> {
    let folder = root().join("guide");
    let mut pages: Vec<(String, String)> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    pages.sort();
    assert!(pages.len() > 5, "{} holds the guide", folder.display());
    pages
}

/// Compares a page with what it is made from, or makes it again if that was asked for.
fn is_fresh(page: &str, text: &str) {
    let path = root().join("guide").join(page);
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = published.lines().zip(text.lines()).find(|(old, new)| old != new);
    assert!(
        published == text,
        "guide/{page} is not what the command says (first difference: {differs:?}): run UPDATE_GUIDE=1 cargo test -p \
         seatrial-cli --test guide, and commit it"
    );
}
