use std::path::Path;

use super::KindLimits;
use crate::{Cause, EnvironmentError, Result, State, Tools, docker};

/// Brings a local image onto every node. `kind load docker-image` fails for images of several platforms when Docker
/// keeps its images in containerd (kind issue 3795); then the image goes by way of an archive.
pub(super) async fn load(
    tools: &Tools,
    state: &State,
    cluster: &str,
    nodes: &[String],
    image: &str,
    limits: &KindLimits,
    tell: &(dyn Fn(&str) + Send + Sync),
) -> Result<()> {
    if docker::image(tools, image).await?.is_none() {
        return docker::need_image(tools, image, false).await.map(|_| ());
    }
    let direct = tools.run("kind", &["load", "docker-image", image, "--name", cluster], limits.load).await?;
    if direct.ok() && missing(tools, nodes, image, limits).await.is_empty() {
        return Ok(());
    }
    let complaint = direct.complaint(3);
    if let Some(error) = docker::refused(&complaint) {
        return Err(error);
    }
    tell(&format!("`kind load docker-image {image}` did not do ({complaint}); going by way of an archive"));
    let archive = state.scratch(cluster, "image.tar");
    let result = by_archive(tools, cluster, image, &archive, limits).await;
    crate::state::remove(&archive)?;
    result?;
    let missing = missing(tools, nodes, image, limits).await;
    if missing.is_empty() {
        return Ok(());
    }
    Err(EnvironmentError::new(
        Cause::LoadFailed,
        format!("bring the image {image} onto the nodes"),
        format!("{} still do(es) not have it", missing.join(", ")),
        format!("save it for one platform (`docker pull --platform linux/amd64 {image}`) and repeat the run"),
    ))
}

async fn by_archive(tools: &Tools, cluster: &str, image: &str, file: &Path, limits: &KindLimits) -> Result<()> {
    docker::save(tools, image, file).await?;
    let path = file.to_string_lossy();
    let arguments = ["load", "image-archive", path.as_ref(), "--name", cluster];
    let advice = "see whether the nodes' disk is full (`docker system df`), and repeat the run";
    tools.need("kind", &arguments, limits.load, Cause::LoadFailed, advice).await?;
    Ok(())
}

/// The nodes whose containerd does not have the image.
pub(super) async fn missing(tools: &Tools, nodes: &[String], image: &str, limits: &KindLimits) -> Vec<String> {
    let filter = format!("name=={}", docker::full_name(image));
    let ask = nodes.iter().map(|node| {
        let filter = &filter;
        async move {
            let arguments = ["exec", node, "ctr", "--namespace", "k8s.io", "images", "list", "--quiet", filter];
            let output = tools.run("docker", &arguments, limits.ask).await;
            output.is_ok_and(|output| output.ok() && !output.stdout.trim().is_empty())
        }
    });
    let there = futures::future::join_all(ask).await;
    nodes.iter().zip(there).filter(|(_, there)| !there).map(|(node, _)| node.clone()).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, sync::Mutex};

    use super::*;

    /// Scripts for `docker` and `kind`: a direct load does not do, an archive does.
    fn machine(archive: &str) -> (tempfile::TempDir, Tools, State) {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        fs::create_dir_all(folder.path().join("state")).unwrap();
        let loaded = folder.path().join("loaded");
        let loaded = loaded.display();
        let docker = format!(
            "case \"$1\" in image) echo '[{{\"Id\":\"sha256:1\"}}]';; save) : > \"$3\";; \
             exec) test -e {loaded} && echo \"$9\" || true;; esac"
        );
        let kind = format!(
            "case \"$2\" in docker-image) echo 'ERROR: failed to detect containerd snapshotter' >&2; exit 1;; \
             image-archive) test -e \"$3\" || exit 2; {archive};; esac"
        );
        for (name, text) in [("docker", docker), ("kind", kind.replace("LOADED", &loaded.to_string()))] {
            fs::write(bin.join(name), format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let state = State::at(folder.path().join("state"));
        (folder, Tools::with_path(bin), state)
    }

    async fn loads(archive: &str) -> (Result<()>, Vec<String>, usize) {
        let (folder, tools, state) = machine(archive);
        let heard = Mutex::new(Vec::new());
        let tell = |text: &str| heard.lock().unwrap().push(text.to_owned());
        let nodes = ["seatrial-x-control-plane".to_owned(), "seatrial-x-worker".to_owned()];
        let limits = KindLimits::default();
        let result = load(&tools, &state, "seatrial-x", &nodes, "tdengine/tdengine:1", &limits, &tell).await;
        let left = fs::read_dir(folder.path().join("state")).unwrap().count();
        (result, heard.into_inner().unwrap(), left)
    }

    #[tokio::test]
    async fn an_archive_does_where_a_direct_load_does_not() {
        let (result, heard, left) = loads(": > LOADED").await;
        result.unwrap();
        assert!(heard[0].contains("going by way of an archive"), "{heard:?}");
        assert_eq!(left, 0);
    }

    #[tokio::test]
    async fn a_node_without_the_image_is_named() {
        let (result, _, left) = loads(":").await;
        let error = result.unwrap_err();
        assert_eq!(error.cause, Cause::LoadFailed);
        assert!(error.happened.contains("seatrial-x-worker"), "{error}");
        assert_eq!(left, 0);
    }
}
