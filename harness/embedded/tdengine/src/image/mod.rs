//! The image `tdengine/tdengine`: its entrypoint, its files, and the few programs that people run in it.

mod commands;
mod container;
mod entrypoint;
mod files;
mod network_tools;
mod planted;
mod process_tools;
mod script;
mod userland;

use std::{collections::BTreeMap, sync::Arc};

use container::{Server, TdImage};
use seatrial_sim::Image;

use crate::version::Version;

pub(crate) use entrypoint::Wait;

/// Versions that have a model, with the way their entrypoint waits for the first end point.
const KNOWN: [(&str, Wait); 2] = [("2.1.1.0", Wait::ShowMnodes), ("2.1.1.0-startup", Wait::Startup)];

/// All images that there are, by reference: `tdengine/tdengine:2.1.1.0` and so on.
pub fn images() -> BTreeMap<String, Arc<dyn Image>> {
    let all = KNOWN.iter().filter_map(|(version, _)| Some((format!("tdengine/tdengine:{version}"), image(version)?)));
    all.collect()
}

/// The image of one version, say `2.1.1.0`; `None` if there is no model of it.
pub fn image(version: &str) -> Option<Arc<dyn Image>> {
    let (_, wait) = KNOWN.iter().find(|(known, _)| *known == version)?;
    Some(Arc::new(TdImage { version: Version::parse(version)?, wait: *wait, server: Server::V2 }))
}
