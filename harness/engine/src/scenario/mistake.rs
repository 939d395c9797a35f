use std::fmt;

use super::Place;

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Path of the file or folder.
    pub file: String,
    /// Where in the file; none if it is about the file as a whole.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What can be done about it.
    pub help: Option<String>,
    /// The line that it is about.
    pub line: Option<String>,
}

/// Everything that is wrong with a set of files. Nothing runs until there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl std::error::Error for Mistakes {}

impl Mistake {
    /// A mistake about a file as a whole.
    pub fn in_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), place: None, message: message.into(), help: None, line: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with its place in the text of the file.
    #[must_use]
    pub fn at(mut self, place: Place, text: &str) -> Self {
        self.line = place.line.checked_sub(1).and_then(|index| text.lines().nth(index as usize)).map(str::to_owned);
        self.place = Some(place);
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        let Some(place) = self.place else {
            writeln!(f, "  --> {}", self.file)?;
            return self.help.iter().try_for_each(|help| writeln!(f, "  = help: {help}"));
        };
        let Place { line: number, column, length } = place;
        let (column, length) = (column as usize, length as usize);
        let margin = " ".repeat(number.to_string().len());
        writeln!(f, "{margin}--> {}:{number}:{column}", self.file)?;
        if let Some(line) = &self.line {
            let line: String = line.chars().map(|char| if char == '\t' { ' ' } else { char }).collect();
            // A value may span lines; only the first is shown and marked.
            let room = line.chars().count().saturating_sub(column.saturating_sub(1)).max(1);
            let marks = "^".repeat(length.clamp(1, room));
            let before = " ".repeat(column.saturating_sub(1));
            writeln!(f, "{margin} |\n{number} | {line}\n{margin} | {before}{marks}")?;
        }
        self.help.iter().try_for_each(|help| writeln!(f, "{margin} = help: {help}"))
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|mistake| writeln!(f, "{mistake}"))?;
        match self.0.len() {
            1 => write!(f, "1 mistake; nothing was run"),
            many => write!(f, "{many} mistakes; nothing was run"),
        }
    }
}

/// The one of `known` that `word` was probably meant to be.
pub fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many characters must be inserted, removed or replaced to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, char) in one.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (cell, candidate) in row.iter_mut().skip(1).zip(&other) {
            let replaced = diagonal + usize::from(char != *candidate);
            diagonal = *cell;
            left = replaced.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", "", 0)]
    #[case("dnodes", "dnode", 1)]
    #[case("kitten", "sitting", 3)]
    #[case("", "abc", 3)]
    fn measures(#[case] one: &str, #[case] other: &str, #[case] expected: usize) {
        assert_eq!(distance(one, other), expected);
        assert_eq!(distance(other, one), expected);
    }

    #[test]
    fn guesses_only_what_is_near() {
        assert_eq!(meant("withn", ["within", "for"]), Some("within"));
        assert_eq!(meant("zzzzz", ["within", "for"]), None);
    }

    #[test]
    fn a_mistake_shows_its_line() {
        let text = "scenario: x\nsummary: 1\n";
        let mistake = Mistake::in_file("a.yaml", "not a text")
            .at(Place { line: 2, column: 10, length: 1 }, text)
            .help("quote it");
        assert_eq!(
            mistake.to_string(),
            "error: not a text\n --> a.yaml:2:10\n  |\n2 | summary: 1\n  |          ^\n  = help: quote it\n"
        );
    }
}
