use std::path::{Path, PathBuf};

use jiff::Zoned;
use seatrial_record::{ExitCode, Recording};
use seatrial_report::{
    Model,
    compare::{Comparison, Incomparable, compare as compared, write_comparison},
    qualify::{Case, Policy, judge, print, write_qualification},
};

use super::{Done, compare::read as read_run, run::options, run::run, show};
use crate::{
    args::{Cli, Client, Env, Keep, Lang, QualifyArgs, RunArgs, SelectArgs},
    complaint::Complaint,
    home::Home,
    qualify::{Survey, read_policy, survey},
};

/// Qualifies a release: looks at its image, runs the documented suite, compares with a baseline, judges by a policy.
pub fn qualify(args: &QualifyArgs, cli: &Cli) -> Done {
    let run_args = run_args(args)?;
    let home = Home::find()?;
    let loaded = home.load(&args.paths)?;
    let file = args.policy.clone().unwrap_or_else(|| home.policy());
    let mut policy = read_policy(&file, &loaded).map_err(Complaint::usage)?;
    let baseline = args.baseline.as_deref().map(read_run).transpose()?;

    let folder = args.out.clone().unwrap_or_else(|| place(args.environment.image.as_deref().unwrap_or_default()));
    let run_args = RunArgs { repeat: args.repeat.unwrap_or(policy.repeats), out: Some(folder.join("run")), ..run_args };
    let surveyed = survey(&run_args)?;
    let select = SelectArgs { tdengine: Some(surveyed.tdengine.clone()), ..run_args.select.clone() };
    let sets = home.load_for(&select)?.sets_of(&surveyed.tdengine)?;
    policy.manifests.retain(|set| sets.contains(set));

    let ended = run(&RunArgs { select, ..run_args }, cli)?;
    if matches!(ended, ExitCode::Usage | ExitCode::Environment) {
        return Ok(ended);
    }
    conclude(&folder, &policy, surveyed, baseline.as_ref(), (&file, cli))
}

fn run_args(args: &QualifyArgs) -> Result<RunArgs, Complaint> {
    let mut environment = args.environment.clone();
    let Some(image) = &environment.image else {
        return Err(Complaint::usage("say which release is meant: `--image REF`, such as tdengine/tdengine:2.1.1.0"));
    };
    let env = environment.env.unwrap_or(Env::Kind);
    environment.env = Some(env);
    let mut tdengine = args.tdengine.clone();
    if env == Env::Embedded {
        // There the image is a model of the version that its tag names.
        let tag = image.rsplit('/').next().and_then(|name| name.split_once(':')).map(|(_, tag)| tag.to_owned());
        tdengine = tdengine.or(tag);
        environment.image = None;
    }
    if let Some(text) = environment.misplaced() {
        return Err(Complaint::usage(text));
    }
    Ok(RunArgs {
        select: SelectArgs { paths: args.paths.clone(), tdengine, manifests: None },
        seed: args.seed,
        repeat: 1,
        jobs: args.jobs,
        shard: None,
        out: None,
        keep: Keep::Never,
        client: Client::Shell,
        lang: Lang::En,
        environment,
    })
}

/// Compares, judges, and leaves everything in one folder.
fn conclude(
    folder: &Path,
    policy: &Policy,
    surveyed: Survey,
    baseline: Option<&(String, Model)>,
    (file, cli): (&Path, &Cli),
) -> Done {
    let events = Recording::read(&folder.join("run/events.jsonl")).map_err(Complaint::environment)?;
    let model = Model::of(&events).ok_or_else(|| Complaint::environment(seatrial_report::ReportError::NoStart))?;
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let comparison: Option<Result<Comparison, Incomparable>> =
        baseline.map(|(of, known)| compared((of, known), (&name, &model), &policy.times));
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text)
            .map_err(|error| Complaint::environment(format!("cannot write {}: {error}", folder.join(name).display())))
    };
    let mut files = vec!["run/report.html: the run, step by step, with its evidence".to_owned()];
    if let Some(Ok(comparison)) = &comparison {
        write_comparison(folder, comparison).map_err(Complaint::environment)?;
        files.push("compare.html: the run beside the baseline".to_owned());
    }
    write("survey.txt", &surveyed.text)?;
    files.push("survey.txt: what was found of the machine and of the image before the run".to_owned());
    let text = std::fs::read_to_string(file).map_err(Complaint::environment)?;
    write("policy.yaml", &text)?;
    files.push("policy.yaml: the policy that judged".to_owned());
    let case =
        Case { model: &model, baseline: comparison.as_ref(), digest: surveyed.digest, before: surveyed.points, files };
    let qualification = judge(&case, policy);
    let page = write_qualification(folder, &qualification).map_err(Complaint::environment)?;
    let printed = print(&qualification, &options(cli, Lang::En, Path::new("")));
    show(&format!("\n{printed}  {}\n", page.display()));
    Ok(qualification.verdict.exit())
}

/// Where a qualification goes if nobody says otherwise.
fn place(image: &str) -> PathBuf {
    let plain = |char: char| if char.is_ascii_alphanumeric() || ".-_".contains(char) { char } else { '-' };
    let image: String = image.chars().take(80).map(plain).collect();
    Path::new("target/seatrial").join(format!("{}-qualify-{image}", Zoned::now().strftime("%Y%m%d-%H%M%S-%3f")))
}
