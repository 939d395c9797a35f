//! Waiting for a state of objects by watching them, within a bound.

use std::{collections::BTreeMap, fmt::Debug, pin::pin, time::Duration};

use futures::StreamExt;
use kube::{
    Api, Resource, ResourceExt,
    runtime::{
        WatchStreamExt,
        watcher::{Config, Event, watcher},
    },
};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

/// Objects by name.
pub(crate) type Seen<K> = BTreeMap<String, K>;

/// Waits until `missing` has nothing to say about the objects. The error is the last thing that it said.
pub(crate) async fn until<K>(
    api: Api<K>,
    config: Config,
    limit: Duration,
    missing: impl Fn(&Seen<K>) -> Option<String>,
) -> Result<(), String>
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
    K::DynamicType: Default + Clone + Eq + std::hash::Hash,
{
    let mut last = "no answer from the API server".to_owned();
    let work = async {
        let mut stream = pin!(watcher(api, config).default_backoff());
        let (mut seen, mut fresh) = (Seen::new(), Seen::new());
        while let Some(event) = stream.next().await {
            match event {
                Ok(Event::Init) => {
                    fresh.clear();
                    continue;
                }
                Ok(Event::InitApply(object)) => {
                    fresh.insert(object.name_any(), object);
                    continue;
                }
                Ok(Event::InitDone) => seen = std::mem::take(&mut fresh),
                Ok(Event::Apply(object)) => {
                    seen.insert(object.name_any(), object);
                }
                Ok(Event::Delete(object)) => {
                    seen.remove(&object.name_any());
                }
                Err(error) => {
                    last = crate::error::chain(&error);
                    continue;
                }
            }
            match missing(&seen) {
                None => return true,
                Some(text) => last = text,
            }
        }
        false
    };
    match timeout(limit, work).await {
        Ok(true) => Ok(()),
        _ => Err(last),
    }
}
