//! Real clusters: what is looked at before a run, what is made for it, and how that ends.

use std::path::Path;

use seatrial_engine::{Edits, Environment, Plan};
use seatrial_environments::{
    Cause, ClusterConfig, Depth, EnvironmentError, ImageReport, KindEnvironment, KindOptions, KubeconfigEnvironment,
    KubeconfigOptions, Needs, ProbeLimits, State, Tools, load_archive, need_image, preflight, probe,
};
use seatrial_taos::Version;

use crate::{
    args::{Env, EnvironmentArgs, Keep},
    complaint::Complaint,
};

/// Where a run can happen: everything was looked at, and nothing was made yet.
pub struct Site {
    /// The version that the image runs.
    pub tdengine: String,
    /// The changes to the documents' manifests.
    pub edits: Edits,
    /// Images of other versions that scenarios need.
    others: Vec<String>,
    place: Place,
}

impl Site {
    /// Looks for the images of the other versions that scenarios of the plan need. On kind they must be local ones; what
    /// needs one that is not is left out of the plan. Images that faults give to pods are brought if they are there.
    pub async fn bring_others(&mut self, plan: &mut Plan) {
        let Place::Kind { tools, .. } = &self.place else { return };
        for version in plan.other_versions() {
            let image = self.edits.image_of(version);
            match need_image(tools, &image, false).await {
                Ok(_) => self.others.push(image),
                Err(_) => plan.leave_out(version, &format!("it also needs the image {image}, which is not here")),
            }
        }
        for image in plan.images_of_faults() {
            if need_image(tools, image, false).await.is_ok() {
                self.others.push(image.to_owned());
            }
        }
    }
}

enum Place {
    Kind { tools: Tools, config: ClusterConfig },
    Kubeconfig(Box<KubeconfigEnvironment>),
}

/// What is going on, for the user. The report goes to standard output.
pub fn tell(text: &str) {
    eprintln!("· {text}");
}

/// Looks at everything that a run needs: the machine, the images, the cluster; and at what the image is. `tdengine` is
/// the version that was asked for, if one was.
pub async fn survey(args: &EnvironmentArgs, tdengine: Option<&str>) -> Result<Site, Complaint> {
    match args.env() {
        Env::Kubeconfig => by_context(args, tdengine).await,
        Env::Kind | Env::Embedded => on_docker(args, tdengine).await,
    }
}

async fn on_docker(args: &EnvironmentArgs, tdengine: Option<&str>) -> Result<Site, Complaint> {
    let tools = Tools::from_env();
    let config = config(args)?;
    let mut needs = needs(args, &config);
    if args.image_archive.is_none() {
        needs.image = Some(args.image_or_default(tdengine));
    }
    for warning in preflight(&tools, &needs).await?.warnings() {
        tell(&warning);
    }
    let image = match &args.image_archive {
        Some(file) => archived(&tools, file, args.image.as_deref()).await?,
        None => args.image_or_default(tdengine),
    };
    if args.pull {
        tell(&format!("pulling {image}"));
        need_image(&tools, &image, true).await?;
    }
    tell(&format!("trying {image} alone"));
    let report = probe(&tools, &image, Depth::Quick, &ProbeLimits::default()).await?;
    for warning in report.warnings() {
        tell(&warning);
    }
    let tdengine = agreed(&report, tdengine)?;
    // The image is brought onto the nodes, which could not pull a local one.
    let edits = Edits { image, pull_policy: Some("IfNotPresent".to_owned()), storage_class: None };
    Ok(Site { tdengine, edits, others: Vec::new(), place: Place::Kind { tools, config } })
}

/// The nodes that are asked for.
pub fn config(args: &EnvironmentArgs) -> Result<ClusterConfig, EnvironmentError> {
    args.kind_config.as_deref().map_or_else(|| Ok(ClusterConfig::one_node()), ClusterConfig::named)
}

/// What kind needs for it, the TDengine image left out.
pub fn needs(args: &EnvironmentArgs, config: &ClusterConfig) -> Needs {
    let nodes = u32::try_from(config.nodes).unwrap_or(u32::MAX);
    Needs { nodes, node_image: args.node_image.clone(), pull: args.pull, ..Needs::default() }
}

/// The image that is in an archive; `asked` if there are several.
async fn archived(tools: &Tools, file: &Path, asked: Option<&str>) -> Result<String, EnvironmentError> {
    let names = load_archive(tools, file).await?;
    match (asked, names.as_slice()) {
        (Some(asked), names) if names.iter().any(|name| name == asked) => Ok(asked.to_owned()),
        (None, [only]) => Ok(only.clone()),
        _ => Err(EnvironmentError::new(
            Cause::ImageMissing,
            format!("take the image out of {}", file.display()),
            format!("there is {} in it", names.join(", ")),
            "name one of them with `--image REF`",
        )),
    }
}

/// The version that the image runs, unless another one was asked for.
fn agreed(report: &ImageReport, asked: Option<&str>) -> Result<String, Complaint> {
    let Some(asked) = asked else { return Ok(report.version.to_string()) };
    let version: Version = asked.parse().map_err(Complaint::usage)?;
    if version == report.version {
        return Ok(asked.to_owned());
    }
    let happened = format!("its server is {}, not {version} as `--tdengine` says", report.version);
    let advice = "leave `--tdengine` out: the version is read from the image; or name another image";
    Err(EnvironmentError::new(Cause::NotTdengine, format!("use the image {}", report.image), happened, advice).into())
}

