//! Removes what runs left, also those that were killed: first it is listed, then removed, and what cannot be removed is
//! told.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    Cause, EnvironmentError, KindLimits, Owner, Result, State, Tools, docker, kind, kubeconfig, leftovers,
    names::{MANAGED_BY, OWNER, PREFIX},
    state,
};

/// What is cleaned.
#[derive(Clone, Debug, Default)]
pub struct CleanOptions {
    /// List only.
    pub dry_run: bool,
    /// Also what running processes use, what was made on other machines, and kind clusters that have our prefix but
    /// that nothing is known of.
    pub all: bool,
    /// Namespaces of this context, too.
    pub context: Option<String>,
    /// The kubeconfig file of the context; as kubectl finds it if not given.
    pub kubeconfig: Option<PathBuf>,
    /// Bounds.
    pub limits: KindLimits,
}

/// What happened to something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It would be removed.
    Listed,
    /// It was removed.
    Removed,
    /// It was left, for this reason.
    Left(String),
    /// It could not be removed.
    Failed(EnvironmentError),
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is, say `kind cluster seatrial-1a2b3c`.
    pub what: String,
    /// What happened to it.
    pub fate: Fate,
}

/// What was found and what happened to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CleanReport {
    /// Everything that was found.
    pub items: Vec<Item>,
    /// Places that could not be looked at.
    pub blind: Vec<EnvironmentError>,
}

impl CleanReport {
    /// True if all that should go is gone, and everything could be looked at.
    pub fn ok(&self) -> bool {
        self.blind.is_empty() && !self.items.iter().any(|item| matches!(item.fate, Fate::Failed(_)))
    }

    /// The first thing that did not go well.
    pub fn error(&self) -> Option<&EnvironmentError> {
        let failed = self.items.iter().find_map(|item| match &item.fate {
            Fate::Failed(error) => Some(error),
            _ => None,
        });
        failed.or(self.blind.first())
    }
}

impl fmt::Display for CleanReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Item { what, fate } in &self.items {
            match fate {
                Fate::Listed => writeln!(f, "would remove  {what}")?,
                Fate::Removed => writeln!(f, "removed       {what}")?,
                Fate::Left(why) => writeln!(f, "left          {what}: {why}")?,
                Fate::Failed(error) => writeln!(f, "FAILED        {what}: {error} ({})", error.advice)?,
            }
        }
        for error in &self.blind {
            writeln!(f, "not looked at {error} ({})", error.advice)?;
        }
        if self.items.is_empty() && self.blind.is_empty() {
            writeln!(f, "nothing of Seatrial's was found")?;
        }
        Ok(())
    }
}

/// Finds and removes.
pub async fn clean(tools: &Tools, state: &State, options: &CleanOptions) -> CleanReport {
    let mut report = CleanReport::default();
    clusters(tools, state, options, &mut report).await;
    containers(tools, options, &mut report).await;
    files(state, options, &mut report);
    namespaces(options, &mut report).await;
    report
}

/// Why something is left although it was found: its process runs.
fn in_use(owner: Owner, options: &CleanOptions) -> Option<Fate> {
    let used = owner.is_alive() && owner != Owner::this() && !options.all;
    used.then(|| Fate::Left(format!("process {} is using it (`--all` removes it in spite of that)", owner.pid)))
}

