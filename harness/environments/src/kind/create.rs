use std::path::{Path, PathBuf};

use super::{ClusterConfig, KindLimits};
use crate::{Cause, EnvironmentError, Result, State, Tools, docker};

/// Complaints of kind that a second try may cure: known flakes of kubeadm, etcd and the network on a busy machine.
const PASSING: &[&str] = &[
    "failed to init node with kubeadm",
    "failed to join node with kubeadm",
    "could not find a log line that matches",
    "timed out waiting for the condition",
    "context deadline exceeded",
    "connection reset by peer",
    "tls handshake timeout",
    "unexpected eof",
    "port is already allocated",
    "etcdserver: request timed out",
    "the connection to the server",
];

/// Complaints that say that the node image could not be had.
const NO_IMAGE: &[&str] = &[
    "failed to pull image",
    "unable to find image",
    "pull access denied",
    "manifest unknown",
    "no such image",
    "error response from daemon: get \"https://",
    "no basic auth credentials",
];

/// One attempt to make a cluster. It is kept as it is if it fails, so that its logs can be read.
pub(super) async fn create(
    tools: &Tools,
    state: &State,
    name: &str,
    config: &ClusterConfig,
    node_image: Option<&str>,
    limits: &KindLimits,
) -> Result<()> {
    let (file, kubeconfig) = (state.scratch(name, "kind.yaml"), state.kubeconfig(name));
    std::fs::write(&file, &config.text)
        .map_err(|error| EnvironmentError::state(format!("write {}", file.display()), error))?;
    let config = file;
    let (config, kubeconfig) = (config.to_string_lossy(), kubeconfig.to_string_lossy());
    let mut arguments =
        vec!["create", "cluster", "--name", name, "--config", &config, "--kubeconfig", &kubeconfig, "--retain"];
    if let Some(image) = node_image {
        arguments.extend(["--image", image]);
    }
    let tried = format!("create the kind cluster {name}");
    let output = tools.run("kind", &arguments, limits.create).await.map_err(|error| match error.cause {
        Cause::Tool => EnvironmentError::new(
            Cause::ClusterFailed,
            &tried,
            error.happened,
            "see `seatrial doctor`; pull the node image beforehand (`docker pull IMAGE`)",
        ),
        _ => error,
    })?;
    if output.ok() { Ok(()) } else { Err(failure(&tried, &output.all(), node_image)) }
}

/// What a failure of `kind create cluster` is, from all that it printed.
fn failure(tried: &str, printed: &str, node_image: Option<&str>) -> EnvironmentError {
    if let Some(error) = docker::refused(printed) {
        return error;
    }
    let lower = printed.to_ascii_lowercase();
    let happened = complaint(printed);
    if NO_IMAGE.iter().any(|text| lower.contains(text)) {
        let image = node_image.unwrap_or("kind's default node image");
        let advice = match node_image {
            Some(image) => format!("`docker pull {image}`, or name one that is there with `--node-image`"),
            None => {
                "name a node image that is there with `--node-image`, or let this machine reach the registry".to_owned()
            }
        };
        return EnvironmentError::new(Cause::NodeImageMissing, format!("get the node image {image}"), happened, advice);
    }
    let advice = if lower.contains("too many open files") || lower.contains("inotify") {
        "raise the inotify limits: `sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512`"
    } else if lower.contains("already exist for a cluster with the name") {
        "a cluster of this name is there: `seatrial clean`, or `--reuse` it"
    } else {
        "see the logs; `seatrial doctor` tells what is usually in the way"
    };
    EnvironmentError::new(Cause::ClusterFailed, tried, happened, advice)
}

/// The lines of kind's output that say what went wrong, without its progress marks and stack traces.
fn complaint(printed: &str) -> String {
    let useful: Vec<&str> = printed
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("ERROR") || line.contains("rror:") || line.contains("failed"))
        .collect();
    let lines = if useful.is_empty() { printed.lines().map(str::trim).collect() } else { useful };
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).take(6).collect();
    seatrial_record::bounded(&lines.join("\n"), 2000).0.to_owned()
}

/// True if a second try may go better.
pub(super) fn may_pass(error: &EnvironmentError) -> bool {
    let lower = error.happened.to_ascii_lowercase();
    error.cause == Cause::ClusterFailed && PASSING.iter().any(|text| lower.contains(text))
}

