//! What was expected beside what was seen.

use similar::{Algorithm, ChangeTag, DiffOp, TextDiff};

/// Most lines of one side that are compared; more are counted and left to the evidence.
const LINES: usize = 300;

/// One line of the comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The expected line, if there is one.
    pub(crate) expected: Option<String>,
    /// The line that was seen, if there is one.
    pub(crate) seen: Option<String>,
}

impl Row {
    /// True if both sides have the same line.
    pub(crate) fn same(&self) -> bool {
        self.expected == self.seen
    }
}

/// A piece of a changed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Its text.
    pub(crate) text: String,
    /// True if the other side lacks it.
    pub(crate) changed: bool,
}

/// Both texts, line by line, with equal lines beside each other.
pub(crate) fn rows(expected: &str, seen: &str) -> Vec<Row> {
    let (left, right) = (lines(expected), lines(seen));
    let owned = |side: &[String], index: usize| side.get(index).cloned();
    let mut rows = Vec::new();
    for op in TextDiff::configure().algorithm(Algorithm::Patience).diff_slices(&refs(&left), &refs(&right)).ops() {
        let (old, new) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { .. } = op {
            rows.extend(old.map(|index| Row { expected: owned(&left, index), seen: owned(&left, index) }));
            continue;
        }
        for index in 0..old.len().max(new.len()) {
            rows.push(Row {
                expected: (index < old.len()).then(|| owned(&left, old.start + index)).flatten(),
                seen: (index < new.len()).then(|| owned(&right, new.start + index)).flatten(),
            });
        }
    }
    rows
}

/// The words of two lines, each marked where they differ.
pub(crate) fn words(expected: &str, seen: &str) -> (Vec<Piece>, Vec<Piece>) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for change in TextDiff::from_words(expected, seen).iter_all_changes() {
        match change.tag() {
            ChangeTag::Equal => {
                push(&mut left, change.value(), false);
                push(&mut right, change.value(), false);
            }
            ChangeTag::Delete => push(&mut left, change.value(), true),
            ChangeTag::Insert => push(&mut right, change.value(), true),
        }
    }
    (left, right)
}

/// As lines of a patch: ` ` same, `-` expected, `+` seen.
pub(crate) fn patch(expected: &str, seen: &str) -> Vec<(char, String)> {
    let mut lines = Vec::new();
    let mut added = Vec::new();
    for row in rows(expected, seen) {
        if row.same() {
            lines.append(&mut added);
            lines.push((' ', row.expected.unwrap_or_default()));
            continue;
        }
        lines.extend(row.expected.map(|line| ('-', line)));
        added.extend(row.seen.map(|line| ('+', line)));
    }
    lines.append(&mut added);
    lines
}

fn push(pieces: &mut Vec<Piece>, text: &str, changed: bool) {
    match pieces.last_mut() {
        Some(last) if last.changed == changed => last.text.push_str(text),
        _ => pieces.push(Piece { text: text.to_owned(), changed }),
    }
}

fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().take(LINES).map(|line| line.trim_end().to_owned()).collect();
    let all = text.lines().count();
    if all > LINES {
        lines.push(format!("… {} more lines", all - LINES));
    }
    lines
}

fn refs(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_lines_stand_beside_each_other() {
        let found = rows("1 ready\n2 ready\n3 ready", "1 ready\n3 ready\n4 offline");
        let same: Vec<bool> = found.iter().map(Row::same).collect();
        assert_eq!(same, [true, false, true, false]);
        assert_eq!(found[1], Row { expected: Some("2 ready".into()), seen: None });
        assert_eq!(found[3], Row { expected: None, seen: Some("4 offline".into()) });
    }

    #[test]
    fn the_words_that_differ_are_marked() {
        let (left, right) = words("2 | ready", "2 | offline");
        assert_eq!(left.last(), Some(&Piece { text: "ready".into(), changed: true }));
        assert_eq!(right.last(), Some(&Piece { text: "offline".into(), changed: true }));
        assert!(!left[0].changed);
    }

    #[test]
    fn a_patch_names_expected_before_seen() {
        let lines = patch("a\nb\nc", "a\nx\nc");
        assert_eq!(lines.iter().map(|(mark, _)| *mark).collect::<String>(), " -+ ");
    }

    #[test]
    fn long_texts_are_bounded() {
        let text = "line\n".repeat(100_000);
        assert!(rows(&text, "x").len() <= LINES + 1);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(a in "[ab\n]{0,40}", b in "[ab\n]{0,40}") {
            let found = rows(&a, &b);
            let left: Vec<_> = found.iter().filter_map(|row| row.expected.clone()).collect();
            let right: Vec<_> = found.iter().filter_map(|row| row.seen.clone()).collect();
            prop_assert_eq!(left, a.lines().map(str::to_owned).collect::<Vec<_>>());
            prop_assert_eq!(right, b.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
