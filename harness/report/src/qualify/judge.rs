use super::policy::{Policy, Treat};
use super::shape::{Point, Qualification, Qualified, Severity};
use super::{claims, scenarios};
use crate::compare::{Comparison, Incomparable, Judgement, Pace, Passed, Purpose, Weight};
use crate::model::Model;
use crate::text::safe::line;
use crate::text::spans::length;

/// What is judged.
pub struct Case<'a> {
    /// The run of the release.
    pub model: &'a Model,
    /// Its comparison with the baseline, if there is one.
    pub baseline: Option<&'a Result<Comparison, Incomparable>>,
    /// Digest of the image, if it is known.
    pub digest: Option<String>,
    /// What was noticed before the run: the probe of the image, the check of the machine.
    pub before: Vec<Point>,
    /// The files that lie beside the verdict.
    pub files: Vec<String>,
}

/// Judges a release by a policy.
pub fn judge(case: &Case<'_>, policy: &Policy) -> Qualification {
    let model = case.model;
    let families = scenarios::families(model);
    let mut points = case.before.clone();
    points.extend(scenarios::run(model, policy));
    points.extend(scenarios::points(&families, policy));
    let (required, found) = claims::required(model, policy);
    points.extend(found);
    points.extend(claims::notes(model, policy));
    points.extend(case.baseline.iter().flat_map(|baseline| compared(baseline, policy)));
    points.sort_by_key(|point| std::cmp::Reverse(point.severity));
    let run = &model.run;
    Qualification {
        verdict: Qualified::of(&points),
        tdengine: run.tdengine.clone(),
        image: run.image.clone(),
        digest: case.digest.as_deref().map(line),
        environment: run.environment.clone(),
        kubernetes: run.kubernetes.clone(),
        seatrial: run.seatrial.clone(),
        policy: format!("{} ({})", line(&policy.name), line(&policy.file)),
        baseline: case.baseline.and_then(|baseline| baseline.as_ref().ok()).map(|comparison| comparison.a.name.clone()),
        repeats: families.iter().map(|family| u64::from(family.passed.all())).max().unwrap_or(0),
        points,
        scenarios: families.iter().map(|family| (family.key.clone(), Passed::words(family.passed))).collect(),
        required,
        files: case.files.clone(),
    }
}

pub(super) fn point(severity: Severity, rule: &str, what: impl Into<String>, found: impl Into<String>) -> Point {
    Point { severity, rule: rule.to_owned(), what: what.into(), found: found.into() }
}

impl Treat {
    pub(super) fn severity(self) -> Severity {
        match self {
            Self::Fail => Severity::Against,
            Self::Inconclusive => Severity::Open,
            Self::Note => Severity::Note,
        }
    }
}

fn compared(baseline: &Result<Comparison, Incomparable>, policy: &Policy) -> Vec<Point> {
    let comparison = match baseline {
        Ok(comparison) => comparison,
        Err(why) => return vec![point(Severity::Open, "baseline", "comparison", line(&why.to_string()))],
    };
    let severity = |weight: Weight, worse: Treat| match weight {
        Weight::Worse => Some(worse.severity()),
        Weight::Lost => Some(policy.lost.severity()),
        Weight::Note | Weight::Better => Some(Severity::Note),
        Weight::Chance => None,
    };
    let rule = |weight| if weight == Weight::Lost { "baseline: lost" } else { "baseline: worse" };
    let mut points = Vec::new();
    if comparison.purpose == Purpose::Model {
        let found = "the baseline ran on another kind of environment: its times say nothing of this release";
        points.push(point(Severity::Note, "baseline", comparison.a.name.clone(), found));
    }
    for change in &comparison.verdicts {
        let at = change
            .place
            .check
            .map_or(String::new(), |check| format!(" {}.{check}", change.place.step.unwrap_or_default()));
        let found = format!("{} before, {} now", change.a.words(), change.b.words());
        let what = format!("{}{at}", change.place.scenario);
        points.extend(
            severity(change.weight, policy.worse).map(|severity| point(severity, rule(change.weight), what, found)),
        );
    }
    for change in &comparison.claims {
        let ((a, of_a), (b, of_b)) = (change.held_a, change.held_b);
        let found = format!("held in {a} of {of_a} before, in {b} of {of_b} now");
        points.extend(
            severity(change.weight, policy.worse)
                .map(|severity| point(severity, rule(change.weight), change.claim.clone(), found)),
        );
    }
    for change in comparison.times.iter().filter(|change| change.weight != Weight::Better) {
        let severity = if change.times.pace == Pace::Slower && change.weight == Weight::Worse {
            policy.slower.severity()
        } else {
            Severity::Note
        };
        let what = format!("{}: {}", change.place.scenario, change.subject);
        let found = format!(
            "{}: {} before, {} now",
            change.times.kind.name(),
            length(change.times.a.p50),
            length(change.times.b.p50)
        );
        points.push(point(severity, "baseline: times", what, found));
    }
    let texts =
        comparison.contents.len() + comparison.outcomes.iter().filter(|row| row.weight != Weight::Chance).count();
    if texts > 0 {
        let found = format!("{texts} states, texts or outcomes are not as before; see compare.html");
        points.push(point(Severity::Note, "baseline", "states and texts", found));
    }
    let missing = comparison.only_a.iter().map(|key| (key, "did not run now"));
    let edited = comparison.edited.iter().map(|key| (key, "has other steps now: only its verdict was compared"));
    for (key, found) in missing.chain(edited) {
        points.push(point(policy.lost.severity(), "baseline: lost", key.clone(), found));
    }
    if comparison.judgement == Judgement::Unclear && !comparison.a.complete {
        points.push(point(
            policy.lost.severity(),
            "baseline: lost",
            comparison.a.name.clone(),
            "the baseline has no end",
        ));
    }
    points
}