async fn by_context(args: &EnvironmentArgs, tdengine: Option<&str>) -> Result<Site, Complaint> {
    let image = args.image_or_default(tdengine);
    let tag = image.rsplit('/').next().and_then(|name| name.split_once(':')).map(|(_, tag)| tag);
    let version = match (tdengine, tag) {
        (Some(asked), _) => asked.parse::<Version>().map_err(Complaint::usage).map(|_| asked.to_owned())?,
        (None, tag) => tag.and_then(Version::find).map(|version| version.to_string()).ok_or_else(|| {
            Complaint::usage(format!("the tag of {image} tells no version: say which it is with `--tdengine V`"))
        })?,
    };
    let environment = KubeconfigEnvironment::start(context(args)).await?;
    let policy = if args.pull { "Always" } else { "IfNotPresent" };
    // The storage class is set where pods are placed.
    let edits = Edits { image, pull_policy: Some(policy.to_owned()), storage_class: None };
    Ok(Site { tdengine: version, edits, others: Vec::new(), place: Place::Kubeconfig(Box::new(environment)) })
}

/// Which cluster is meant.
pub fn context(args: &EnvironmentArgs) -> KubeconfigOptions {
    KubeconfigOptions {
        file: args.kubeconfig.clone(),
        context: args.context.clone(),
        storage_class: args.storage_class.clone(),
        pull_secret: args.image_pull_secret.clone(),
        node_selector: args.labels(),
    }
}

/// A real cluster in which a run happens.
pub struct Ground {
    place: Made,
    reused: bool,
}

enum Made {
    Kind(Box<KindEnvironment>),
    Kubeconfig(Box<KubeconfigEnvironment>),
}

impl Ground {
    /// Makes what has to be made. Logs of a failure go below `folder`.
    pub async fn make(site: Site, args: &EnvironmentArgs, keep: Keep, folder: &Path) -> Result<Self, Complaint> {
        let place = match site.place {
            Place::Kubeconfig(environment) => Made::Kubeconfig(environment),
            Place::Kind { tools, config } => {
                let options = KindOptions {
                    reuse: args.reuse.clone(),
                    // With `on-failure`, whether it goes is known at the end only.
                    keep: keep != Keep::Never,
                    config,
                    node_image: args.node_image.clone(),
                    images: std::iter::once(site.edits.image).chain(site.others).collect(),
                    logs: Some(folder.join("evidence")),
                    tell: std::sync::Arc::new(tell),
                    ..KindOptions::default()
                };
                Made::Kind(Box::new(KindEnvironment::start(&tools, &State::from_env(), &options).await?))
            }
        };
        Ok(Self { place, reused: args.reuse.is_some() })
    }

    /// What scenarios run in.
    pub fn environment(&self) -> &dyn Environment {
        match &self.place {
            Made::Kind(environment) => environment.as_ref(),
            Made::Kubeconfig(environment) => environment.as_ref(),
        }
    }

    /// Nothing needs to be kept after all, unless the cluster was there before or is for later runs.
    pub fn let_go(&mut self) {
        if let (Made::Kind(environment), false) = (&mut self.place, self.reused) {
            environment.set_stays(false);
        }
    }

    /// Removes what was made, or says how to look at what is kept.
    pub async fn end(self) -> Result<Option<String>, Complaint> {
        match self.place {
            Made::Kind(environment) => Ok(environment.shutdown().await?),
            Made::Kubeconfig(environment) => Ok(environment.shutdown().await.map(|()| None)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(typed: &[&str]) -> EnvironmentArgs {
        use clap::Parser;
        let words = ["seatrial", "run"].iter().chain(typed);
        let crate::args::Command::Run(args) = crate::args::Cli::parse_from(words).command else { panic!("not a run") };
        args.environment
    }

    async fn refused(typed: &[&str]) -> Complaint {
        survey(&args(typed), None).await.err().unwrap()
    }

    #[tokio::test]
    async fn a_context_that_does_not_exist_is_refused() {
        let complaint = refused(&["--env", "kubeconfig", "--context", "x", "--kubeconfig", "/nonexistent"]).await;
        assert_eq!(complaint.exit.code(), 3);
        assert!(complaint.to_string().contains("/nonexistent"), "{complaint}");
    }

    #[tokio::test]
    async fn a_tag_without_a_version_needs_one() {
        let complaint =
            refused(&["--env", "kubeconfig", "--context", "x", "--image", "host:5000/tdengine:latest"]).await;
        assert_eq!(complaint.exit.code(), 2);
        assert!(complaint.to_string().contains("--tdengine"), "{complaint}");
    }

    #[tokio::test]
    async fn a_kind_config_that_does_not_exist_is_refused() {
        let complaint = refused(&["--env", "kind", "--kind-config", "/nonexistent"]).await;
        assert_eq!(complaint.exit.code(), 3);
        assert!(complaint.to_string().contains("one-node"), "{complaint}");
    }
}