async fn clusters(tools: &Tools, state: &State, options: &CleanOptions, report: &mut CleanReport) {
    let records = match state.all() {
        Ok(records) => records,
        Err(error) => {
            report.blind.push(error);
            Vec::new()
        }
    };
    let there = match there(tools, options).await {
        Ok(there) => there,
        Err(error) => {
            // Without Docker there can be no cluster and no container; what is on disk waits until it is back.
            if !records.is_empty() || error.cause != Cause::DockerMissing {
                report.blind.push(error);
            }
            return;
        }
    };
    for record in &records {
        let exists = there.contains(&record.name);
        let what = if exists {
            format!("kind cluster {}{}", record.name, if record.keep { " (kept by a run)" } else { "" })
        } else {
            format!("record of the kind cluster {}, which is gone", record.name)
        };
        let fate = match in_use(record.owner, options) {
            Some(left) => left,
            None if options.dry_run => Fate::Listed,
            None => of(kind::delete(tools, state, &record.name, &options.limits).await),
        };
        report.items.push(Item { what, fate });
    }
    let known: BTreeSet<&str> = records.iter().map(|record| record.name.as_str()).collect();
    for name in there.iter().filter(|name| name.starts_with(PREFIX) && !known.contains(name.as_str())) {
        let fate = if !options.all {
            Fate::Left(format!(
                "it has our prefix, but {} knows nothing of it (`--all` removes it)",
                state.folder().display()
            ))
        } else if options.dry_run {
            Fate::Listed
        } else {
            of(kind::delete(tools, state, name, &options.limits).await)
        };
        report.items.push(Item { what: format!("kind cluster {name}"), fate });
    }
}

/// Names of the kind clusters, by Docker's labels: those that are only half made, and without `kind`, too.
async fn there(tools: &Tools, options: &CleanOptions) -> Result<BTreeSet<String>> {
    let label = "io.x-k8s.kind.cluster";
    let mut names: BTreeSet<String> =
        docker::containers(tools, label, "{{.Label \"io.x-k8s.kind.cluster\"}}").await?.into_iter().collect();
    if tools.find("kind").is_some() {
        names.extend(kind::clusters(tools, &options.limits).await?);
    }
    Ok(names)
}

async fn containers(tools: &Tools, options: &CleanOptions, report: &mut CleanReport) {
    let label = format!("{}={}", MANAGED_BY.0, MANAGED_BY.1);
    let format = format!("{{{{.ID}}}}\t{{{{.Names}}}}\t{{{{.Image}}}}\t{{{{.Label \"{OWNER}\"}}}}");
    // Without Docker this was told already, for the clusters.
    let Ok(lines) = docker::containers(tools, &label, &format).await else { return };
    for line in lines {
        let mut fields = line.split('\t');
        let mut field = || fields.next().unwrap_or_default().to_owned();
        let (id, name, image, owner) = (field(), field(), field(), field());
        let fate = match owner.parse::<Owner>().ok().and_then(|owner| in_use(owner, options)) {
            Some(left) => left,
            None if options.dry_run => Fate::Listed,
            None => of(docker::remove_containers(tools, &[id]).await),
        };
        report.items.push(Item { what: format!("container {name} ({image})"), fate });
    }
}

fn files(state: &State, options: &CleanOptions, report: &mut CleanReport) {
    for file in state.stray_kubeconfigs() {
        let fate = if options.dry_run { Fate::Listed } else { of(state::remove(&file)) };
        report.items.push(Item { what: format!("kubeconfig file {}", file.display()), fate });
    }
}

async fn namespaces(options: &CleanOptions, report: &mut CleanReport) {
    let Some(context) = &options.context else { return };
    if let Err(error) = namespaces_of(context, options.kubeconfig.as_deref(), options, report).await {
        report.blind.push(error);
    }
}

async fn namespaces_of(
    context: &str,
    file: Option<&Path>,
    options: &CleanOptions,
    report: &mut CleanReport,
) -> Result<()> {
    // As long as for a namespace with pods that take their grace period.
    const GONE: Duration = Duration::from_secs(300);
    let (client, _) = kubeconfig::connect(file, Some(context)).await?;
    for left in leftovers::find(&client).await? {
        let what = format!("{left} in the context {context}");
        let foreign = left.foreign && !options.all;
        let fate = match left.owner.and_then(|owner| in_use(owner, options)) {
            Some(fate) => fate,
            None if foreign => Fate::Left("a run on another machine made it (`--all` removes it)".to_owned()),
            None if options.dry_run => Fate::Listed,
            // Volumes that are retained come after their namespaces, which are first in the list.
            None => of(leftovers::remove(&client, std::slice::from_ref(&left), GONE).await),
        };
        report.items.push(Item { what, fate });
    }
    Ok(())
}

fn of(result: Result<()>) -> Fate {
    match result {
        Ok(()) => Fate::Removed,
        Err(error) => Fate::Failed(error),
    }
}
