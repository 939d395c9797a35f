use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use kube::Client;
use seatrial_apiserver::{ApiError, ApiOptions, ApiServer, ClientService, Store};
use seatrial_controllers::{Kubelet, Options as NodeOptions};
use seatrial_sim::{Clock, Defects, Image, World};
use thiserror::Error;

/// The image that the 2.x document's manifest names. Whoever applies that manifest as printed gets the model too.
const DOCUMENT_IMAGE: &str = "zitsen/taosd:develop";

/// What an embedded cluster is like.
#[derive(Clone, Debug)]
pub struct Options {
    /// Seed of everything that is left to chance.
    pub seed: u64,
    /// Version of TDengine that the images run, say `2.1.1.0`.
    pub tdengine: String,
    /// Workers beside the control plane; with none, the control plane runs all pods.
    pub workers: u32,
    /// Defects planted on purpose.
    pub defects: Defects,
    /// The cluster's wall clock.
    pub clock: Clock,
}

impl Options {
    /// A cluster without workers or defects, whose clock starts at [`EmbeddedCluster::start`]. Must be called inside a tokio
    /// runtime.
    pub fn new(seed: u64, tdengine: &str) -> Self {
        Self {
            seed,
            tdengine: tdengine.to_owned(),
            workers: 0,
            defects: Defects::default(),
            clock: Clock::starting_at(EmbeddedCluster::start()),
        }
    }
}

/// Why an embedded cluster cannot be booted.
#[derive(Debug, Error)]
pub enum BootError {
    /// There is no model of that version of TDengine.
    #[error("the embedded cluster has no model of TDengine {version}; it has {known}")]
    UnknownVersion {
        /// What was asked for.
        version: String,
        /// What there is.
        known: String,
    },
    /// The first objects could not be made.
    #[error("the embedded cluster does not boot: {0}")]
    Objects(ApiError),
}

/// A running embedded cluster. Its tasks live on the runtime that it was booted on.
#[derive(Clone)]
pub struct EmbeddedCluster {
    server: ApiServer,
    world: World,
    kubelet: Kubelet,
}

impl EmbeddedCluster {
    /// The version of Kubernetes that embedded clusters speak.
    pub const KUBERNETES: &'static str = "v1.36.2";

    /// What the clock of an embedded cluster shows at first, unless somebody else sets it: 2026-01-01T00:00:00Z.
    pub fn start() -> Timestamp {
        Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The reference of the image that runs version `tdengine`.
    pub fn image_reference(tdengine: &str) -> String {
        format!("tdengine/tdengine:{tdengine}")
    }

    /// Whether there is a model of version `tdengine`.
    pub fn knows(tdengine: &str) -> Result<(), BootError> {
        images(tdengine).map(drop)
    }

    /// Boots a cluster on the current runtime.
    pub fn boot(options: &Options) -> Result<Self, BootError> {
        let world = World::new(options.clock, options.seed).with_defects(options.defects.clone());
        let images = images(&options.tdengine)?;
        let store = Store::new(world.clone());
        let version = Self::KUBERNETES.to_owned();
        let nodes = NodeOptions { nodes: options.workers, images, version: version.clone(), ..NodeOptions::default() };
        let kubelet = seatrial_controllers::start(&store, nodes).map_err(BootError::Objects)?;
        let server = ApiServer::new(store, Arc::new(kubelet.clone()), ApiOptions { version });
        Ok(Self { server, world, kubelet })
    }

    /// A client that reaches the cluster in-process.
    pub fn client(&self) -> Client {
        Client::new(ClientService::new(self.server.clone()), "default")
    }

    /// The API server.
    pub fn server(&self) -> &ApiServer {
        &self.server
    }

    /// The nodes: their power can be taken and given back.
    pub fn nodes(&self) -> &Kubelet {
        &self.kubelet
    }

    /// What somebody has broken of the network, the clocks, the disks and the nodes and not mended again, in words.
    pub fn disturbances(&self) -> Vec<String> {
        let World { network, clocks, throttles, .. } = &self.world;
        let world = [network.disturbances(), clocks.disturbances(), throttles.disturbances()];
        [world.concat(), self.kubelet.disturbances()].concat()
    }

    /// The world that the cluster lives in.
    pub fn world(&self) -> &World {
        &self.world
    }
}

fn images(version: &str) -> Result<BTreeMap<String, Arc<dyn Image>>, BootError> {
    let mut images = seatrial_tdengine::images();
    let Some(asked) = seatrial_tdengine::image(version) else {
        let known = images.keys().filter_map(|image| image.rsplit(':').next()).collect::<Vec<_>>().join(", ");
        return Err(BootError::UnknownVersion { version: version.to_owned(), known });
    };
    images.insert(EmbeddedCluster::image_reference(version), Arc::clone(&asked));
    images.insert(DOCUMENT_IMAGE.to_owned(), asked);
    Ok(images)
}
