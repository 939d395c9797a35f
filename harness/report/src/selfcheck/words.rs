use super::shape::{Planted, SelfCheck, Unproved};
use crate::model::Mark;
use crate::tables::{Page, Row, Section, Tone};
use crate::text::safe::line;

/// The self-check as a page; the matrix numbers scenarios, and `named` says whether their names stand below it.
pub(super) fn page(selfcheck: &SelfCheck, named: bool) -> Page {
    let unproved = selfcheck.unproved();
    let caught = selfcheck.defects.iter().filter(|defect| defect.caught_as_expected().is_some()).count();
    let passed = unproved.is_empty();
    let facts = [
        ("Defects", format!("{caught} of {} caught where a reader expects it", selfcheck.defects.len())),
        ("Scenarios", format!("{}, all of which pass when nothing is planted", selfcheck.scenarios.len())),
        (
            "Runs",
            format!(
                "{}, {}",
                selfcheck.runs,
                if selfcheck.full { "each defect on each scenario" } else { "each defect until it is caught" }
            ),
        ),
        ("TDengine", selfcheck.tdengine.join(", ")),
        ("Seed", selfcheck.seed.to_string()),
    ];
    Page {
        title: "Self-check: defects planted in the embedded cluster, and the checks that caught them".to_owned(),
        mark: if passed { Mark::Pass } else { Mark::Fail },
        word: if passed { "proved" } else { "not proved" }.to_owned(),
        reason: if passed { proof(selfcheck) } else { unproved.iter().map(why).collect::<Vec<_>>().join(" ") },
        facts: facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        sections: vec![defects(selfcheck), matrix(selfcheck, named), scenarios(selfcheck)],
        seatrial: selfcheck.seatrial.clone(),
    }
}

fn proof(selfcheck: &SelfCheck) -> String {
    let all = format!(
        "All {} planted defects were caught, each by a check that a reader would expect",
        selfcheck.defects.len()
    );
    if selfcheck.partial { format!("{all}.") } else { format!("{all}; each scenario caught at least one.") }
}

fn why(unproved: &Unproved) -> String {
    match unproved {
        Unproved::Missed(defect) => format!("Nothing caught {defect}."),
        Unproved::Elsewhere(defect) => format!("{defect} was caught, and not by the check that a reader would expect."),
        Unproved::Blind(scenario) => format!("{scenario} caught nothing."),
    }
}

fn defects(selfcheck: &SelfCheck) -> Section {
    let row = |defect: &Planted| {
        let tone = |mark, sign, word, class| Some(Tone { mark, sign, word, class });
        let (tone, found) = match (defect.caught_as_expected(), defect.caught()) {
            (Some(found), _) => (tone(Mark::Pass, "✓", "caught", "pass"), Some(found)),
            (None, Some(found)) => (tone(Mark::Fail, "≠", "elsewhere", "fail"), Some(found)),
            (None, None) => (tone(Mark::Fail, "✗", "missed", "fail"), None),
        };
        let by = match found {
            Some((trial, catch)) if catch.check > 0 => {
                format!("{} {}.{}: {}", trial.scenario, catch.step, catch.check, line(&catch.title))
            }
            Some((trial, catch)) => format!("{} {}: {}", trial.scenario, catch.step, line(&catch.title)),
            None => "nothing".to_owned(),
        };
        let by =
            if defect.caught_as_expected().is_some() { by } else { format!("{by}\nexpected: {}", defect.expected) };
        let reason = found.map(|(_, catch)| line(&catch.reason)).unwrap_or_default();
        (tone, vec![defect.area.clone(), format!("{}\n{}", defect.name, defect.summary), by, reason])
    };
    Section::new("Defects", "", &["Where", "Defect", "Caught by", "What it said"])
        .rows(selfcheck.defects.iter().map(row))
}

/// Defects by scenarios: caught there, tried and not caught there, or not tried.
fn matrix(selfcheck: &SelfCheck, named: bool) -> Section {
    let numbers = (1..=selfcheck.scenarios.len()).map(|number| number.to_string());
    let row = |defect: &Planted| {
        let cell = |key: &String| {
            let trial = defect.trials.iter().find(|trial| trial.scenario == *key);
            match trial.map(|trial| (trial.catches.is_empty(), trial.catches.iter().any(|catch| catch.expected))) {
                None => "",
                Some((true, _)) => "·",
                Some((false, true)) => "✓",
                Some((false, false)) => "+",
            }
        };
        let cells = selfcheck.scenarios.iter().map(|key| cell(key).to_owned());
        Row { tone: None, cells: std::iter::once(defect.name.clone()).chain(cells).collect() }
    };
    let note = "✓ caught by a check that a reader expects, + caught by another, · not noticed there; empty: not tried.";
    let mut section = Section::new("Matrix", note, &["Defect"]);
    section.columns.extend(numbers);
    section.rows = selfcheck.defects.iter().map(row).collect();
    section.matrix_from = Some(1);
    let key = (1..).zip(&selfcheck.scenarios).map(|(number, key): (u32, _)| format!("{number}: {key}"));
    section.key = if named { key.collect() } else { Vec::new() };
    section
}

fn scenarios(selfcheck: &SelfCheck) -> Section {
    let row = |(number, key): (u32, &String)| {
        let tried = selfcheck.defects.iter().flat_map(|defect| &defect.trials).filter(|trial| trial.scenario == *key);
        let count = selfcheck.caught_by(key);
        let tone = |mark, sign, word, class| Some(Tone { mark, sign, word, class });
        let tone = match count {
            0 if selfcheck.partial => None,
            0 => tone(Mark::Fail, "✗", "catches nothing", "fail"),
            _ => tone(Mark::Pass, "✓", "catches", "pass"),
        };
        (tone, vec![number.to_string(), key.clone(), format!("{count} of {}", tried.count())])
    };
    Section::new(
        "Scenarios",
        "Each was run with defects until it had caught one; a scenario that catches nothing proves nothing.",
        &["No.", "Scenario", "Caught, of tried"],
    )
    .rows((1..).zip(&selfcheck.scenarios).map(row))
}
