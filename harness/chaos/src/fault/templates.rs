//! Changes of the template of the pods: of their environment and of their image.

use std::collections::BTreeMap;

use seatrial_cluster::{PodState, Template};

use super::{ChangeEnvironment, ChangeImage, FaultError, Injector, acts::COMMAND};

/// What has to be set back.
#[derive(Clone, Debug)]
pub(super) struct Before {
    /// The pods that the change concerns, as they were.
    pods: BTreeMap<u32, PodState>,
    /// What was wanted.
    wanted: Template,
    /// What the template was.
    was: Template,
}

impl ChangeEnvironment {
    pub(super) fn template(&self) -> Template {
        let environment = self.set.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
        Template { environment, partition: self.from, ..Template::default() }
    }
}

impl ChangeImage {
    pub(super) fn template(&self) -> Template {
        Template { image: Some(self.image.clone()), partition: self.from, ..Template::default() }
    }
}

/// True if a pod waits for an image that cannot be had.
fn lacks_image(pod: &PodState) -> bool {
    pod.reason.as_deref().is_some_and(|reason| reason.starts_with("ErrImage") || reason == "ImagePullBackOff")
}

impl Injector {
    pub(super) async fn change_template(&self, wanted: Template) -> Result<Before, FaultError> {
        let (site, from) = (&self.site, wanted.partition);
        let mut pods = site.pods().await?;
        pods.retain(|ordinal, _| *ordinal >= from);
        if pods.is_empty() {
            return Err(FaultError::nobody(format!("there is no pod {from}, nor one with a higher ordinal")));
        }
        let was = site.cluster.change_template(&site.stateful_set, &wanted).await?;
        Ok(Before { pods, wanted, was })
    }

    pub(super) async fn change_template_back(&self, before: &Before) -> Result<(), FaultError> {
        let site = &self.site;
        site.cluster.change_template(&site.stateful_set, &before.was).await?;
        // Kubernetes waits for a pod to become ready before it goes on, for ever if it cannot ("forced rollback").
        for pod in site.pods().await?.values().filter(|pod| lacks_image(pod)) {
            site.cluster.delete_pod(&pod.name, None, false).await?;
        }
        Ok(())
    }

    pub(super) async fn template_changed(&self, before: &Before) -> Result<Option<String>, FaultError> {
        if before.wanted.image.is_none() {
            return self.environment(before, true).await;
        }
        let mut seen = Vec::new();
        for (ordinal, was) in &before.pods {
            let now = self.site.pod_state(*ordinal).await?.filter(|now| now.uid != was.uid);
            match now {
                Some(now) if lacks_image(&now) => {
                    let reason = now.reason.unwrap_or_default();
                    return Ok(Some(format!("{} has another image, and waits: {reason}", now.name)));
                }
                Some(now) if now.running && now.image_id.is_some() && now.image_id != was.image_id => {
                    seen.push(format!("{} runs {}", now.name, now.image_id.unwrap_or_default()));
                }
                _ => {}
            }
        }
        Ok((seen.len() == before.pods.len()).then(|| seen.join("; ")))
    }

    pub(super) async fn template_is_back(&self, before: &Before) -> Result<Option<String>, FaultError> {
        if before.was.image.is_none() {
            return self.environment(before, false).await;
        }
        for (ordinal, was) in &before.pods {
            let now = self.site.pod_state(*ordinal).await?;
            // What was just being made had no image yet.
            let back = |now: &PodState| now.image_id == was.image_id || was.image_id.is_none();
            if now.is_none_or(|now| !now.ready || now.deleting || !back(&now)) {
                return Ok(None);
            }
        }
        let (count, image) = (before.pods.len(), before.was.image.as_deref().unwrap_or_default());
        Ok(Some(format!("{count} pods run {image} again")))
    }

    /// That pods have the values that are `wanted` in their environment, or else what they had before, whoever they are now.
    async fn environment(&self, before: &Before, wanted: bool) -> Result<Option<String>, FaultError> {
        let template = if wanted { &before.wanted } else { &before.was };
        for ordinal in before.pods.keys() {
            for (name, value) in &template.environment {
                let now = self.site.exec(*ordinal, &["printenv", name], COMMAND).await;
                let fits = now.is_ok_and(|(exit, text)| match value {
                    Some(value) => exit == 0 && text == *value,
                    // What is not set here may have come from elsewhere before, too; but not what was set meanwhile.
                    None => exit != 0 || before.wanted.environment.get(name) != Some(&Some(text)),
                });
                let there = self.site.pod_state(*ordinal).await?.is_some_and(|now| now.ready && !now.deleting);
                if !fits || !there {
                    return Ok(None);
                }
            }
        }
        let names: Vec<String> = before.pods.keys().map(|ordinal| self.site.pod(*ordinal)).collect();
        let told = |(name, value): (&String, &Option<String>)| {
            let value = value.as_deref().unwrap_or("as it was");
            format!("{name}={value}")
        };
        let values: Vec<String> = template.environment.iter().map(told).collect();
        Ok(Some(format!("{} have {}", names.join(", "), values.join(", "))))
    }
}
