use serde::de::DeserializeOwned;
use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use super::{Mistake, Place, Scenario, lower::lower, mistake::meant, model::ScenarioForm};

/// Files larger than this are no scenarios.
pub const LARGEST: usize = 1 << 20;

/// Reads a scenario, and says everything that is wrong with it.
pub fn parse(file: &str, text: &str) -> Result<Scenario, Vec<Mistake>> {
    let form: ScenarioForm = strict(file, text).map_err(|mistake| vec![mistake])?;
    lower(file, text, form)
}

/// Reads YAML strictly: unknown keys, duplicate keys, wrong types and missing fields are mistakes.
pub fn strict<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Mistake> {
    if text.len() > LARGEST {
        return Err(Mistake::in_file(file, format!("the file is larger than {LARGEST} bytes")));
    }
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| mistake(file, text, &error))
}

fn mistake(file: &str, text: &str, error: &Error) -> Mistake {
    let error = error.without_snippet();
    let mistake = Mistake::in_file(file, message(error));
    let mistake = match error.location() {
        Some(location) if location.line() > 0 => mistake.at(place(location.into(), text), text),
        _ => mistake,
    };
    match help(error) {
        Some(help) => mistake.help(help),
        None => mistake,
    }
}

/// A place at the end of a file is moved to the last line that says something.
fn place(place: Place, text: &str) -> Place {
    let last = u32::try_from(text.lines().count()).unwrap_or(u32::MAX).max(1);
    if place.line <= last { place } else { Place { line: last, column: 1, length: 1 } }
}

fn message(error: &Error) -> String {
    match error {
        Error::SerdeUnknownField { field, .. } => format!("unknown key `{field}`"),
        Error::SerdeUnknownVariant { variant, .. } => format!("unknown value `{variant}`"),
        Error::SerdeMissingField { field, .. } => format!("missing key `{field}`"),
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            format!("expected {expected}, found {unexpected}")
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("key `{key}` is given twice"),
        Error::InvalidScalar { ty: "u8" | "u16" | "u32" | "u64", .. } => {
            "expected a whole number, 0 or more".to_owned()
        }
        Error::InvalidScalar { ty, .. } => format!("expected {ty}"),
        Error::Eof { .. } => "the file is empty".to_owned(),
        error => UserMessageFormatter.format_message(error).into_owned(),
    }
}

fn help(error: &Error) -> Option<String> {
    let (word, expected) = match error {
        Error::SerdeUnknownField { field: word, expected, .. }
        | Error::SerdeUnknownVariant { variant: word, expected, .. } => (word, expected),
        Error::SerdeMissingField { field, .. } => return Some(format!("add `{field}:` to this map")),
        _ => return None,
    };
    let known = || expected.iter().copied();
    Some(match meant(word, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("possible here: {}", known().collect::<Vec<_>>().join(", ")),
    })
}
