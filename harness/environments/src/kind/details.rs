use std::time::Duration;

use seatrial_record::{Detail, DetailKind};

use super::KindCluster;
use crate::{Tools, docker};

/// A question whose answer only a report needs. 20 s.
const ASK: Duration = Duration::from_secs(20);

impl KindCluster {
    /// What a report says of the cluster and of the first of `images`. What cannot be told is left out.
    pub(crate) async fn details(&self, tools: &Tools, images: &[String]) -> Vec<Detail> {
        let mut details = Vec::new();
        let mut add = |what, value: Option<String>| details.extend(value.map(|value| Detail::new(what, value)));
        if let Some(image) = images.first() {
            let found = docker::image(tools, image).await.ok().flatten();
            add(DetailKind::ImageDigest, found.map(|image| image.identity()));
        }
        let version = tools.run("kind", &["version"], ASK).await.ok();
        add(DetailKind::Kind, version.and_then(|output| version_of(&output.stdout)));
        if let Some(node) = self.nodes().first() {
            let arguments = ["inspect", "--format", "{{.Config.Image}}", node];
            let image = tools.run("docker", &arguments, ASK).await.ok().filter(crate::Output::ok);
            add(DetailKind::NodeImage, image.map(|output| output.stdout.trim().to_owned()));
        }
        add(DetailKind::Nodes, Some(nodes(self.nodes())));
        let info = docker::info(tools).await.ok();
        let runtime = |info: docker::DockerInfo| {
            format!("Docker {}, {}, cgroup v{}", info.server_version, info.driver, info.cgroup_version)
        };
        add(DetailKind::Runtime, info.map(runtime));
        details
    }
}

/// `v0.27.0` of `kind v0.27.0 go1.24.4 linux/amd64`.
fn version_of(text: &str) -> Option<String> {
    let numbered =
        |word: &&str| word.strip_prefix('v').is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_digit()));
    text.split_whitespace().find(numbered).map(str::to_owned)
}

/// How many nodes there are of which kind; kind names them by it.
fn nodes(names: &[String]) -> String {
    let workers = names.iter().filter(|name| name.contains("-worker")).count();
    let planes = names.len() - workers;
    let count = |number: usize, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
    if workers == 0 {
        count(planes, "node")
    } else {
        format!("{}, {}", count(planes, "control plane"), count(workers, "worker"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_tells_its_version() {
        assert_eq!(version_of("kind v0.27.0 go1.24.4 linux/amd64\n"), Some("v0.27.0".to_owned()));
        assert_eq!(version_of("kind version"), None);
    }

    #[test]
    fn nodes_are_counted_by_kind() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(nodes(&names(&["a-control-plane"])), "1 node");
        assert_eq!(nodes(&names(&["a-control-plane", "a-worker", "a-worker2"])), "1 control plane, 2 workers");
    }
}
