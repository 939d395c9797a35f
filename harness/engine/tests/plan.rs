//! Reading and selecting scenarios, with those of this repository.

#![allow(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use rstest::rstest;
use seatrial_engine::{Document, ManifestSet, Plan, Selection, Suite};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn sets() -> Vec<ManifestSet> {
    let documents = Document::load_all(&root("fixtures")).unwrap();
    documents.into_iter().flat_map(|document| document.sets).collect()
}

fn load(paths: &[PathBuf]) -> Result<Suite, String> {
    // Temporary folders have names of their own.
    let shorten =
        |text: String| paths.iter().fold(text, |text, path| text.replace(&path.display().to_string(), "FOLDER"));
    let ledgers = ["doc-2x", "doc-3x"].map(|name| root(&format!("fixtures/claims/{name}.yaml")));
    Suite::load(paths, &ledgers, &sets()).map_err(|mistakes| shorten(mistakes.to_string()))
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn selection(version: &str, sets: &[&str], names: &[&str], repeats: u32) -> Selection {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Selection { version: version.parse().unwrap(), sets: owned(sets), names: owned(names), repeats }
}

fn keys(plan: &Plan) -> Vec<&str> {
    plan.runs.iter().map(|run| run.planned.key.as_str()).collect()
}

#[test]
fn the_documented_path_is_planned() {
    let plan = load(&[root("scenarios/doc-2x")]).unwrap().plan(&selection("2.1.1.0", &[], &[], 1), &sets()).unwrap();
    let lines = plan.runs.iter().flat_map(|run| {
        let head = format!("{} ({} checks)", run.planned.key, run.planned.checks);
        std::iter::once(head).chain(run.planned.steps.iter().map(|step| format!("  {step}")))
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(text);
}

#[rstest]
#[case("doc-2x", "2.1.1.0", 19)]
#[case("doc-3x", "3.0.7.1", 30)]
#[case("doc-3x", "3.3.0.1", 30)]
#[case("doc-3x", "4.0.0.0", 30)]
fn every_claim_of_a_document_is_checked_with_doc_and_with_headless(
    #[case] document: &str,
    #[case] version: &str,
    #[case] at_least: usize,
) {
    let suite = load(&[root("scenarios").join(document)]).unwrap();
    let plan = suite.plan(&selection(version, &[], &[], 1), &sets()).unwrap();
    let claims: BTreeSet<&str> = plan.claims.iter().map(|claim| claim.id.as_str()).collect();
    assert!(claims.len() >= at_least, "{}", claims.len());
    for set in ["doc", "headless"] {
        let runs = plan.runs.iter().filter(|run| run.planned.manifests == set);
        let found: BTreeSet<&str> =
            runs.flat_map(|run| run.scenario.findings()).map(|claim| claim.value.as_str()).collect();
        assert_eq!(found, claims, "{set}");
    }
}

#[test]
fn the_scenarios_of_all_documents_are_valid_together_and_a_version_selects_its_own() {
    let suite = load(&[root("scenarios")]).unwrap();
    let keys_of =
        |version: &str| keys(&suite.plan(&selection(version, &[], &["start"], 1), &sets()).unwrap()).join(" ");
    assert_eq!(keys_of("2.1.1.0"), "start@doc start@headless");
    assert_eq!(keys_of("3.0.7.1"), "start@doc start@headless start@page");
    let planned = suite.plan(&selection("2.1.1.0", &["page"], &[], 1), &sets()).unwrap_err().to_string();
    assert!(planned.contains("has no manifest set `page`") && planned.contains("doc, headless"), "{planned}");
}

#[test]
fn names_sets_and_repeats_select() {
    let suite = load(&[root("scenarios/doc-2x")]).unwrap();
    let plan = |selection| suite.plan(&selection, &sets()).unwrap();
    assert_eq!(keys(&plan(selection("2.1.1.0", &["headless"], &["start"], 2))), ["start@headless", "start@headless#2"]);
    assert_eq!(keys(&plan(selection("2.1.1.0", &[], &["failure-*"], 1))).len(), 4);
    assert_eq!(
        keys(&plan(selection("2.1.1.0", &[], &["start@doc", "cleanup@headless"], 1))),
        ["cleanup@headless", "start@doc"]
    );
    let unknown = suite.plan(&selection("2.1.1.0", &[], &["strat"], 1), &sets()).unwrap_err().to_string();
    assert!(unknown.contains("did you mean `start`?"), "{unknown}");
}

#[test]
fn other_versions_are_skipped_and_it_is_said_why() {
    let plan = load(&[root("scenarios/doc-2x")]).unwrap().plan(&selection("3.3.0.1", &[], &[], 1), &sets()).unwrap();
    assert!(plan.runs.is_empty());
    let start = plan.skipped.iter().find(|skipped| skipped.name == "start").unwrap();
    assert_eq!(start.reason, "it speaks of TDengine >=2.1, <3, this is 3.3.0.1");
}

#[test]
fn what_needs_another_image_is_known_and_can_be_left_out() {
    let suite = load(&[root("scenarios/doc-3x")]).unwrap();
    let mut plan = suite.plan(&selection("3.3.0.1", &["doc"], &["upgrade", "start"], 1), &sets()).unwrap();
    let older = "3.0.7.1".parse().unwrap();
    assert_eq!(plan.other_versions(), BTreeSet::from([older]));
    plan.leave_out(older, "it is not here");
    assert_eq!(keys(&plan), ["start@doc"]);
    assert!(plan.skipped.iter().any(|skipped| skipped.name == "upgrade@doc" && skipped.reason == "it is not here"));
}

const SMALL: &str =
    "scenario: small\nsummary: s\nstart: { replicas: 1 }\nsteps:\n  - check:\n      - pods: { ready: [0] }\n";

#[test]
fn all_mistakes_of_all_files_are_told_at_once() {
    let folder = folder(&[
        ("a.yaml", SMALL),
        ("b.yaml", SMALL),
        ("c.yaml", &SMALL.replace("pods:", "pots:").replace("small", "c")),
        (
            "d.yaml",
            &SMALL
                .replace("small\n", "d\nclaims: [start/two-node-join]\nmanifests: [docs]\n")
                .replace("ready: [0] }", "ready: [0] }\n        confirms: [start/two-node-join]"),
        ),
        (
            "e.yaml",
            &SMALL
                .replace("small", "e")
                .replace("  - check", "  - do: { apply: { files: [nothing.yaml] } }\n    check"),
        ),
        ("f.txt", "not a scenario"),
    ]);
    insta::assert_snapshot!(load(&[folder.path().to_owned()]).unwrap_err());
}

#[test]
fn an_empty_folder_and_a_missing_file_are_mistakes() {
    let folder = folder(&[("readme.md", "")]);
    insta::assert_snapshot!(load(&[folder.path().to_owned(), folder.path().join("x.yaml")]).unwrap_err());
}

#[test]
fn parts_for_other_versions_and_sets_are_left_out() {
    let text = "scenario: parts\nsummary: s\nstart: { replicas: 1 }\nsteps:\n  - tdengine: \">=3\"\n    check:\n      - pods: { ready: [0] }\n  - manifests: [doc]\n    check:\n      - pods: { ready: [0] }\n      - pods: { ready: [0] }\n        tdengine: \">=3\"\n";
    let folder = folder(&[("parts.yaml", text)]);
    let suite = load(&[folder.path().to_owned()]).unwrap();
    let plan = suite.plan(&selection("2.1.1.0", &[], &[], 1), &sets()).unwrap();
    assert_eq!(keys(&plan), ["parts@doc"]);
    assert_eq!((plan.runs[0].scenario.steps.len(), plan.runs[0].scenario.checks().count()), (1, 1));
    assert_eq!(plan.skipped[0].name, "parts@headless");
}

#[test]
fn shards_are_alike_and_together_the_plan() {
    let plan = load(&[root("scenarios/doc-2x")]).unwrap().plan(&selection("2.1.1.0", &[], &[], 2), &sets()).unwrap();
    for count in [1, 3, 7, 100] {
        let shards: Vec<Plan> = (1..=count).map(|index| plan.clone().shard(index, count)).collect();
        let places = |shard: &Plan| shard.shard.clone().unwrap().places;
        let mut together: Vec<_> = shards.iter().flat_map(|shard| places(shard).into_iter().zip(keys(shard))).collect();
        together.sort_unstable();
        assert_eq!(together.iter().map(|(_, key)| *key).collect::<Vec<_>>(), keys(&plan), "{count}");
        let sizes: BTreeSet<usize> = shards.iter().map(|shard| shard.runs.len()).collect();
        assert!(sizes.last().unwrap() - sizes.first().unwrap() <= 1, "{sizes:?}");
    }
}
