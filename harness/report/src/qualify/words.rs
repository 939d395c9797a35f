use super::shape::{Point, Qualification, Qualified, Severity};
use crate::model::Mark;
use crate::tables::{Page, Section, Tone};

/// The qualification as a page.
pub(super) fn page(qualification: &Qualification) -> Page {
    let mark = match qualification.verdict {
        Qualified::Yes | Qualified::WithNotes => Mark::Pass,
        Qualified::No => Mark::Fail,
        Qualified::Inconclusive => Mark::Unknown,
    };
    let none = || "none".to_owned();
    let facts = [
        ("TDengine", qualification.tdengine.clone()),
        ("Image", qualification.image.clone()),
        ("Digest", qualification.digest.clone().unwrap_or_else(|| "not known".to_owned())),
        ("Environment", format!("{}, Kubernetes {}", qualification.environment, qualification.kubernetes)),
        ("Policy", qualification.policy.clone()),
        ("Baseline", qualification.baseline.clone().unwrap_or_else(none)),
        ("Runs of each scenario", qualification.repeats.to_string()),
        ("Seatrial", qualification.seatrial.clone()),
    ];
    Page {
        title: format!("TDengine {} on Kubernetes: qualification of {}", qualification.tdengine, qualification.image),
        mark,
        word: qualification.verdict.words().to_owned(),
        reason: reason(qualification),
        facts: facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        sections: vec![
            points("What speaks against it", "", qualification, Severity::Against),
            points("What could not be said", "", qualification, Severity::Open),
            points("Notes", "What a person should know before signing.", qualification, Severity::Note),
            Section::new("Claims that must hold", "", &["Claim", "Found"]).rows(qualification.required.iter().map(
                |(claim, found)| {
                    let tone = match found.as_str() {
                        "confirmed" => tone(Mark::Pass, "✓", "holds", "pass"),
                        "unknown" | "not tested" => tone(Mark::Unknown, "?", "open", "unknown"),
                        _ => tone(Mark::Fail, "✗", "does not hold", "fail"),
                    };
                    (Some(tone), vec![claim.clone(), found.clone()])
                },
            )),
            Section::new("Scenarios", "", &["Scenario", "Runs"])
                .rows(qualification.scenarios.iter().map(|(key, passed)| (None, vec![key.clone(), passed.clone()]))),
            Section::new("In this folder", "", &["File"])
                .rows(qualification.files.iter().map(|file| (None, vec![file.clone()]))),
        ],
        seatrial: qualification.seatrial.clone(),
    }
}

fn tone(mark: Mark, sign: &'static str, word: &'static str, class: &'static str) -> Tone {
    Tone { mark, sign, word, class }
}

fn reason(qualification: &Qualification) -> String {
    let count = |severity| qualification.points.iter().filter(|point| point.severity == severity).count();
    let points = |count: usize| if count == 1 { "1 point".to_owned() } else { format!("{count} points") };
    let (against, open, notes) = (count(Severity::Against), count(Severity::Open), count(Severity::Note));
    let mut parts = Vec::new();
    match qualification.verdict {
        Qualified::Yes => parts.push("Everything that the policy asks for holds.".to_owned()),
        Qualified::WithNotes => parts.push("Everything that the policy asks for holds; read the notes.".to_owned()),
        Qualified::No => parts.push(format!("Against it: {}.", points(against))),
        Qualified::Inconclusive => {
            parts.push("Nothing that was seen speaks against it, and not everything was seen.".to_owned());
        }
    }
    if open > 0 {
        parts.push(format!("Not said: {}.", points(open)));
    }
    if notes > 0 {
        parts.push(format!("Notes: {notes}."));
    }
    parts.join(" ")
}

fn points(heading: &str, note: &str, qualification: &Qualification, severity: Severity) -> Section {
    let tone = match severity {
        Severity::Against => tone(Mark::Fail, "✗", "against", "fail"),
        Severity::Open => tone(Mark::Unknown, "?", "open", "unknown"),
        Severity::Note => tone(Mark::Nothing, "•", "note", "mixed"),
    };
    let row = |point: &Point| (Some(tone), vec![point.what.clone(), point.found.clone(), point.rule.clone()]);
    let of_it = qualification.points.iter().filter(|point| point.severity == severity);
    Section::new(heading, note, &["What", "Found", "Rule"]).rows(of_it.map(row))
}
