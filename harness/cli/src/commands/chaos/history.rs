use std::path::{Path, PathBuf};

use seatrial_chaos::{History, Summary, check as check_rows};
use seatrial_record::{ExitCode, Verdict};

use crate::{args::HistoryArgs, commands::Done, complaint::Complaint};

/// Checks stored histories, or prints one for Jepsen's tools if asked to.
pub fn check(args: &HistoryArgs) -> Done {
    let files = files(&args.history)?;
    if args.edn {
        let [file] = files.as_slice() else {
            let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            return Err(Complaint::usage(format!("`--edn` prints one history: name one of\n  {}", names.join("\n  "))));
        };
        print!("{}", read(file)?.to_edn());
        return Ok(ExitCode::Passed);
    }
    let mut worst: Option<Verdict> = None;
    for file in &files {
        let history = read(file)?;
        let found = check_rows(&history);
        println!("{}\n  {}", file.display(), Summary::of(&history).to_string().replace('\n', "\n  "));
        println!("  {}: {found}", found.verdict());
        worst = worst.max(Some(found.verdict()));
    }
    Ok(ExitCode::of(worst))
}

/// The file that is named, or those of the run whose folder is.
fn files(path: &Path) -> Result<Vec<PathBuf>, Complaint> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let folder = Some(path.join("histories")).filter(|folder| folder.is_dir()).unwrap_or_else(|| path.to_owned());
    let wrong = |error: std::io::Error| Complaint::usage(format!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") && !path.ends_with("events.jsonl") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Complaint::nothing(format!("{} has no history of a workload", path.display())));
    }
    Ok(files)
}

fn read(file: &Path) -> Result<History, Complaint> {
    let wrong = |error: &dyn std::fmt::Display| Complaint::usage(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
    History::from_json_lines(&text).map_err(|error| wrong(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(history: &str) -> Result<ExitCode, Complaint> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("histories")).unwrap();
        std::fs::write(folder.path().join("events.jsonl"), "{}").unwrap();
        if !history.is_empty() {
            std::fs::write(folder.path().join("histories/a@b.rows.jsonl"), history).unwrap();
        }
        check(&HistoryArgs { history: folder.path().to_owned(), edn: false })
    }

    #[test]
    fn a_run_is_checked_again() {
        let sent = r#"{"at":"2026-11-23T00:00:00Z","writer":0,"sequence":0,"pod":"p","event":"invoke"}
{"at":"2026-11-23T00:00:01Z","writer":0,"sequence":0,"pod":"p","event":"ok","took_ms":3}
"#;
        assert_eq!(checked(sent).unwrap(), ExitCode::Unknown, "killed before the rows were read");
        assert_eq!(checked(&format!("{sent}{{\"read\":[[0,0]]}}\n")).unwrap(), ExitCode::Passed);
        assert_eq!(checked(&format!("{sent}{{\"read\":[]}}\n")).unwrap(), ExitCode::Failed);
        assert_eq!(checked("").unwrap_err().exit.code(), 4);
    }
}
