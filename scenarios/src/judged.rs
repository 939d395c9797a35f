use std::{collections::BTreeMap, fmt, str::FromStr};

use seatrial_record::{Body, Event};

/// How a check ended, as it can be compared with the same check of another run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Key of the scenario.
    pub scenario: String,
    /// Number of the step, and of the check in it.
    pub place: (u32, u32),
    /// The verdict.
    pub verdict: String,
    /// Which of several outcomes happened.
    pub outcome: Option<String>,
    /// The check in words.
    pub title: String,
}

impl Judged {
    /// The check that this event ends, if it does.
    pub fn of(event: &Event) -> Option<Self> {
        let Body::CheckFinished(check) = &event.body else { return None };
        Some(Self {
            scenario: check.scenario.clone(),
            place: (check.step, check.check),
            verdict: check.verdict.to_string(),
            outcome: check.outcome.clone(),
            title: check.title.clone(),
        })
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, place: (step, check), verdict, outcome, title } = self;
        write!(f, "{scenario} {step}.{check} {verdict} {} {title}", outcome.as_deref().unwrap_or("-"))
    }
}

impl FromStr for Judged {
    type Err = String;

    /// Reads what `Display` writes.
    fn from_str(line: &str) -> Result<Self, String> {
        let wrong = || format!("not `SCENARIO STEP.CHECK VERDICT OUTCOME TITLE`: {line}");
        let mut words = line.splitn(5, ' ');
        let mut word = || words.next().ok_or_else(wrong);
        let (scenario, place, verdict, outcome, title) = (word()?, word()?, word()?, word()?, word()?);
        let (step, check) = place.split_once('.').ok_or_else(wrong)?;
        let number = |text: &str| text.parse().map_err(|_| wrong());
        Ok(Self {
            scenario: scenario.to_owned(),
            place: (number(step)?, number(check)?),
            verdict: verdict.to_owned(),
            outcome: (outcome != "-").then(|| outcome.to_owned()),
            title: title.to_owned(),
        })
    }
}

/// Where two runs of the same files differ, scenario by scenario. From an outcome on that is left to chance and came
/// out differently, the rest of a scenario cannot be compared.
pub fn differences(real: &[Judged], model: &[Judged]) -> Vec<String> {
    let by_scenario = |judged: &[Judged]| {
        let mut scenarios: BTreeMap<String, Vec<Judged>> = BTreeMap::new();
        for one in judged {
            scenarios.entry(one.scenario.clone()).or_default().push(one.clone());
        }
        scenarios
    };
    let (real, mut model) = (by_scenario(real), by_scenario(model));
    let mut differences = Vec::new();
    for (scenario, real) in real {
        let model = model.remove(&scenario).unwrap_or_default();
        let chance = real.iter().zip(&model).position(|(real, model)| real.outcome != model.outcome);
        // The outcomes differ, but whether one of those named happened must not.
        let differ = |(real, model): &(&Judged, &Judged)| {
            (real.place, &real.verdict, &real.title) != (model.place, &model.verdict, &model.title)
        };
        let most = chance.map_or(usize::MAX, |chance| chance + 1);
        let found = real.iter().zip(&model).take(most).find(differ);
        differences.extend(found.map(|(real, model)| format!("real:  {real}\nmodel: {model}")));
        if found.is_none() && chance.is_none() && real.len() != model.len() {
            differences.push(format!(
                "{scenario}: {} checks on real servers, {} in the model",
                real.len(),
                model.len()
            ));
        }
    }
    differences
}
