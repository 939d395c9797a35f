use kube::Client;

use super::{KindLimits, create};
use crate::{Cause, EnvironmentError, Owner, Result, State, Tools, docker, leftovers};

/// What a cluster that is there must be like to be used again.
pub(super) struct Wanted<'a> {
    pub name: &'a str,
    pub nodes: usize,
    pub node_image: Option<&'a str>,
}

/// True if the cluster is there and nobody uses it. An error if it is in use, or is not what is asked for.
pub(super) async fn is_there(tools: &Tools, state: &State, wanted: &Wanted<'_>, limits: &KindLimits) -> Result<bool> {
    let name = wanted.name;
    if let Some(record) = state.find(name)?
        && record.owner != Owner::this()
        && record.owner.is_alive()
    {
        return Err(EnvironmentError::new(
            Cause::Drifted,
            format!("use the kind cluster {name}"),
            format!("process {} is using it", record.owner.pid),
            "wait until that run has ended, or choose another name",
        ));
    }
    if !create::clusters(tools, limits).await?.iter().any(|cluster| cluster == name) {
        return Ok(false);
    }
    let nodes = create::nodes(tools, name, limits).await?;
    let drifted = |happened: String| {
        let advice = format!("`kind delete cluster --name {name}`, or choose another name: it is made anew then");
        EnvironmentError::new(Cause::Drifted, format!("use the kind cluster {name} again"), happened, advice)
    };
    if nodes.len() != wanted.nodes {
        return Err(drifted(format!("it has {} node(s), {} are asked for", nodes.len(), wanted.nodes)));
    }
    if let (Some(node), Some(image)) = (nodes.first(), wanted.node_image) {
        let arguments = ["inspect", "--format", "{{.Config.Image}}", node.as_str()];
        let advice = "see what `docker inspect` says of the node";
        let output = tools.need("docker", &arguments, limits.ask, Cause::Tool, advice).await?;
        let is = output.stdout.trim();
        if docker::full_name(is) != docker::full_name(image) {
            return Err(drifted(format!("its nodes run {is}, not {image}")));
        }
    }
    Ok(true)
}

/// Names and removes what earlier runs left in the cluster.
pub(super) async fn clear(client: &Client, limits: &KindLimits, tell: &(dyn Fn(&str) + Send + Sync)) -> Result<()> {
    let found = leftovers::find(client).await?;
    if found.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = found.iter().map(ToString::to_string).collect();
    tell(&format!("removing what an earlier run left in the cluster: {}", names.join(", ")));
    leftovers::remove(client, &found, limits.drift).await
}
