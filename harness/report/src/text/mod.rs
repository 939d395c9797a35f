//! Text: made harmless, measured, cut, padded and put into words.

pub(crate) mod diff;
pub(crate) mod markdown;
pub(crate) mod safe;
pub(crate) mod spans;
pub(crate) mod width;
pub(crate) mod words;
