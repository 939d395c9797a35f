use std::{path::PathBuf, time::Duration};

use jiff::Timestamp;
use kube::Client;

use super::{ClusterConfig, KindLimits, create, load, ready, reuse};
use crate::{
    Cause, EnvironmentError, Owner, Result, State, Tell, Tools, client,
    names::{cluster_name, fresh_id, label},
    state::ClusterRecord,
    underlay,
};

/// How often a cluster is tried to be made.
const ATTEMPTS: u32 = 2;
/// What the end of a process waits for at most, when nothing can be awaited any more.
const LAST: Duration = Duration::from_secs(60);

/// What a kind cluster should be like.
#[derive(Clone)]
pub struct KindOptions {
    /// A cluster of this name that stays between runs: made if it is not there. A fresh one if not given.
    pub reuse: Option<String>,
    /// A fresh cluster stays after the run, too.
    pub keep: bool,
    /// Its nodes.
    pub config: ClusterConfig,
    /// The image of the nodes; kind's own if not given.
    pub node_image: Option<String>,
    /// Local images that are brought onto all nodes.
    pub images: Vec<String>,
    /// Where the logs of a failed boot go; they are not collected if not given.
    pub logs: Option<PathBuf>,
    /// Bounds.
    pub limits: KindLimits,
    /// Hears what is going on.
    pub tell: Tell,
}

impl Default for KindOptions {
    fn default() -> Self {
        Self {
            reuse: None,
            keep: false,
            config: ClusterConfig::one_node(),
            node_image: None,
            images: Vec::new(),
            logs: None,
            limits: KindLimits::default(),
            tell: crate::silence(),
        }
    }
}

impl std::fmt::Debug for KindOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KindOptions")
            .field("reuse", &self.reuse)
            .field("keep", &self.keep)
            .field("config", &self.config.name)
            .field("node_image", &self.node_image)
            .field("images", &self.images)
            .finish_non_exhaustive()
    }
}

/// The duty to remove a cluster. Dropped without having been fulfilled, say by a panic or because a future was
/// dropped, it removes the cluster there and then.
struct Duty {
    tools: Tools,
    state: State,
    name: String,
    limits: KindLimits,
    due: bool,
}

impl Drop for Duty {
    fn drop(&mut self) {
        if !self.due {
            return;
        }
        let kubeconfig = self.state.kubeconfig(&self.name);
        let path = kubeconfig.to_string_lossy();
        let arguments = ["delete", "cluster", "--name", &self.name, "--kubeconfig", path.as_ref()];
        if self.tools.run_blocking("kind", &arguments, LAST) {
            let _ = self.state.forget(&self.name);
        }
    }
}

/// A kind cluster that is ready.
pub struct KindCluster {
    duty: Duty,
    stays: bool,
    client: Client,
    nodes: Vec<String>,
    kubeconfig: PathBuf,
    tell: Tell,
}

impl std::fmt::Debug for KindCluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KindCluster").field("name", &self.duty.name).field("nodes", &self.nodes).finish_non_exhaustive()
    }
}

impl KindCluster {
    /// Makes a cluster, or takes up one that was kept, and waits until it is ready and has the images. If that fails
    /// nothing is left but, if asked for, logs.
    pub async fn boot(tools: &Tools, state: &State, options: &KindOptions) -> Result<Self> {
        let limits = options.limits;
        let name = match &options.reuse {
            Some(asked) if label(asked).is_empty() => {
                let happened = format!("`{asked}` has no letter or digit that a name may have");
                let advice = "name it with letters, digits and dashes, say `--reuse nightly`";
                return Err(EnvironmentError::new(Cause::Config, "name the kind cluster", happened, advice));
            }
            Some(asked) => cluster_name(asked),
            None => cluster_name(&fresh_id()),
        };
        let wanted =
            reuse::Wanted { name: &name, nodes: options.config.nodes, node_image: options.node_image.as_deref() };
        let old = options.reuse.is_some() && reuse::is_there(tools, state, &wanted, &limits).await?;
        let stays = options.keep || options.reuse.is_some();
        let record = ClusterRecord {
            name: name.clone(),
            created: Timestamp::now(),
            owner: Owner::this(),
            kubeconfig: state.kubeconfig(&name),
            node_image: options.node_image.clone(),
            keep: stays,
        };
        state.write(&record)?;
        // A cluster that was there before is not removed because this run failed.
        let mut duty = Duty { tools: tools.clone(), state: state.clone(), name: name.clone(), limits, due: !old };
        let result = Self::prepare(tools, state, &name, options, old).await;
        match result {
            Ok((client, nodes)) => {
                duty.due = !stays;
                let kubeconfig = record.kubeconfig;
                Ok(Self { duty, stays, client, nodes, kubeconfig, tell: options.tell.clone() })
            }
            Err(error) => {
                let logs = match &options.logs {
                    Some(folder) if error.logs.is_none() => {
                        create::export_logs(tools, &name, &folder.join("kind-logs"), &limits).await
                    }
                    _ => None,
                };
                if matches!(error.cause, Cause::KindMissing | Cause::DockerMissing) && !old {
                    // Nothing was started, and nothing could be asked.
                    duty.due = false;
                    state.forget(&name)?;
                } else if !old {
                    duty.due = false;
                    if let Err(left) = create::delete(tools, state, &name, &limits).await {
                        (options.tell)(&left.render());
                    }
                }
                Err(error.with_logs(logs))
            }
        }
    }

