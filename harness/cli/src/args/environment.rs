//! Arguments that say where a run happens.

use std::{collections::BTreeMap, path::PathBuf};

use clap::{Args, ValueEnum};
use seatrial_environments::PullSecret;

use super::DEFAULT_TDENGINE;

/// Where scenarios run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Env {
    /// A small Kubernetes in this process, whose pods run a model of TDengine.
    Embedded,
    /// A kind cluster on the local Docker, made for the run.
    Kind,
    /// A cluster that is there already, by its context.
    Kubeconfig,
}

impl Env {
    /// The name, as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Kind => "kind",
            Self::Kubeconfig => "kubeconfig",
        }
    }
}

/// Where a run happens.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Environment")]
pub struct EnvironmentArgs {
    /// Where scenarios run [default: embedded].
    #[arg(long, value_enum)]
    pub env: Option<Env>,
    /// The server's image [default: tdengine/tdengine:VERSION]. On kind it is a local one.
    #[arg(long, value_name = "REF")]
    pub image: Option<String>,
    /// kind: load the image from an archive that `docker save` wrote.
    #[arg(long, value_name = "FILE")]
    pub image_archive: Option<PathBuf>,
    /// Pull the images first; on a cluster by its context: when each pod starts.
    #[arg(long)]
    pub pull: bool,
    /// kind: the nodes, `one-node`, `three-workers` or a file [default: one-node].
    #[arg(long, value_name = "NAME|FILE")]
    pub kind_config: Option<String>,
    /// kind: the image of the nodes [default: kind's own].
    #[arg(long, value_name = "REF")]
    pub node_image: Option<String>,
    /// kind: use the cluster of this name; it is made if it is not there, and stays.
    #[arg(long, value_name = "NAME")]
    pub reuse: Option<String>,
    /// kubeconfig: the context. The current one is never taken by itself.
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// kubeconfig: the file [default: as kubectl finds it].
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// kubeconfig: the storage class of the volumes [default: the cluster's default].
    #[arg(long, value_name = "NAME")]
    pub storage_class: Option<String>,
    /// kubeconfig: a secret that images are pulled with, copied into each namespace of the run.
    #[arg(long, value_name = "[NAMESPACE/]NAME", value_parser = parse_secret)]
    pub image_pull_secret: Option<PullSecret>,
    /// kubeconfig: run pods only on nodes with this label; may be given several times.
    #[arg(long, value_name = "LABEL=VALUE", value_parser = parse_label)]
    pub node_selector: Vec<(String, String)>,
}

impl EnvironmentArgs {
    /// Where scenarios run.
    pub fn env(&self) -> Env {
        self.env.unwrap_or(Env::Embedded)
    }

    /// What is given and says nothing to this environment: an option that is silently ignored is a trap.
    pub fn misplaced(&self) -> Option<String> {
        let Self { image_archive, kind_config, node_image, reuse, .. } = self;
        let Self { context, kubeconfig, storage_class, image_pull_secret, node_selector, .. } = self;
        let options = [
            ("--image", self.image.is_some(), [Env::Kind, Env::Kubeconfig].as_slice()),
            ("--pull", self.pull, &[Env::Kind, Env::Kubeconfig]),
            ("--image-archive", image_archive.is_some(), &[Env::Kind]),
            ("--kind-config", kind_config.is_some(), &[Env::Kind]),
            ("--node-image", node_image.is_some(), &[Env::Kind]),
            ("--reuse", reuse.is_some(), &[Env::Kind]),
            ("--context", context.is_some(), &[Env::Kubeconfig]),
            ("--kubeconfig", kubeconfig.is_some(), &[Env::Kubeconfig]),
            ("--storage-class", storage_class.is_some(), &[Env::Kubeconfig]),
            ("--image-pull-secret", image_pull_secret.is_some(), &[Env::Kubeconfig]),
            ("--node-selector", !node_selector.is_empty(), &[Env::Kubeconfig]),
        ];
        let (option, _, fits) = options.into_iter().find(|(_, given, fits)| *given && !fits.contains(&self.env()))?;
        let fits: Vec<_> = fits.iter().map(|env| format!("`--env {}`", env.name())).collect();
        Some(format!("`{option}` is for {}, not for `--env {}`", fits.join(" and "), self.env().name()))
    }

    /// The image to run, if none is named the public one of the version.
    pub fn image_or_default(&self, tdengine: Option<&str>) -> String {
        let default = || format!("tdengine/tdengine:{}", tdengine.unwrap_or(DEFAULT_TDENGINE));
        self.image.clone().unwrap_or_else(default)
    }