/// Writes the logs of all nodes into `folder`; `None` if that was not possible.
pub(super) async fn export_logs(tools: &Tools, name: &str, folder: &Path, limits: &KindLimits) -> Option<PathBuf> {
    std::fs::create_dir_all(folder).ok()?;
    let path = folder.to_string_lossy();
    let output = tools.run("kind", &["export", "logs", path.as_ref(), "--name", name], limits.logs).await;
    match output {
        // No news where no node was made, and a node image may lack what kind asks for.
        Ok(output) if !output.ok() => tracing::info!(complaint = output.complaint(3), "kind export logs"),
        Err(error) => tracing::info!(%error, "kind export logs"),
        Ok(_) => {}
    }
    let empty = std::fs::read_dir(folder).ok()?.next().is_none();
    if empty {
        let _ = std::fs::remove_dir(folder);
        // The folder of the evidence goes, too, if nothing else is in it.
        let _ = folder.parent().map(std::fs::remove_dir);
    }
    (!empty).then(|| folder.to_owned())
}

/// Names of all kind clusters.
pub(crate) async fn clusters(tools: &Tools, limits: &KindLimits) -> Result<Vec<String>> {
    let output = tools.run("kind", &["get", "clusters"], limits.ask).await?;
    if !output.ok() {
        let complaint = output.complaint(3);
        return Err(docker::refused(&complaint).unwrap_or_else(|| {
            EnvironmentError::new(Cause::Tool, "list the kind clusters", complaint, "see what `kind get clusters` says")
        }));
    }
    Ok(output.stdout.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// Names of the nodes of a cluster, which are also those of their containers.
pub(crate) async fn nodes(tools: &Tools, name: &str, limits: &KindLimits) -> Result<Vec<String>> {
    let advice = "see what `kind get nodes` says";
    let output = tools.need("kind", &["get", "nodes", "--name", name], limits.ask, Cause::Tool, advice).await?;
    let mut nodes: Vec<String> =
        output.stdout.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    nodes.sort();
    Ok(nodes)
}

/// Deletes a cluster and forgets it. One that is not there is no error. Without `kind`, and if kind fails, the
/// containers of its nodes are removed one by one.
pub(crate) async fn delete(tools: &Tools, state: &State, name: &str, limits: &KindLimits) -> Result<()> {
    let kubeconfig = state.kubeconfig(name);
    let path = kubeconfig.to_string_lossy();
    let arguments = ["delete", "cluster", "--name", name, "--kubeconfig", path.as_ref()];
    let by_kind = tools.run("kind", &arguments, limits.delete).await;
    let label = format!("io.x-k8s.kind.cluster={name}");
    if !by_kind.as_ref().is_ok_and(crate::Output::ok) {
        let left = docker::containers(tools, &label, "{{.ID}}").await?;
        docker::remove_containers(tools, &left).await?;
    }
    // kind has been seen to end with 0 while a node was still being removed.
    let left = docker::containers(tools, &label, "{{.Names}}").await?;
    if !left.is_empty() {
        let advice = format!("`docker rm --force --volumes {}`", left.join(" "));
        let happened = format!("its nodes are still there: {}", left.join(", "));
        return Err(EnvironmentError::new(
            Cause::Leftover,
            format!("delete the kind cluster {name}"),
            happened,
            advice,
        ));
    }
    state.forget(name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "ERROR: failed to create cluster: failed to init node with kubeadm: command \"docker exec\" failed",
        Cause::ClusterFailed,
        true
    )]
    #[case(
        "ERROR: failed to create cluster: failed to pull image \"kindest/node:v0\": exit status 1",
        Cause::NodeImageMissing,
        false
    )]
    #[case("ERROR: failed to create cluster: write /x: no space left on device", Cause::DiskFull, false)]
    #[case(
        "ERROR: failed to create cluster: node(s) already exist for a cluster with the name \"x\"",
        Cause::ClusterFailed,
        false
    )]
    #[case(
        "ERROR: docker: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
        Cause::DockerStopped,
        false
    )]
    fn a_failure_is_understood(#[case] printed: &str, #[case] cause: Cause, #[case] again: bool) {
        let error = failure("create", printed, Some("kindest/node:v0"));
        assert_eq!((error.cause, may_pass(&error)), (cause, again), "{error}");
        assert!(!error.advice.is_empty());
    }

    #[test]
    fn progress_marks_are_left_out() {
        let printed = "Creating cluster \"x\" ...\n \u{2717} Preparing nodes\nERROR: failed to create cluster: boom\n";
        assert_eq!(complaint(printed), "ERROR: failed to create cluster: boom");
    }
}
