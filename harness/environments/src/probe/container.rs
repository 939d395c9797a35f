use std::time::Duration;

use testcontainers::{
    ContainerAsync, GenericImage, ImageExt,
    core::{CmdWaitFor, ExecCommand, IntoContainerPort, client::ClientError},
    runners::AsyncRunner,
};
use tokio::time::timeout;

use crate::{
    Cause, EnvironmentError, Owner, Result,
    error::chain,
    names::{MANAGED_BY, OWNER, RUN},
};

/// The host name of a probed server, and its end point's.
pub(super) const HOST: &str = "seatrial-probe";

/// How a container is started.
#[derive(Clone, Debug, Default)]
pub(super) struct Start<'a> {
    /// The image.
    pub image: &'a str,
    /// Id of the probe, for its label and name.
    pub id: &'a str,
    /// Another entrypoint than the image's.
    pub entrypoint: Option<&'a str>,
    /// Another command than the image's.
    pub command: &'a [&'a str],
    /// Environment variables.
    pub variables: &'a [(&'a str, &'a str)],
    /// A port to publish on this machine.
    pub port: Option<u16>,
}

/// A container of a probe.
pub(super) struct Container {
    inner: ContainerAsync<GenericImage>,
    image: String,
}

/// What a command in the container printed.
#[derive(Debug)]
pub(super) struct Ran {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub exit: i32,
}

impl Container {
    /// Starts one, within `limit`.
    pub async fn start(start: &Start<'_>, limit: Duration) -> Result<Self> {
        let (name, tag) = split(start.image);
        let mut image = GenericImage::new(name, tag);
        if let Some(entrypoint) = start.entrypoint {
            image = image.with_entrypoint(entrypoint);
        }
        if let Some(port) = start.port {
            image = image.with_exposed_port(port.tcp());
        }
        let mut request = image
            .with_label(MANAGED_BY.0, MANAGED_BY.1)
            .with_label(RUN, start.id)
            .with_label(OWNER, Owner::this().to_string())
            .with_hostname(HOST)
            .with_startup_timeout(limit);
        if !start.command.is_empty() {
            request = request.with_cmd(start.command.iter().copied());
        }
        for (name, value) in start.variables {
            request = request.with_env_var(*name, *value);
        }
        let tried = format!("start the image {}", start.image);
        match timeout(limit, request.start()).await {
            Ok(Ok(inner)) => Ok(Self { inner, image: start.image.to_owned() }),
            Ok(Err(error)) => Err(not_started(&tried, &error)),
            Err(_) => Err(broken(&tried, format!("no answer within {limit:?}"))),
        }
    }

    /// Runs a command in it, which has to end within `limit`.
    pub async fn run(&self, argv: &[&str], limit: Duration) -> Result<Ran> {
        let tried = format!("run `{}` in the image {}", argv.join(" "), self.image);
        let work = async {
            let command = ExecCommand::new(argv.iter().copied()).with_cmd_ready_condition(CmdWaitFor::Nothing);
            let mut running = self.inner.exec(command).await?;
            // Read to the end first: the exit code is there only then.
            let stdout = running.stdout_to_vec().await?;
            let stderr = running.stderr_to_vec().await?;
            let exit = running.exit_code().await?;
            Ok::<_, testcontainers::TestcontainersError>(Ran {
                stdout,
                stderr,
                exit: exit.and_then(|exit| i32::try_from(exit).ok()).unwrap_or(-1),
            })
        };
        match timeout(limit, work).await {
            Ok(Ok(ran)) => Ok(ran),
            Ok(Err(error)) => Err(not_started(&tried, &error)),
            Err(_) => Err(broken(&tried, format!("it did not end within {limit:?}"))),
        }
    }

    /// True as long as its main process runs.
    pub async fn is_running(&self, limit: Duration) -> bool {
        matches!(timeout(limit, self.inner.is_running()).await, Ok(Ok(true)))
    }

    /// Host and port where a published port is reached.
    pub async fn address(&self, port: u16, limit: Duration) -> Option<(String, u16)> {
        let work = async { Some((self.inner.get_host().await.ok()?, self.inner.get_host_port_ipv4(port).await.ok()?)) };
        let (host, port) = timeout(limit, work).await.ok().flatten()?;
        Some((host.to_string(), port))
    }

    /// The last lines that its main process printed.
    pub async fn last_lines(&self, lines: usize, limit: Duration) -> String {
        let work = async {
            let stdout = self.inner.stdout_to_vec().await.unwrap_or_default();
            let stderr = self.inner.stderr_to_vec().await.unwrap_or_default();
            seatrial_record::clean(&[stdout, stderr].concat())
        };
        let text = timeout(limit, work).await.unwrap_or_default();
        let all: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let last = all[all.len().saturating_sub(lines)..].join("\n");
        if last.is_empty() {
            "it printed nothing".to_owned()
        } else {
            seatrial_record::bounded(&last, 2000).0.to_owned()
        }
    }

    /// Removes it with its volumes.
    pub async fn end(self, limit: Duration) {
        // What cannot be removed this way is found by its label.
        let _ = timeout(limit, self.inner.rm()).await;
    }
}

fn broken(tried: &str, happened: String) -> EnvironmentError {
    EnvironmentError::new(Cause::ImageBroken, tried, happened, "try the image by hand: `docker run --rm -it IMAGE`")
}

fn not_started(tried: &str, error: &testcontainers::TestcontainersError) -> EnvironmentError {
    use testcontainers::TestcontainersError as Failure;
    let happened = chain(error);
    if let Some(refused) = crate::docker::refused(&happened) {
        return refused;
    }
    match error {
        Failure::Client(ClientError::Init(_)) => EnvironmentError::new(
            Cause::DockerStopped,
            "reach the Docker daemon's socket",
            happened,
            "start Docker; if it listens elsewhere, set `DOCKER_HOST`",
        ),
        _ => broken(tried, happened),
    }
}

/// Name and tag, which are put together again with a colon: that of a digest is part of it.
fn split(image: &str) -> (String, String) {
    let after = image.rfind('/').map_or(0, |slash| slash + 1);
    match image[after..].rfind(':') {
        Some(colon) => (image[..after + colon].to_owned(), image[after + colon + 1..].to_owned()),
        None => (image.to_owned(), "latest".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("tdengine/tdengine:2.1.1.0", "tdengine/tdengine", "2.1.1.0")]
    #[case("localhost:5000/td", "localhost:5000/td", "latest")]
    #[case("a/b@sha256:00ff", "a/b@sha256", "00ff")]
    fn a_reference_is_taken_apart(#[case] image: &str, #[case] name: &str, #[case] tag: &str) {
        assert_eq!(split(image), (name.to_owned(), tag.to_owned()));
    }
}
