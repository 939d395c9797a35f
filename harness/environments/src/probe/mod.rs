//! The TDengine image, started alone before anything else is: what it is, and whether it can work at all.

mod container;
mod inventory;
mod report;
mod talk;

use std::time::Duration;

use seatrial_taos::{Generation, Profile};
use tokio::time::{Instant, sleep};

pub use report::{Contract, Conventions, Edition, ImageReport, RestDialect, WaitsBy};

use self::{
    container::{Container, HOST, Start},
    inventory::Inventory,
};
use crate::{
    Cause, DockerImage, EnvironmentError, Result, Tools, docker,
    names::{RUN, fresh_id},
};

/// Bounds of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeLimits {
    /// Starting a container. 60 s; half a second usually.
    pub start: Duration,
    /// Looking into the image. 20 s.
    pub look: Duration,
    /// From the start until a dnode is ready. 60 s; two to ten seconds usually.
    pub ready: Duration,
    /// Until the REST service answers, where one is expected. 20 s.
    pub rest: Duration,
    /// Removing a container. 40 s: the server may need its time to end.
    pub end: Duration,
}

impl Default for ProbeLimits {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(60),
            look: Duration::from_secs(20),
            ready: Duration::from_secs(60),
            rest: Duration::from_secs(20),
            end: Duration::from_secs(40),
        }
    }
}

/// How deep a probe goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Until the server answers: what it is, and that it works. For before a run.
    #[default]
    Quick,
    /// Also a few statements over shell and REST, whose answers have to be readable.
    Contract,
}

const REST: u16 = 6041;

/// Starts a local image alone and finds out what it is. An image that cannot work is refused, and nothing is left.
pub async fn probe(tools: &Tools, image: &str, depth: Depth, limits: &ProbeLimits) -> Result<ImageReport> {
    let found = docker::need_image(tools, image, false).await?;
    let id = fresh_id();
    let result = examine(image, &found, &id, depth, limits).await;
    // Containers that were made and never started, and those that could not be removed.
    let left = docker::containers(tools, &format!("{RUN}={id}"), "{{.ID}}").await;
    if let Ok(left) = left {
        docker::remove_containers(tools, &left).await?;
    }
    result
}

async fn examine(
    image: &str,
    found: &DockerImage,
    id: &str,
    depth: Depth,
    limits: &ProbeLimits,
) -> Result<ImageReport> {
    let begun = Instant::now();
    let config = found.config.clone().unwrap_or_default();
    let inventory = look(image, id, &inventory::script(&config), limits).await?;
    let refused = |happened: &str| {
        let advice = "name an image with a TDengine server, say `--image tdengine/tdengine:3.3.0.1`";
        EnvironmentError::new(Cause::NotTdengine, format!("use the image {image}"), happened, advice)
    };
    if !inventory.has("taosd") {
        return Err(refused("there is no `taosd` in it: this is no TDengine server"));
    }
    if !inventory.has("taos") {
        return Err(refused("there is no shell `taos` in it, by which the documents work"));
    }
    let version = inventory.version().ok_or_else(|| {
        let said = inventory.server.lines().next().unwrap_or_default();
        refused(&format!("its server does not tell its version; it says `{said}`"))
    })?;
    let conventions = inventory.conventions(&config);
    let (profile, exact) = Profile::for_version(&version);
    let started = Instant::now();
    let variables = [("TAOS_FQDN", HOST), ("TAOS_FIRST_EP", "seatrial-probe:6030")];
    let start = Start { image, id, variables: &variables, port: Some(REST), ..Start::default() };
    let container = Container::start(&start, limits.start).await?;
    let wait = wait(&container, image, started, limits).await;
    let ready_after = started.elapsed();
    let talked = match wait {
        Ok(()) => Ok(talk(&container, profile, &conventions, depth, limits).await),
        Err(error) => Err(error),
    };
    container.end(limits.end).await;
    let Talked { rest, contract } = talked?;
    Ok(ImageReport {
        image: image.to_owned(),
        id: found.identity(),
        version,
        edition: inventory.edition(),
        conventions,
        rest,
        profile,
        exact,
        ready_after,
        took: begun.elapsed(),
        contract,
    })
}

/// Looks into the image without starting its server.
async fn look(image: &str, id: &str, script: &str, limits: &ProbeLimits) -> Result<Inventory> {
    let start = Start { image, id, entrypoint: Some("sh"), command: &["-c", "sleep 120"], ..Start::default() };
    let container = Container::start(&start, limits.start).await.map_err(|error| {
        // Images of a single program have no shell; TDengine's have one, since their entrypoint is a script.
        let no_shell = error.cause == Cause::ImageBroken && error.happened.contains("executable file not found");
        if no_shell {
            let advice = "name an image with a TDengine server, say `--image tdengine/tdengine:3.3.0.1`";
            EnvironmentError::new(
                Cause::NotTdengine,
                format!("look into the image {image}"),
                "there is no `sh` in it: this is no TDengine server",
                advice,
            )
        } else {
            error
        }
    })?;
    let ran = container.run(&["sh", "-c", script], limits.look).await;
    container.end(limits.end).await;
    let ran = ran?;
    Ok(Inventory::parse(&seatrial_record::clean(&ran.stdout)))
}

struct Talked {
    rest: Option<RestDialect>,
    contract: Vec<Contract>,
}

async fn talk(
    container: &Container,
    profile: &Profile,
    conventions: &Conventions,
    depth: Depth,
    limits: &ProbeLimits,
) -> Talked {
    let expected = match profile.generation {
        Generation::V2 => true,
        Generation::V3 => conventions.adapter && !conventions.adapter_disabled,
    };
    let patience = if expected { limits.rest } else { Duration::ZERO };
    let address = container.address(REST, limits.look).await;
    let rest = match &address {
        Some((host, port)) => talk::dialect(host, *port, patience).await,
        None => None,
    };
    let mut contract = Vec::new();
    if depth == Depth::Contract {
        contract.extend(talk::through_shell(container).await);
        if let (Some(_), Some((host, port))) = (rest, &address) {
            contract.extend(talk::through_rest(host, *port).await);
        }
    }
    Talked { rest, contract }
}

/// Waits until the server has a dnode that is ready.
async fn wait(container: &Container, image: &str, started: Instant, limits: &ProbeLimits) -> Result<()> {
    let mut pause = Duration::from_millis(100);
    let broken = |happened: String| {
        let advice = format!("try it by hand: `docker run --rm -e TAOS_FQDN=localhost {image}`");
        EnvironmentError::new(Cause::ImageBroken, format!("start the server of the image {image}"), happened, advice)
    };
    loop {
        let seen = talk::shell(container, "show dnodes").await;
        let Err(last) = seen.and_then(|outcome| talk::ready_dnode(&outcome)) else { return Ok(()) };
        if !container.is_running(limits.look).await {
            let lines = container.last_lines(8, limits.look).await;
            return Err(broken(format!("it ended by itself; its last words:\n{lines}")));
        }
        if started.elapsed() > limits.ready {
            let lines = container.last_lines(8, limits.look).await;
            let limit = limits.ready;
            return Err(broken(format!(
                "no dnode was ready within {limit:?}: {last}; the server's last words:\n{lines}"
            )));
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}
