//! What is asked of Docker by its command: kind needs the command in any case, so there is one way to Docker, not two.

use std::{path::Path, time::Duration};

use serde::Deserialize;

use crate::{Cause, EnvironmentError, Result, Tools};

/// A question to the daemon. 20 s: it answers within one, but not on a machine that swaps.
const ASK: Duration = Duration::from_secs(20);
/// Reading or writing an image archive. 10 min: a node image has 1 GB.
const ARCHIVE: Duration = Duration::from_secs(600);
/// Pulling an image. 20 min.
const PULL: Duration = Duration::from_secs(1200);

/// An image in Docker's store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DockerImage {
    /// Its id, `sha256:...`.
    pub id: String,
    /// Names that it has.
    #[serde(default)]
    pub repo_tags: Option<Vec<String>>,
    /// `NAME@sha256:...` of each registry that it came from or went to.
    #[serde(default)]
    pub repo_digests: Option<Vec<String>>,
    /// Its size in bytes.
    #[serde(default)]
    pub size: u64,
    /// How it is started.
    #[serde(default)]
    pub config: Option<ImageConfig>,
}

impl DockerImage {
    /// What tells it from others: its digest in a registry, by which anybody gets the same; or else its local id.
    pub fn identity(&self) -> String {
        let digest = self.repo_digests.iter().flatten().next().cloned();
        digest.unwrap_or_else(|| format!("{} (local id: no registry has it)", self.id))
    }
}

/// How an image is started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageConfig {
    /// Its entrypoint.
    pub entrypoint: Option<Vec<String>>,
    /// Its command.
    pub cmd: Option<Vec<String>>,
    /// Its environment, `NAME=VALUE`.
    pub env: Option<Vec<String>>,
}

/// What the daemon says of itself and its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DockerInfo {
    /// Version of the daemon.
    pub server_version: String,
    /// `1` or `2`.
    pub cgroup_version: String,
    /// Bytes of memory.
    pub mem_total: u64,
    /// Where images and volumes are.
    pub docker_root_dir: String,
    /// Storage driver.
    pub driver: String,
    /// Why there is no answer; the command then still ends with 0 in some versions.
    pub server_errors: Option<Vec<String>>,
}

/// Asks the daemon about itself; an error says whether it is missing, stopped or forbidden.
pub async fn info(tools: &Tools) -> Result<DockerInfo> {
    let arguments = ["info", "--format", "{{json .}}"];
    let output = tools.run("docker", &arguments, ASK).await.map_err(|error| match error.cause {
        Cause::Tool => stopped(&error.happened),
        _ => error,
    })?;
    let info: Option<DockerInfo> = serde_json::from_str(output.stdout.trim()).ok();
    let complaint = match &info {
        Some(DockerInfo { server_errors: Some(errors), .. }) if !errors.is_empty() => errors.join("\n"),
        Some(info) if output.ok() && !info.server_version.is_empty() => return Ok(info.clone()),
        _ => output.complaint(4),
    };
    Err(refused(&complaint).unwrap_or_else(|| stopped(&complaint)))
}

fn stopped(complaint: &str) -> EnvironmentError {
    let advice = "start it (`sudo systemctl start docker`, or open Docker Desktop), or run with `--env embedded`";
    EnvironmentError::new(Cause::DockerStopped, "ask the Docker daemon", complaint, advice)
}

/// The error that a complaint of the `docker` command is, if it is about the daemon itself.
pub(crate) fn refused(complaint: &str) -> Option<EnvironmentError> {
    let lower = complaint.to_ascii_lowercase();
    if lower.contains("permission denied")
        && ["daemon", "docker api", "docker.sock"].iter().any(|text| lower.contains(text))
    {
        let advice =
            "let this user talk to Docker: `sudo usermod -aG docker $USER`, then log in again (or `newgrp docker`)";
        return Some(EnvironmentError::new(Cause::DockerForbidden, "ask the Docker daemon", complaint, advice));
    }
    let away =
        ["cannot connect to the docker daemon", "is the docker daemon running", "failed to connect to the docker api"];
    if away.iter().any(|text| lower.contains(text)) {
        return Some(stopped(complaint));
    }
    if lower.contains("no space left on device") {
        let advice = "free space: `docker system df` tells what takes it, `docker system prune` removes what is unused";
        return Some(EnvironmentError::new(Cause::DiskFull, "write to Docker's disk", complaint, advice));
    }
    None
}

