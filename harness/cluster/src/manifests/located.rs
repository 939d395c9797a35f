use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use serde_saphyr::{Options, Spanned};

use super::{ManifestError, Origin};

/// A YAML value that knows where it is.
pub(super) struct Node {
    line: u64,
    column: u64,
    content: Content,
}

enum Content {
    Scalar(Value),
    Sequence(Vec<Node>),
    Mapping(Vec<(Key, Node)>),
}

struct Key {
    text: String,
    line: u64,
    column: u64,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

impl Node {
    pub(super) fn value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::Sequence(items) => Value::Array(items.iter().map(Self::value).collect()),
            Content::Mapping(entries) => {
                let pairs = entries.iter().map(|(key, node)| (key.text.clone(), node.value()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    pub(super) fn is_mapping(&self) -> bool {
        matches!(self.content, Content::Mapping(_))
    }

    pub(super) fn origin(&self, file: &str) -> Origin {
        Origin { file: file.to_owned(), line: self.line, column: self.column }
    }

    /// Where the key at the end of `path` is, or as far as the path leads.
    pub(super) fn place(&self, file: &str, path: &[Step]) -> Origin {
        let Some((step, rest)) = path.split_first() else { return self.origin(file) };
        match (&self.content, step) {
            (Content::Mapping(entries), Step::Key(name)) => {
                let Some((key, node)) = entries.iter().find(|(key, _)| key.text == *name) else {
                    return self.origin(file);
                };
                if rest.is_empty() {
                    return Origin { file: file.to_owned(), line: key.line, column: key.column };
                }
                node.place(file, rest)
            }
            (Content::Sequence(items), Step::Index(index)) => {
                items.get(*index).map_or_else(|| self.origin(file), |item| item.place(file, rest))
            }
            _ => self.origin(file),
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Content>::deserialize(deserializer)?;
        let at = spanned.referenced;
        Ok(Self { line: at.line(), column: at.column(), content: spanned.value })
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        Content::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut sequence = Vec::new();
        while let Some(item) = items.next_element()? {
            sequence.push(item);
        }
        Ok(Content::Sequence(sequence))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Content, A::Error> {
        let mut mapping = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let key = Key { text: key.value, line: key.referenced.line(), column: key.referenced.column() };
            mapping.push((key, entries.next_value()?));
        }
        Ok(Content::Mapping(mapping))
    }
}

/// As Kubernetes reads YAML: words such as `yes` and numbers with leading zeros or underscores are text.
pub(super) fn options() -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// The documents of a text, each preceded by as many empty lines as it has lines before it, so that places are those
/// of the text. `---` at the beginning of a line always separates documents.
pub(super) fn documents(text: &str) -> Vec<String> {
    let mut documents = Vec::new();
    let mut current = String::new();
    let mut filled = false;
    for (index, line) in text.lines().enumerate() {
        let separator = line.strip_prefix("---").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
        if let Some(rest) = separator.map(str::trim) {
            if filled {
                documents.push(std::mem::take(&mut current));
            }
            current = "\n".repeat(index);
            // What follows on the separator's line belongs to the document.
            filled = !rest.is_empty() && !rest.starts_with('#');
            current.push_str(if filled { rest } else { "" });
        } else {
            current.push_str(line);
            let trimmed = line.trim();
            filled |= !(trimmed.is_empty() || trimmed.starts_with('#') || trimmed == "...");
        }
        current.push('\n');
    }
    if filled {
        documents.push(current);
    }
    documents
}

/// Reads a document; `None` if it is empty.
pub(super) fn read(file: &str, document: &str) -> Result<Option<Node>, ManifestError> {
    match serde_saphyr::from_str_with_options::<Option<Node>>(document, options()) {
        Ok(Some(node)) if matches!(node.content, Content::Scalar(Value::Null)) => Ok(None),
        Ok(node) => Ok(node),
        Err(error) => Err(mistake(file, document, &error)),
    }
}

/// An error of the YAML reader, with its place.
pub(super) fn mistake(file: &str, document: &str, error: &serde_saphyr::Error) -> ManifestError {
    let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
    let origin = Origin { file: file.to_owned(), line, column };
    // The reader names the place, too.
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or_default().trim_end_matches(',').to_owned();
    ManifestError::Mistake { snippet: snippet(document, &origin), origin, message }
}

/// The line of a place, with its number and a mark below.
pub(super) fn snippet(text: &str, origin: &Origin) -> String {
    let index = usize::try_from(origin.line.saturating_sub(1)).unwrap_or(0);
    let line = text.lines().nth(index).unwrap_or_default();
    let gap = " ".repeat(usize::try_from(origin.column.saturating_sub(1)).unwrap_or(0).min(line.len()));
    let number = origin.line.to_string();
    let margin = " ".repeat(number.len());
    format!("{number} | {line}\n{margin} | {gap}^\n")
}
