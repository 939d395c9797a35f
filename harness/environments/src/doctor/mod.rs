//! What has to be there before a run: looked at in seconds, so that it is not found out after minutes.

mod finding;
mod machine;

use std::{path::PathBuf, time::Duration};

pub use finding::{Diagnosis, Finding, Level};
pub(crate) use machine::available;

use crate::{Cause, EnvironmentError, Tools, docker};

/// One question to a command. 20 s.
const ASK: Duration = Duration::from_secs(20);

/// What a run will need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    /// How many nodes.
    pub nodes: u32,
    /// How many pods of TDengine at once.
    pub pods: u32,
    /// The node image; kind's own if not given.
    pub node_image: Option<String>,
    /// The TDengine image.
    pub image: Option<String>,
    /// Images that are missing will be pulled.
    pub pull: bool,
    /// Bytes of free space without which nothing is tried.
    pub least_disk: u64,
    /// Where the kernel tells its limits.
    pub proc: PathBuf,
}

impl Default for Needs {
    fn default() -> Self {
        Self {
            nodes: 1,
            pods: 3,
            node_image: None,
            image: None,
            pull: false,
            least_disk: 3 * 1024 * 1024 * 1024,
            proc: PathBuf::from("/proc"),
        }
    }
}

/// Looks at everything that `--env kind` needs. Never fails: what cannot be looked at is a finding.
pub async fn doctor(tools: &Tools, needs: &Needs) -> Diagnosis {
    let mut findings = Vec::new();
    let finding = Finding::new("docker", Cause::DockerStopped, "kind runs its nodes as containers of Docker");
    match docker::info(tools).await {
        Ok(info) => {
            findings.push(finding.ok(format!("version {}, storage driver {}", info.server_version, info.driver)));
            findings.push(machine::cgroup(&info));
            findings.push(machine::inotify(needs));
            findings.push(machine::disk(&info, needs));
            findings.push(machine::memory(&info, needs));
            findings.push(kind(tools).await);
            findings.push(kubectl(tools).await);
            findings.push(node_image(tools, needs).await);
            findings.extend(image(tools, needs).await);
        }
        Err(error) => {
            findings.push(finding.of(&error));
            findings.push(machine::inotify(needs));
            findings.push(kind(tools).await);
            findings.push(kubectl(tools).await);
        }
    }
    Diagnosis { findings }
}

async fn kind(tools: &Tools) -> Finding {
    let finding = Finding::new("kind", Cause::KindMissing, "it makes the cluster");
    match tools.run("kind", &["version"], ASK).await {
        Ok(output) if output.ok() => match version(&output.stdout) {
            // `--retain`, `load image-archive` on all nodes and v1alpha4 are in all of these.
            Some((0, minor)) if minor < 14 => finding.warn(
                format!("{} is older than v0.14", output.stdout.trim()),
                "install a newer one (https://kind.sigs.k8s.io)",
            ),
            _ => finding.ok(output.stdout.trim()),
        },
        Ok(output) => finding.fail(output.complaint(2), "install it anew (https://kind.sigs.k8s.io)"),
        Err(error) => finding.of(&error),
    }
}

/// Major and minor number of `kind v0.27.0 go1.24.4 linux/amd64`.
fn version(text: &str) -> Option<(u32, u32)> {
    let word = text.split_whitespace().find_map(|word| word.strip_prefix('v'))?;
    let mut numbers = word.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

async fn kubectl(tools: &Tools) -> Finding {
    let finding =
        Finding::new("kubectl", Cause::Tool, "not needed by a run; by hand, a kept cluster is looked at with it");
    if tools.find("kubectl").is_none() {
        return finding.warn("no command `kubectl` in PATH", "install it (https://kubernetes.io/docs/tasks/tools)");
    }
    match tools.run("kubectl", &["version", "--client", "--output=json"], ASK).await {
        Ok(output) if output.ok() => {
            let value: Option<serde_json::Value> = serde_json::from_str(&output.stdout).ok();
            let version = value.as_ref().and_then(|value| value.pointer("/clientVersion/gitVersion")?.as_str());
            finding.ok(version.unwrap_or("version unknown"))
        }
        Ok(output) => finding.warn(output.complaint(2), "install it anew"),
        Err(error) => finding.warn(error.happened, error.advice),
    }
}

async fn node_image(tools: &Tools, needs: &Needs) -> Finding {
    let finding = Finding::new("node image", Cause::NodeImageMissing, "the nodes of the cluster are made of it");
    let Some(image) = &needs.node_image else {
        return finding.ok("kind's own; it is pulled if it is not there");
    };
    match docker::image(tools, image).await {
        Ok(Some(_)) => finding.ok(image),
        Ok(None) if needs.pull => finding.warn(format!("{image} is not there"), "nothing: it will be pulled"),
        Ok(None) => {
            let cure = format!("`docker pull {image}`, or another one with `--node-image`");
            finding.fail(format!("{image} is not there"), cure)
        }
        Err(error) => finding.of(&error),
    }
}

async fn image(tools: &Tools, needs: &Needs) -> Option<Finding> {
    let image = needs.image.as_ref()?;
    let finding =
        Finding::new("image", Cause::ImageMissing, "it is brought onto the nodes, which cannot pull a local image");
    Some(match docker::image(tools, image).await {
        Ok(Some(found)) => finding.ok(format!("{image} ({} MB)", found.size / 1_000_000)),
        Ok(None) if needs.pull => finding.warn(format!("{image} is not there"), "nothing: it will be pulled"),
        Ok(None) => finding.fail(
            format!("{image} is not there"),
            format!("`docker pull {image}`, run with `--pull`, or load an archive with `--image-archive FILE`"),
        ),
        Err(error) => finding.of(&error),
    })
}

/// Looks at everything, and refuses to go on if something will fail.
pub async fn preflight(tools: &Tools, needs: &Needs) -> Result<Diagnosis, EnvironmentError> {
    let diagnosis = doctor(tools, needs).await;
    match diagnosis.error() {
        Some(error) => Err(error),
        None => Ok(diagnosis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_tells_its_version() {
        assert_eq!(version("kind v0.27.0 go1.24.4 linux/amd64"), Some((0, 27)));
        assert_eq!(version("kind version 0.x"), None);
    }
}