    /// Labels of the nodes that pods may run on.
    pub fn labels(&self) -> BTreeMap<String, String> {
        self.node_selector.iter().cloned().collect()
    }

    /// The words by which it is typed.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut add = |option: &str, value: Option<String>| {
            if let Some(value) = value {
                words.extend([option.to_owned(), value]);
            }
        };
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        add("--env", self.env.map(|env| env.name().to_owned()));
        add("--image", self.image.clone());
        add("--image-archive", path(&self.image_archive));
        add("--kind-config", self.kind_config.clone());
        add("--node-image", self.node_image.clone());
        add("--reuse", self.reuse.clone());
        add("--context", self.context.clone());
        add("--kubeconfig", path(&self.kubeconfig));
        add("--storage-class", self.storage_class.clone());
        let secret = self.image_pull_secret.as_ref();
        add("--image-pull-secret", secret.map(|secret| format!("{}/{}", secret.namespace, secret.name)));
        for (label, value) in &self.node_selector {
            add("--node-selector", Some(format!("{label}={value}")));
        }
        if self.pull {
            words.push("--pull".to_owned());
        }
        words
    }
}

fn parse_secret(text: &str) -> Result<PullSecret, String> {
    text.parse().map_err(|error: seatrial_environments::EnvironmentError| error.advice)
}

fn parse_label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((label, value)) if !label.is_empty() => Ok((label.to_owned(), value.to_owned())),
        _ => Err("write `LABEL=VALUE`, as `kubectl get nodes --show-labels` has it".to_owned()),
    }
}

/// Arguments of `doctor`.
#[derive(Clone, Debug, Args)]
pub struct DoctorArgs {
    /// What would be run on.
    #[command(flatten)]
    pub environment: EnvironmentArgs,
    /// The TDengine version, if no image is named.
    #[arg(long, value_name = "V")]
    pub tdengine: Option<String>,
}

/// Arguments of `clean`.
#[derive(Clone, Debug, Args)]
pub struct CleanArgs {
    /// List what would be removed.
    #[arg(long)]
    pub dry_run: bool,
    /// Also what running processes use, what was made on other machines, and kind clusters that nothing is known of but
    /// their name.
    #[arg(long)]
    pub all: bool,
    /// Namespaces in the cluster of this context, too.
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// The kubeconfig file of the context [default: as kubectl finds it].
    #[arg(long, value_name = "FILE", requires = "context")]
    pub kubeconfig: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use rstest::rstest;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        environment: EnvironmentArgs,
    }

    fn parsed(typed: &str) -> EnvironmentArgs {
        let words = ["x"].into_iter().chain(typed.split_whitespace());
        Command::try_parse_from(words).map(|command| command.environment).unwrap()
    }

    #[rstest]
    #[case("", None)]
    #[case("--env kind --image a --node-image b --reuse c --pull --kind-config one-node --image-archive f", None)]
    #[case("--env kubeconfig --context c --storage-class s --node-selector a=b --image-pull-secret n/s", None)]
    #[case("--image a", Some("`--image` is for `--env kind` and `--env kubeconfig`, not for `--env embedded`"))]
    #[case("--env kind --context c", Some("`--context` is for `--env kubeconfig`, not for `--env kind`"))]
    #[case("--env kubeconfig --reuse c", Some("`--reuse` is for `--env kind`, not for `--env kubeconfig`"))]
    fn options_are_for_their_environment(#[case] typed: &str, #[case] wrong: Option<&str>) {
        assert_eq!(parsed(typed).misplaced().as_deref(), wrong);
    }

    #[rstest]
    #[case("--env kind --image a:1 --image-archive f --kind-config one-node --node-image b --reuse c --pull")]
    #[case(
        "--env kubeconfig --context c --kubeconfig k --storage-class s --image-pull-secret n/s --node-selector a=b --node-selector c="
    )]
    fn what_was_typed_is_typed_again(#[case] typed: &str) {
        assert_eq!(parsed(typed).words().join(" "), typed);
    }

    #[test]
    fn the_image_follows_the_version() {
        assert_eq!(parsed("--env kind").image_or_default(Some("3.3.0.1")), "tdengine/tdengine:3.3.0.1");
        assert_eq!(parsed("--env kind --image x").image_or_default(Some("3.3.0.1")), "x");
    }

    #[rstest]
    #[case("--node-selector =x")]
    #[case("--node-selector x")]
    #[case("--image-pull-secret a/b/c")]
    fn nonsense_is_refused(#[case] typed: &str) {
        assert!(Command::try_parse_from(["x"].into_iter().chain(typed.split(' '))).is_err());
    }
}
