//! Policy files: what a release must show.

use std::{collections::BTreeMap, path::Path};

use schemars::{JsonSchema, generate::SchemaSettings};
use seatrial_engine::scenario::{Bound, Located, Mistake, Mistakes, Place, meant, strict};
use seatrial_report::{
    compare::{Limit, Rules, TimeKind},
    qualify::{Policy, Requirement, Treat},
};
use serde::Deserialize;

use crate::home::Loaded;

/// What a TDengine release must show before it is called qualified.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Qualification policy")]
struct Form {
    /// Name of the policy.
    policy: String,
    /// What it asks for, in a sentence.
    #[allow(dead_code, reason = "for whoever reads the file")]
    summary: String,
    /// How often each scenario must run at least.
    repeats: Located<u32>,
    /// The manifest sets that must have run.
    manifests: Vec<Located<String>>,
    /// What is asked of scenarios.
    #[serde(default)]
    scenarios: Scenarios,
    /// What is asked of claims.
    claims: Claims,
    /// What a difference from the baseline means.
    #[serde(default)]
    baseline: Baseline,
    /// How much longer than in the baseline something may take, by kind.
    #[serde(default)]
    times: BTreeMap<Kind, Located<Growth>>,
}

/// What is asked of scenarios.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Scenarios {
    /// A scenario that passes in some runs and fails in others.
    flaky: Means,
    /// Scenarios whose failure is only noted.
    may_fail: Vec<Located<String>>,
}

impl Default for Scenarios {
    fn default() -> Self {
        Self { flaky: Means::Fail, may_fail: Vec::new() }
    }
}

/// What is asked of claims.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Claims {
    /// Claims that must hold with each set of manifests.
    must_hold: Vec<Located<String>>,
    /// Claims that must hold with one set of manifests.
    #[serde(default)]
    must_hold_with: BTreeMap<String, Vec<Located<String>>>,
}

/// What a difference from the baseline means.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Baseline {
    /// A verdict or a claim is worse.
    worse: Means,
    /// Something takes longer than `times` allows.
    slower: Means,
    /// Something that the baseline says cannot be said now.
    lost: Means,
}

impl Default for Baseline {
    fn default() -> Self {
        Self { worse: Means::Fail, slower: Means::Fail, lost: Means::Inconclusive }
    }
}

/// What follows.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Means {
    /// The release is not qualified.
    Fail,
    /// Nothing can be concluded.
    Inconclusive,
    /// The release is qualified, with a note.
    Note,
}

/// Kinds of times.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// Those that are not named.
    Default,
    /// Until the cluster stood.
    Start,
    /// Until a new dnode was ready.
    Join,
    /// Until a dropped dnode was gone.
    Drop,
    /// Until a dnode was shown offline.
    Offline,
    /// Until everything that had stopped working worked again.
    Recovery,
    /// Until another led.
    Failover,
    /// Until a check held.
    Check,
}

/// How much longer something may take. Both must be exceeded.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Growth {
    /// The longest ratio to the baseline's time.
    ratio: f64,
    /// The least difference that counts, say `10s`.
    at_least: Bound,
}

/// The JSON schema of policy files, as it is committed beside them.
pub fn schema() -> String {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Form>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads a policy, and says everything that is wrong with it.
pub fn read(path: &Path, loaded: &Loaded) -> Result<Policy, Mistakes> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let mistake = Mistake::in_file(&file, format!("cannot be read: {error}"));
        Mistakes(vec![mistake.help("name a policy file with --policy, or leave it out for the default")])
    })?;
    let form = strict(&file, &text).map_err(|mistake| Mistakes(vec![mistake]))?;
    parse(&file, &text, form, loaded)
}

fn parse(file: &str, text: &str, form: Form, loaded: &Loaded) -> Result<Policy, Mistakes> {
    let mut mistakes = Vec::new();
    let mut wrong = |place: Place, message: String, help: Option<String>| {
        let mistake = Mistake::in_file(file, message).at(place, text);
        mistakes.push(match help {
            Some(help) => mistake.help(help),
            None => mistake,
        });
    };
    let sets: Vec<&str> = loaded.sets.iter().map(|set| set.name.as_str()).collect();
    let claims: Vec<&str> = loaded.suite.ledger.claims().iter().map(|claim| claim.id.as_str()).collect();
    let scenarios: Vec<&str> = loaded.suite.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    let with = form.claims.must_hold_with.values().flatten();
    let named = [
        ("set of manifests", form.manifests.iter().collect::<Vec<_>>(), &sets),
        ("claim", form.claims.must_hold.iter().chain(with).collect(), &claims),
        ("scenario", form.scenarios.may_fail.iter().collect(), &scenarios),
    ];
    for (what, names, known) in named {
        for name in names.into_iter().filter(|name| !known.contains(&name.value.as_str())) {
            let help = meant(&name.value, known.iter().copied()).map(|meant| format!("did you mean `{meant}`?"));
            wrong(name.place, format!("there is no {what} `{}`", name.value), help);
        }
    }
    for (set, claims) in form.claims.must_hold_with.iter().filter(|(set, _)| !sets.contains(&set.as_str())) {
        let place = claims.first().map_or(Place::default(), |claim| claim.place);
        wrong(place, format!("there is no set of manifests `{set}`"), Some(format!("known: {}", sets.join(", "))));
    }
    if !(1..=1_000).contains(&form.repeats.value) {
        wrong(form.repeats.place, "`repeats` must be 1 to 1000".to_owned(), None);
    }
    for growth in form.times.values().filter(|growth| !(1.0..=1_000.0).contains(&growth.ratio)) {
        wrong(growth.place, format!("`ratio` must be 1 to 1000, not {}", growth.ratio), None);
    }
    if mistakes.is_empty() { Ok(policy(file, form)) } else { Err(Mistakes(mistakes)) }
}