/// The image of that name; `None` if Docker does not have it.
pub async fn image(tools: &Tools, reference: &str) -> Result<Option<DockerImage>> {
    let output = tools.run("docker", &["image", "inspect", "--", reference], ASK).await?;
    let tried = || format!("look for the image {reference}");
    if !output.ok() {
        let complaint = output.complaint(3);
        let lower = complaint.to_ascii_lowercase();
        if lower.contains("no such image") || lower.contains("not found") {
            return Ok(None);
        }
        return Err(refused(&complaint).unwrap_or_else(|| {
            EnvironmentError::new(Cause::ImageMissing, tried(), complaint, "correct the reference: `NAME:TAG`")
        }));
    }
    let images: Vec<DockerImage> = serde_json::from_str(&output.stdout).map_err(|error| {
        EnvironmentError::new(
            Cause::Tool,
            tried(),
            format!("no JSON: {error}"),
            "see what `docker image inspect` prints",
        )
    })?;
    Ok(images.into_iter().next())
}

/// The image of that name, pulled first if `pull`.
pub async fn need_image(tools: &Tools, reference: &str, pull: bool) -> Result<DockerImage> {
    if pull {
        let advice = format!(
            "see whether the name is right and the registry can be reached; without `--pull` a local image is used \
             (`docker pull {reference}` to try by hand)"
        );
        let output = tools.run("docker", &["pull", "--quiet", "--", reference], PULL).await?;
        if !output.ok() {
            let complaint = output.complaint(5);
            return Err(refused(&complaint).unwrap_or_else(|| {
                EnvironmentError::new(Cause::ImageMissing, format!("pull the image {reference}"), complaint, advice)
            }));
        }
    }
    image(tools, reference).await?.ok_or_else(|| missing_image(reference))
}

fn missing_image(reference: &str) -> EnvironmentError {
    EnvironmentError::new(
        Cause::ImageMissing,
        format!("look for the image {reference}"),
        "Docker does not have it",
        format!("`docker pull {reference}`, or run with `--pull`, or load an archive with `--image-archive FILE`"),
    )
}

/// Reads an image archive into Docker and gives the names in it.
pub async fn load_archive(tools: &Tools, file: &Path) -> Result<Vec<String>> {
    let tried = format!("read the image archive {}", file.display());
    if !file.is_file() {
        let advice = "write one with `docker save -o FILE IMAGE`";
        return Err(EnvironmentError::new(Cause::ImageMissing, tried, "there is no such file", advice));
    }
    let path = file.to_string_lossy();
    let output = tools.run("docker", &["load", "--input", &path], ARCHIVE).await?;
    let complaint = output.complaint(5);
    if !output.ok() {
        let advice = "write it again with `docker save -o FILE IMAGE`";
        return Err(
            refused(&complaint).unwrap_or_else(|| EnvironmentError::new(Cause::ImageMissing, tried, complaint, advice))
        );
    }
    let names: Vec<String> =
        output.stdout.lines().filter_map(|line| Some(line.strip_prefix("Loaded image: ")?.trim().to_owned())).collect();
    if names.is_empty() {
        let advice = "save it by its name, not by its id: `docker save -o FILE NAME:TAG`";
        return Err(EnvironmentError::new(Cause::ImageMissing, tried, "no image in it has a name", advice));
    }
    Ok(names)
}

