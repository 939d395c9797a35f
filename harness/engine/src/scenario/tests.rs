use rstest::rstest;

use super::parse;

/// A scenario with `steps` of this text.
fn with_steps(steps: &str) -> String {
    format!("scenario: x\nsummary: s\nstart: {{ replicas: 2 }}\nsteps:\n{steps}")
}

/// The name of the running case.
fn case() -> String {
    let thread = std::thread::current();
    let name = thread.name().and_then(|name| name.rsplit("::").next()).unwrap_or_default();
    name.trim_start_matches("case_")
        .trim_start_matches(|char: char| char.is_ascii_digit())
        .trim_start_matches('_')
        .to_owned()
}

fn mistakes(text: &str) -> String {
    parse("x.yaml", text).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[rstest]
#[case::unknown_key("  - do: { scale: 3 }\n    check:\n      - pods: { ready: [0] }\n        withn: 60s\n")]
#[case::unknown_expectation("  - check:\n      - dnode: { ready: [1] }\n")]
#[case::unknown_action("  - do: { sleep: 10s }\n")]
#[case::unknown_state("  - check:\n      - dnodes: { redy: [1] }\n")]
#[case::wrong_type("  - do: { scale: three }\n")]
#[case::negative("  - do: { scale: -1 }\n")]
#[case::missing_key("  - check:\n      - vgroups: { count: 1 }\n")]
#[case::duplicate_key("  - do: { scale: 3 }\n    do: { scale: 4 }\n")]
#[case::bad_duration("  - check:\n      - pods: { ready: [0] }\n        within: 60\n")]
#[case::unknown_variable("  - do: { sql: \"drop dnode '${endpont(2)}'\" }\n")]
#[case::bad_object("  - do: { delete: taosdata-tdengine-2 }\n")]
#[case::unknown_kind("  - do: { delete: deployment/x }\n")]
#[case::bad_range("  - tdengine: \"two\"\n    do: { scale: 3 }\n")]
#[case::impossible_range("  - tdengine: \">=3, <2\"\n    do: { scale: 3 }\n")]
#[case::bad_count("  - check:\n      - pods: { restarts: { 0: many } }\n")]
#[case::count_that_cannot_fail("  - check:\n      - pods: { restarts: { 0: \">=0\" } }\n")]
#[case::empty_step("  - title: nothing\n  - check:\n      - pods: { ready: [0] }\n")]
#[case::empty_check("  - check:\n      - within: 60s\n")]
#[case::two_expectations("  - check:\n      - pods: { ready: [0] }\n        pvcs: { present: [a] }\n")]
#[case::check_that_cannot_fail("  - check:\n      - sql: { run: show dnodes, expect: any }\n      - objects: {}\n")]
#[case::two_states("  - check:\n      - dnodes: { ready: [1, 2], offline: [2] }\n")]
#[case::checks_nothing("  - do: { scale: 3 }\n")]
#[case::undefined_outcome("  - when: done\n    check:\n      - pods: { ready: [0] }\n")]
#[case::no_yaml("  - do: { scale: 3\n")]
#[case::tab("\t- do: { scale: 3 }\n")]
fn a_mistake_in_a_step(#[case] steps: &str) {
    let name = case();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, description => with_steps(steps) }, {
        insta::assert_snapshot!(name, mistakes(&with_steps(steps)));
    });
}

#[rstest]
#[case::empty_file("")]
#[case::no_start("scenario: x\nsummary: s\n")]
#[case::bad_name("scenario: My Test\nsummary: s\nstart: { replicas: 1, check: [{ pods: { ready: [0] } }] }\n")]
#[case::no_pods("scenario: x\nsummary: \"\"\nstart: { replicas: 0, check: [{ pods: { ready: [0] } }] }\n")]
#[case::claim_never_checked(
    "scenario: x\nsummary: s\nclaims: [a/b]\nstart: { replicas: 1, check: [{ pods: { ready: [0] } }] }\n"
)]
#[case::claim_not_listed(
    "scenario: x\nsummary: s\nclaims: [start/join]\nstart:\n  replicas: 1\n  check:\n    - pods: { ready: [0] }\n      confirms: [start/jion]\n"
)]
#[case::outcomes(
    "scenario: x\nsummary: s\ntdengine: \"<3\"\nstart: { replicas: 1 }\nsteps:\n  - when: b\n    check:\n      - outcomes:\n          a:\n            check: []\n          b:\n            tdengine: \">=3\"\n            check: [{ pods: { ready: [0] }, for: 60s }]\n        confirms: [x/y]\n        within: 30s\n      - outcomes:\n          b: { check: [{ pods: { ready: [1] } }] }\n"
)]
#[case::workloads(
    "scenario: x\nsummary: s\nstart: { replicas: 1 }\nsteps:\n  - do: { workload: { stop: load } }\n    check:\n      - workload: { name: load, lost: 0 }\n  - do: { workload: { start: load } }\n"
)]
fn a_mistake_in_a_file(#[case] text: &str) {
    let name = case();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, description => text }, {
        insta::assert_snapshot!(name, mistakes(text));
    });
}

#[test]
fn every_way_to_write_a_value_is_read() {
    let text = with_steps(
        "  - do: { delete: [pvc/a, { kind: sts, selector: app=x }] }\n    catch: [{ sql: show dnodes }]\n    check:\n      - dnodes: { ready: { 1: tdengine-0 }, offline: [2], others: any, from: 0 }\n      - sql: { in: each, run: select 1, expect: { error: { text: no, code: 0x80000015 } }, via: rest }\n      - pods: { crash-loop: any, others: any }\n      - sql: { run: show x, expect: { table: [[1, a, null, true]] } }\n",
    );
    let scenario = parse("x.yaml", &text).map_err(|mistakes| mistakes[0].to_string()).unwrap();
    insta::assert_debug_snapshot!(scenario.steps);
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let text = format!("scenario: {}", "x".repeat(super::LARGEST));
    assert!(mistakes(&text).contains("larger than"));
}

proptest::proptest! {
    #[test]
    fn the_reader_never_panics(text in "(scenario|steps|check|do|dnodes|:|-|\\{|\\}|\\[|\\]|,|\n| |\"|[0-9]|&a|\\*a|.){0,60}") {
        let _ = parse("x.yaml", &text);
    }
}
