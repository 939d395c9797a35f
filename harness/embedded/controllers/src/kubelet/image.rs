//! Images: present on the node, pulled, or not to be had.

use std::{collections::BTreeMap, sync::Arc};

use k8s_openapi::api::core::v1::Container as Spec;
use seatrial_sim::Image;
use tokio::time::{Instant, sleep};

use super::{
    backoff::BackOff,
    container::field_path,
    delays,
    pod::PodWorker,
    state::{Phase, Slot},
};
use crate::events::News;

/// The images that nodes have, by normalised reference.
pub(crate) struct Images(BTreeMap<String, Arc<dyn Image>>);

impl Images {
    pub(crate) fn new(images: BTreeMap<String, Arc<dyn Image>>) -> Self {
        Self(images.into_iter().map(|(reference, image)| (normal(&reference), image)).collect())
    }

    fn find(&self, reference: &str) -> Option<Arc<dyn Image>> {
        self.0.get(&normal(reference)).cloned()
    }
}

/// `docker.io/library/x` and `x` are the same image, and a reference without a tag means `latest`.
fn normal(reference: &str) -> String {
    let short = reference.trim_start_matches("docker.io/").trim_start_matches("library/");
    let last = short.rsplit('/').next().unwrap_or_default();
    if last.contains([':', '@']) { short.to_owned() } else { format!("{short}:latest") }
}

/// Waits until the container's image is on the node.
pub(crate) async fn wait_for(pod: &PodWorker, slot: Slot, spec: &Spec) -> Arc<dyn Image> {
    let reference = spec.image.as_deref().unwrap_or_default();
    let policy = spec.image_pull_policy.as_deref().unwrap_or("IfNotPresent");
    let field = field_path(slot, &spec.name);
    let mut backoff = BackOff::default();
    loop {
        match (pod.kubelet.images.find(reference), policy) {
            (Some(image), "Always") => {
                pod.tell(News::normal("Pulling", format!("Pulling image \"{reference}\"")).at(field.clone()));
                let time = pod.draw(delays::PULL_CHECK);
                sleep(time).await;
                let took = time.as_millis();
                let took =
                    if took < 1_000 { format!("{took}ms") } else { format!("{}.{:03}s", took / 1_000, took % 1_000) };
                let message =
                    format!("Successfully pulled image \"{reference}\" in {took} ({took} including waiting).");
                pod.tell(News::normal("Pulled", message).at(field));
                return image;
            }
            (Some(image), _) => {
                let message = format!(
                    "Container image \"{reference}\" already present on machine and can be accessed by the pod"
                );
                pod.tell(News::normal("Pulled", message).at(field));
                return image;
            }
            (None, "Never") => {
                let message = format!("Container image \"{reference}\" is not present with pull policy of Never");
                pod.tell(News::warning("ErrImageNeverPull", message.clone()).at(field.clone()));
                pod.tell(News::warning("Failed", "Error: ErrImageNeverPull").at(field.clone()));
                waiting(pod, slot, "ErrImageNeverPull", message);
                pod.pause(delays::CONFIG_RETRY).await;
            }
            (None, _) => fail_to_pull(pod, slot, reference, &field, &mut backoff).await,
        }
    }
}

async fn fail_to_pull(pod: &PodWorker, slot: Slot, reference: &str, field: &str, backoff: &mut BackOff) {
    pod.tell(News::normal("Pulling", format!("Pulling image \"{reference}\"")).at(field));
    pod.pause(delays::PULL_FAILS).await;
    let full = normal(reference);
    let full = if full.contains('/') { format!("docker.io/{full}") } else { format!("docker.io/library/{full}") };
    let why = format!(
        "failed to pull and unpack image \"{full}\": failed to resolve reference \"{full}\": {full}: not found"
    );
    pod.tell(News::warning("Failed", format!("Failed to pull image \"{reference}\": {why}")).at(field));
    pod.tell(News::warning("Failed", "Error: ErrImagePull").at(field));
    waiting(pod, slot, "ErrImagePull", why.clone());
    let failed = Instant::now();
    backoff.advance(failed, failed);
    let over = failed + backoff.delay(failed);
    pod.pause(delays::SHOW_END).await;
    let message = format!("Back-off pulling image \"{reference}\"");
    pod.tell(News::normal("BackOff", message.clone()).at(field));
    pod.tell(News::warning("Failed", "Error: ImagePullBackOff").at(field));
    waiting(pod, slot, "ImagePullBackOff", format!("{message}: ErrImagePull: {why}"));
    tokio::time::sleep_until(over).await;
    pod.pause(delays::BACKOFF_SLACK).await;
}

fn waiting(pod: &PodWorker, slot: Slot, reason: &'static str, message: String) {
    pod.change(slot, |container| container.phase = Phase::Waiting { reason, message: Some(message) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_one_normal_form() {
        assert_eq!(normal("docker.io/tdengine/tdengine:2.1.1.0"), "tdengine/tdengine:2.1.1.0");
        assert_eq!(normal("busybox"), "busybox:latest");
        assert_eq!(normal("docker.io/library/busybox:1"), "busybox:1");
        assert_eq!(normal("localhost:5000/a/b"), "localhost:5000/a/b:latest");
    }
}
