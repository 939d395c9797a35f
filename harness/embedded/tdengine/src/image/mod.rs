//! The image `tdengine/tdengine`: its entrypoint, its files, and the few programs that people run in it.

mod adapter;
mod capture;
mod commands;
mod container;
mod disk_tools;
mod entrypoint;
mod entrypoint_v3;
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
pub(crate) use planted::{Planted, Through};

/// Versions that have a model, with the way their entrypoint waits for the first end point.
const KNOWN: [(&str, Server, Wait); 5] = [
    ("2.1.1.0", Server::V2, Wait::ShowMnodes),
    ("2.1.1.0-startup", Server::V2, Wait::Startup),
    ("3.0.5.0", Server::V3, Wait::Check),
    ("3.0.7.1", Server::V3, Wait::Check),
    ("3.3.0.1", Server::V3, Wait::Check),
];

/// All images that there are, by reference: `tdengine/tdengine:2.1.1.0` and so on.
pub fn images() -> BTreeMap<String, Arc<dyn Image>> {
    let all = KNOWN.iter().filter_map(|(version, ..)| Some((format!("tdengine/tdengine:{version}"), image(version)?)));
    all.collect()
}

/// The image of one version, say `2.1.1.0`; `None` if there is no model of it.
pub fn image(version: &str) -> Option<Arc<dyn Image>> {
    let (_, server, wait) = KNOWN.iter().find(|(known, ..)| *known == version)?;
    Some(Arc::new(TdImage { version: Version::parse(version)?, wait: *wait, server: *server }))
}