    async fn prepare(
        tools: &Tools,
        state: &State,
        name: &str,
        options: &KindOptions,
        old: bool,
    ) -> Result<(Client, Vec<String>)> {
        let limits = options.limits;
        let tell = &*options.tell;
        if old {
            tell(&format!("using the kind cluster {name} again"));
            let nodes = create::nodes(tools, name, &limits).await?;
            let swept = underlay::sweep(tools, &nodes).await.map_err(|error| {
                let advice = "delete the cluster (`seatrial clean`) and repeat the run";
                EnvironmentError::new(Cause::Leftover, error.tried, error.happened, advice)
            })?;
            if !swept.is_empty() {
                tell(&format!("took back what an earlier run did below Kubernetes: {}", swept.join("; ")));
            }
            let file = state.kubeconfig(name);
            let path = file.to_string_lossy();
            let arguments = ["export", "kubeconfig", "--name", name, "--kubeconfig", path.as_ref()];
            let advice = "delete the cluster (`seatrial clean`) and repeat the run";
            tools.need("kind", &arguments, limits.ask, Cause::ClusterFailed, advice).await?;
        } else {
            create_twice(tools, state, name, options).await?;
        }
        let client = client::of(client::read(&state.kubeconfig(name))?, None).await?;
        tell("waiting for nodes, DNS and storage class");
        ready::ready(&client, options.config.nodes, limits.ready).await?;
        if old {
            reuse::clear(&client, &limits, tell).await?;
        }
        let nodes = create::nodes(tools, name, &limits).await?;
        for image in &options.images {
            tell(&format!("bringing {image} onto {} node(s)", nodes.len()));
            load::load(tools, state, name, &nodes, image, &limits, tell).await?;
        }
        Ok((client, nodes))
    }

    /// The cluster's name.
    pub fn name(&self) -> &str {
        &self.duty.name
    }

    /// A client for it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The commands that it was made with.
    pub(crate) fn tools(&self) -> &Tools {
        &self.duty.tools
    }

    /// Names of its nodes, which are those of their containers, too.
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// Its kubeconfig file.
    pub fn kubeconfig(&self) -> &std::path::Path {
        &self.kubeconfig
    }

    /// True if it stays after the run.
    pub fn stays(&self) -> bool {
        self.stays
    }

    /// Says whether it stays after the run.
    pub fn set_stays(&mut self, stays: bool) {
        self.stays = stays;
        self.duty.due = !stays;
    }

    /// Brings a local image onto all nodes.
    pub async fn load(&self, image: &str) -> Result<()> {
        let Duty { tools, state, name, limits, .. } = &self.duty;
        load::load(tools, state, name, &self.nodes, image, limits, &*self.tell).await
    }

    /// The nodes that do not have an image.
    pub async fn nodes_without(&self, image: &str) -> Vec<String> {
        load::missing(&self.duty.tools, &self.nodes, image, &self.duty.limits).await
    }

    /// Writes the logs of all nodes into `folder`.
    pub async fn export_logs(&self, folder: &std::path::Path) -> Option<PathBuf> {
        create::export_logs(&self.duty.tools, &self.duty.name, folder, &self.duty.limits).await
    }

    /// How to look at the cluster by hand.
    pub fn how_to_look(&self) -> String {
        format!(
            "the kind cluster {} stays: `kubectl --kubeconfig {} get pods -A`; `seatrial clean` removes it",
            self.duty.name,
            self.kubeconfig.display()
        )
    }

    /// Ends the use of the cluster: it is deleted, or stays and is told how to look at.
    pub async fn end(mut self) -> Result<Option<String>> {
        if self.stays {
            return Ok(Some(self.how_to_look()));
        }
        let Duty { tools, state, name, limits, .. } = &self.duty;
        let deleted = create::delete(tools, state, name, limits).await;
        // After an error nothing better would come of a second attempt right now.
        self.duty.due = false;
        deleted.map(|()| None)
    }
}

async fn create_twice(tools: &Tools, state: &State, name: &str, options: &KindOptions) -> Result<()> {
    let limits = &options.limits;
    let mut attempt = 1;
    loop {
        (options.tell)(&format!("creating the kind cluster {name} ({}, attempt {attempt})", options.config.name));
        let made = create::create(tools, state, name, &options.config, options.node_image.as_deref(), limits).await;
        let Err(error) = made else { return Ok(()) };
        let logs = match &options.logs {
            Some(folder) => {
                create::export_logs(tools, name, &folder.join(format!("kind-logs-{attempt}")), limits).await
            }
            None => None,
        };
        let error = error.with_logs(logs);
        if attempt == ATTEMPTS || !create::may_pass(&error) {
            return Err(error);
        }
        (options.tell)(&format!("{error}; trying once more"));
        create::delete(tools, state, name, limits).await?;
        state.write(&ClusterRecord {
            name: name.to_owned(),
            created: Timestamp::now(),
            owner: Owner::this(),
            kubeconfig: state.kubeconfig(name),
            node_image: options.node_image.clone(),
            keep: options.keep || options.reuse.is_some(),
        })?;
        attempt += 1;
    }
}
