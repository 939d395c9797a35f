use seatrial_record::bounded;

/// What servers write when they break, in lower case. From `common/os` (`crash`, `assert`), `vnode`, `wal` and `tsdb`
/// (`corrupted`) of both generations.
const PATTERNS: [&str; 6] =
    ["assertion failed", "assert failed", "segmentation fault", "crash signal", "corrupt", "core dumped"];
/// Most lines that are told of one log.
const MOST: usize = 20;
/// Most bytes of a line.
const LINE: usize = 300;

/// A line of a log that should not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What it was found by.
    pub pattern: &'static str,
    /// The line.
    pub line: String,
}

/// Lines that say that a server broke.
pub fn traces(log: &str) -> Vec<Trace> {
    let trace = |line: &str| {
        let lower = line.to_ascii_lowercase();
        let pattern = PATTERNS.into_iter().find(|pattern| lower.contains(pattern))?;
        Some(Trace { pattern, line: bounded(line.trim(), LINE).0.to_owned() })
    };
    log.lines().filter_map(trace).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("11/27 06:13 TSD ERROR taosAssert at file x.c:12 assertion failed", "assertion failed")]
    #[case("WAL ERROR vgId:2, wal file is corrupted", "corrupt")]
    #[case("/usr/bin/run.sh: line 7: 11 Segmentation fault (core dumped) taosd", "segmentation fault")]
    fn what_breaks_is_found(#[case] line: &str, #[case] pattern: &str) {
        let log = format!("all is well\n{line}\nas before\n");
        let found = traces(&log);
        assert_eq!(found.iter().map(|trace| trace.pattern).collect::<Vec<_>>(), [pattern]);
        assert!(traces("TDengine is initialized successfully\nvgId:2, status is ready\n").is_empty());
    }

    #[test]
    fn a_flood_is_bounded() {
        let log = format!("assertion failed {}\n", "x".repeat(5_000)).repeat(500);
        let found = traces(&log);
        assert!(found.len() == MOST && found.iter().all(|trace| trace.line.len() <= LINE));
    }
}
