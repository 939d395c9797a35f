//! What is looked at before a qualification: the machine and the image.

use seatrial_environments::{Depth, ProbeLimits, Tools, need_image, preflight, probe};
use seatrial_report::qualify::{Point, Severity};

use crate::{
    args::{Env, RunArgs},
    complaint::Complaint,
    ground, runtime,
};

/// What was found before the run.
pub struct Survey {
    /// The version that the image runs.
    pub tdengine: String,
    /// The image's id, if there is an image.
    pub digest: Option<String>,
    /// Everything, in words.
    pub text: String,
    /// What a person should know.
    pub points: Vec<Point>,
}

/// Looks at the machine and at the image. What makes a run impossible is an error.
pub fn survey(args: &RunArgs) -> Result<Survey, Complaint> {
    match args.environment.env() {
        Env::Embedded | Env::Kubeconfig => {
            let text = format!("The image is not looked at with `--env {}`.\n", args.environment.env().name());
            let found = "the image was not tried alone: its version is that of its tag";
            let tdengine = args.select.tdengine().to_owned();
            Ok(Survey { tdengine, digest: None, text, points: vec![note("probe", found)] })
        }
        Env::Kind => runtime::real_time(on_docker(args)).map_err(Complaint::environment)?,
    }
}

async fn on_docker(args: &RunArgs) -> Result<Survey, Complaint> {
    let tools = Tools::from_env();
    let image = args.environment.image_or_default(None);
    let mut needs = ground::needs(&args.environment, &ground::config(&args.environment)?);
    needs.image = Some(image.clone());
    let diagnosis = preflight(&tools, &needs).await?;
    if args.environment.pull {
        need_image(&tools, &image, true).await?;
    }
    ground::tell(&format!("trying {image} alone, with its shell and REST service"));
    let report = probe(&tools, &image, Depth::Contract, &ProbeLimits::default()).await?;
    let mut points: Vec<Point> = diagnosis.warnings().iter().map(|warning| note("preflight", warning)).collect();
    points.extend(report.warnings().iter().map(|warning| note("probe", warning)));
    if !report.keeps_contract() {
        let found = "some of its answers cannot be read: checks that rest on them say nothing".to_owned();
        let (rule, what) = ("probe".to_owned(), report.image.clone());
        points.push(Point { severity: Severity::Open, rule, what, found });
    }
    Ok(Survey {
        tdengine: report.version.to_string(),
        digest: Some(report.id.clone()),
        text: format!("{diagnosis}\n{report}"),
        points,
    })
}

fn note(rule: &str, found: &str) -> Point {
    Point {
        severity: Severity::Note,
        rule: rule.to_owned(),
        what: "before the run".to_owned(),
        found: found.to_owned(),
    }
}