fn policy(file: &str, form: Form) -> Policy {
    let values = |names: Vec<Located<String>>| names.into_iter().map(|name| name.value).collect::<Vec<_>>();
    let of = |claims: Vec<Located<String>>, manifests: Option<String>| {
        values(claims).into_iter().map(move |claim| Requirement { claim, manifests: manifests.clone() })
    };
    let with = form.claims.must_hold_with.into_iter();
    let with = with.flat_map(|(set, claims)| of(claims, Some(set)).collect::<Vec<_>>());
    Policy {
        name: form.policy,
        file: file.to_owned(),
        repeats: form.repeats.value,
        manifests: values(form.manifests),
        may_fail: values(form.scenarios.may_fail),
        flaky: form.scenarios.flaky.into(),
        must_hold: of(form.claims.must_hold, None).chain(with).collect(),
        worse: form.baseline.worse.into(),
        slower: form.baseline.slower.into(),
        lost: form.baseline.lost.into(),
        times: rules(&form.times),
    }
}

fn rules(times: &BTreeMap<Kind, Located<Growth>>) -> Rules {
    let mut rules = Rules::default();
    for (kind, growth) in times {
        let at_least_ms = u64::try_from(growth.at_least.0.as_millis()).unwrap_or(u64::MAX);
        let limit = Limit { ratio: growth.ratio, at_least_ms };
        let kind = match kind {
            Kind::Default => {
                rules.times = limit;
                continue;
            }
            Kind::Start => TimeKind::Start,
            Kind::Join => TimeKind::Join,
            Kind::Drop => TimeKind::Drop,
            Kind::Offline => TimeKind::Offline,
            Kind::Recovery => TimeKind::Recovery,
            Kind::Failover => TimeKind::Failover,
            Kind::Check => TimeKind::Check,
        };
        rules.kinds.insert(kind, limit);
    }
    rules
}

impl From<Means> for Treat {
    fn from(means: Means) -> Self {
        match means {
            Means::Fail => Self::Fail,
            Means::Inconclusive => Self::Inconclusive,
            Means::Note => Self::Note,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{args::PathArgs, home::Home};

    fn loaded() -> Loaded {
        Home::find().unwrap().load(&PathArgs { paths: Vec::new() }).unwrap()
    }

    fn mistakes(text: &str) -> String {
        let parsed = strict("policy.yaml", text).map_err(|mistake| Mistakes(vec![mistake]));
        parsed.and_then(|form| parse("policy.yaml", text, form, &loaded())).unwrap_err().to_string()
    }

    #[test]
    fn the_default_policy_is_valid() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/qualification/default.yaml");
        let policy = read(Path::new(path), &loaded()).unwrap();
        assert_eq!((policy.name.as_str(), policy.repeats), ("default", 3));
        assert_eq!(policy.times.kinds[&TimeKind::Start], Limit { ratio: 2.0, at_least_ms: 30_000 });
        let with = policy.must_hold.last().unwrap();
        assert_eq!((with.claim.as_str(), with.manifests.as_deref()), ("scale-down/drop-removes", Some("headless")));
    }

    #[test]
    fn mistakes_are_located_and_told_at_once() {
        let text = "policy: p\nsummary: s\nrepeats: 0\nmanifests: [docs]\nclaims:\n  must-hold: [start/two-node-join]\n\
                    times:\n  join: { ratio: 0.5, at-least: 1s }\n";
        insta::assert_snapshot!(mistakes(text));
    }

    #[test]
    fn an_unknown_key_and_an_unknown_kind_are_refused() {
        let start = "policy: p\nsummary: s\nrepeats: 1\nmanifests: [doc]\n";
        let key = mistakes(&format!("{start}claims: {{ must-hold: [], may-hold: [] }}\n"));
        assert!(key.contains("unknown key `may-hold`") && key.contains("policy.yaml:5:"), "{key}");
        let kind =
            mistakes(&format!("{start}claims: {{ must-hold: [] }}\ntimes: {{ jump: {{ ratio: 2, at-least: 1s }} }}\n"));
        assert!(kind.contains("jump") && kind.contains("policy.yaml:6:"), "{kind}");
    }

    #[test]
    fn the_committed_schema_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/qualification/policy.schema.json");
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(path, schema()).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == schema(), "stale: run `UPDATE_SCHEMA=1 cargo test -p seatrial-cli schema`");
    }
}
