//! The texts of the user interface, in English and Chinese.

mod texts;

use seatrial_record::{Blame, DetailKind, RealServer};

pub(crate) use self::texts::Words;
use self::texts::{EN, ZH};
use crate::model::ClaimVerdict;

/// Language of a report's own texts. What scenarios, servers and documents say stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// The language of a code such as `en`, `zh` or `zh-CN`; `None` of one that there are no texts for.
    pub fn of(code: &str) -> Option<Self> {
        match code.split(['-', '_']).next() {
            Some("en") => Some(Self::En),
            Some("zh") => Some(Self::Zh),
            _ => None,
        }
    }

    /// The code for HTML's `lang`.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::En => &EN,
            Self::Zh => &ZH,
        }
    }
}

impl Words {
    /// What a fact of the environment is about, in words.
    pub(crate) fn detail(&self, what: DetailKind) -> &'static str {
        match what {
            DetailKind::ImageDigest => self.image_digest,
            DetailKind::Edition => self.edition,
            DetailKind::Profile => self.profile,
            DetailKind::Edits => self.edits,
            DetailKind::Client => self.client,
            DetailKind::Kind => self.kind,
            DetailKind::NodeImage => self.node_image,
            DetailKind::Nodes => self.nodes,
            DetailKind::Context => self.context,
            DetailKind::Runtime => self.runtime,
            DetailKind::Host => self.host,
        }
    }
}

/// Puts `values` where `text` has `{}`, in order.
pub(crate) fn fill(text: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let mut parts = text.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        filled.push_str(values.next().unwrap_or(&""));
        filled.push_str(part);
    }
    filled
}

/// What is blamed, in words.
pub(crate) fn blame(lang: Lang, blame: Blame) -> &'static str {
    let words = lang.words();
    match blame {
        Blame::Product => words.product,
        Blame::Manifest => words.manifest,
        Blame::Harness => words.harness,
        Blame::Environment => words.blame_environment,
    }
}

/// What a run says of a claim, in words.
pub(crate) fn claim_verdict(lang: Lang, verdict: ClaimVerdict) -> &'static str {
    let words = lang.words();
    match verdict {
        ClaimVerdict::Confirmed => words.confirmed,
        ClaimVerdict::Contradicted => words.contradicted,
        ClaimVerdict::ByChance => words.by_chance,
        ClaimVerdict::ByManifest => words.by_manifest,
        ClaimVerdict::Unknown => words.unknown,
        ClaimVerdict::NotTested => words.not_tested,
    }
}

/// What a run says of a claim, as one character.
pub(crate) fn claim_sign(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Confirmed => "✓",
        ClaimVerdict::Contradicted => "✗",
        ClaimVerdict::ByChance | ClaimVerdict::ByManifest => "±",
        ClaimVerdict::Unknown => "?",
        ClaimVerdict::NotTested => "–",
    }
}

/// What real servers said of a claim, in words.
pub(crate) fn real_server(lang: Lang, real: RealServer) -> &'static str {
    let words = lang.words();
    match real {
        RealServer::Confirmed => words.confirmed,
        RealServer::Contradicted => words.contradicted,
        RealServer::ByChance => words.by_chance,
        RealServer::ByManifest => words.by_manifest,
        RealServer::NotTested => words.not_tested,
    }
}

#[cfg(test)]
mod tests {
    use super::texts::ALL;
    use super::*;

    #[test]
    fn both_languages_take_the_same_values() {
        for (name, en, zh) in ALL {
            assert_eq!(en.matches("{}").count(), zh.matches("{}").count(), "{name}");
            assert!(!en.is_empty() && !zh.is_empty(), "{name}");
        }
    }

    #[test]
    fn values_are_put_in_order() {
        assert_eq!(fill("{} of {}", &["1", "2"]), "1 of 2");
        assert_eq!(fill("{}", &["{}"]), "{}", "a value is not a template");
    }

    #[test]
    fn languages_are_known_by_their_codes() {
        assert_eq!(Lang::of("zh-CN"), Some(Lang::Zh));
        assert_eq!(Lang::of("de"), None);
    }
}