/// Writes an image into an archive file.
pub(crate) async fn save(tools: &Tools, reference: &str, file: &Path) -> Result<()> {
    let path = file.to_string_lossy();
    let arguments = ["save", "--output", path.as_ref(), "--", reference];
    let advice = "see whether the disk is full (`docker system df`)";
    tools.need("docker", &arguments, ARCHIVE, Cause::LoadFailed, advice).await?;
    Ok(())
}

/// Names of all containers with a label, running or not.
pub(crate) async fn containers(tools: &Tools, label: &str, format: &str) -> Result<Vec<String>> {
    let filter = format!("label={label}");
    let arguments = ["ps", "--all", "--no-trunc", "--filter", &filter, "--format", format];
    let output = tools.run("docker", &arguments, ASK).await?;
    if !output.ok() {
        let complaint = output.complaint(3);
        return Err(refused(&complaint).unwrap_or_else(|| stopped(&complaint)));
    }
    Ok(output.stdout.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// Removes containers with their anonymous volumes. One that is gone already is no error.
pub(crate) async fn remove_containers(tools: &Tools, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut arguments = vec!["rm", "--force", "--volumes", "--"];
    arguments.extend(ids.iter().map(String::as_str));
    let output = tools.run("docker", &arguments, Duration::from_secs(120)).await?;
    let complaint = output.complaint(5);
    if output.ok() || complaint.lines().all(|line| line.contains("No such container")) {
        return Ok(());
    }
    let advice = format!("`docker rm --force --volumes {}`", ids.join(" "));
    Err(refused(&complaint)
        .unwrap_or_else(|| EnvironmentError::new(Cause::Leftover, "remove containers", complaint, advice)))
}

/// The name of an image as containerd has it: `tdengine/tdengine:2.1.1.0` is `docker.io/tdengine/tdengine:2.1.1.0`.
pub(crate) fn full_name(reference: &str) -> String {
    let (first, rest) = reference.split_once('/').unwrap_or(("", reference));
    let registry = first.contains(['.', ':']) || first == "localhost";
    let name = match (registry, first) {
        (true, _) => reference.to_owned(),
        (false, "") => format!("docker.io/library/{rest}"),
        (false, _) => format!("docker.io/{reference}"),
    };
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.contains(':') || last.contains('@') { name } else { format!("{name}:latest") }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("tdengine/tdengine:2.1.1.0", "docker.io/tdengine/tdengine:2.1.1.0")]
    #[case("busybox", "docker.io/library/busybox:latest")]
    #[case("localhost/x:1", "localhost/x:1")]
    #[case("localhost:5000/x", "localhost:5000/x:latest")]
    #[case("ghcr.io/a/b@sha256:00", "ghcr.io/a/b@sha256:00")]
    fn an_image_has_a_full_name(#[case] reference: &str, #[case] full: &str) {
        assert_eq!(full_name(reference), full);
    }

    #[rstest]
    #[case(r#"{ "Id": "sha256:1", "RepoDigests": ["x@sha256:2"] }"#, "x@sha256:2")]
    #[case(r#"{ "Id": "sha256:1", "RepoDigests": [] }"#, "sha256:1 (local id: no registry has it)")]
    #[case(r#"{ "Id": "sha256:1" }"#, "sha256:1 (local id: no registry has it)")]
    fn a_digest_tells_more_than_an_id(#[case] inspected: &str, #[case] identity: &str) {
        assert_eq!(serde_json::from_str::<DockerImage>(inspected).unwrap().identity(), identity);
    }

    #[rstest]
    #[case(
        "Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
        Some(Cause::DockerForbidden)
    )]
    #[case(
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        Some(Cause::DockerStopped)
    )]
    #[case("write /var/lib/docker/tmp: no space left on device", Some(Cause::DiskFull))]
    #[case(
        "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock",
        Some(Cause::DockerForbidden)
    )]
    #[case("Error: No such image: x", None)]
    fn a_complaint_is_understood(#[case] complaint: &str, #[case] cause: Option<Cause>) {
        assert_eq!(refused(complaint).map(|error| error.cause), cause);
    }
}
