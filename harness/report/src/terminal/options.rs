use std::io::IsTerminal;

use crate::text::words::Lang;

/// Columns of a text that goes to no terminal.
const COLUMNS: usize = 100;

/// How much is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// One line a scenario, and failures.
    Quiet,
    /// One line a step, and failures.
    #[default]
    Normal,
    /// One line a check too.
    Verbose,
}

/// How a run is printed. Output is a pure function of these and the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Colours and bold text.
    pub color: bool,
    /// Columns of the terminal; kept between 60 and 160.
    pub width: usize,
    /// How much is printed.
    pub verbosity: Verbosity,
    /// A line at the bottom that says what is going on now. Only where a person watches.
    pub live: bool,
    /// Language of the program's own texts.
    pub lang: Lang,
    /// The folder that the run's files go to, as a reader would type it; evidence is named below it.
    pub folder: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            color: false,
            width: COLUMNS,
            verbosity: Verbosity::Normal,
            live: false,
            lang: Lang::En,
            folder: String::new(),
        }
    }
}

impl Options {
    /// Options for this process's standard output: colours and a live line if it is a terminal, and unless
    /// `NO_COLOR` says otherwise.
    pub fn detect() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let silenced = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let size = console::Term::stdout().size_checked().filter(|_| terminal);
        let width = size.map_or(COLUMNS, |(_, columns)| usize::from(columns));
        Self { color: terminal && !dumb && !silenced, width, live: terminal && !dumb, ..Self::default() }
    }

    pub(crate) fn columns(&self) -> usize {
        self.width.clamp(60, 160)
    }
}
