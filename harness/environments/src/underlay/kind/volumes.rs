//! Volumes that are file systems of their own. The volumes of a kind cluster are folders of the disk of its nodes, which is that
//! of the machine: what fills one fills all. So a scenario that needs a volume with bounds gets files that are mounted as file
//! systems in the nodes, each as a local volume that only its claims can have.

use k8s_openapi::api::core::v1::PersistentVolume;
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, PostParams},
};
use seatrial_chaos::UnderlayError;
use serde_json::json;

use super::{KindUnderlay, error};
use crate::{
    Cause, EnvironmentError, Result,
    leftovers::request,
    names::{MANAGED_BY, SPACE},
};

/// Where they are in a node.
const FOLDER: &str = "/var/seatrial-volumes";
/// Bytes of each: as many as the documents' claims ask for at most. Nothing is taken from the disk before it is written.
const SIZE: &str = "10Gi";

/// Tells whether a node can have them.
pub(super) const CAN: &str = "command -v mkfs.ext4 && command -v losetup && [ -c /dev/loop-control ]";

/// Makes one, `NAME`. The node has device files only of those loop devices that were there when it was started.
const MAKE: &str = r"set -e
folder=$FOLDER/$NAME
mkdir -p $folder/data
truncate -s 10G $folder/image
mkfs.ext4 -q -m 0 $folder/image
device=$(losetup -f)
[ -e $device ] || mknod $device b 7 ${device#/dev/loop}
mount -o loop $folder/image $folder/data
rmdir $folder/data/lost+found";
/// Removes them. Pods that still run keep their file system until they end.
const REMOVE: &str = r"for folder in $FOLDER/$NAMES; do
  [ -d $folder ] || continue
  umount $folder/data 2>/dev/null
  rm -f $folder/image && rmdir $folder/data $folder || exit 1
done";

/// Removes those that are left on a node, and tells which there were.
pub(super) const SWEEP: &str = r#"for folder in /var/seatrial-volumes/*; do
  [ -d $folder ] || continue
  umount $folder/data 2>/dev/null
  rm -f $folder/image && rmdir $folder/data $folder && echo "the volume $folder"
done
true"#;

/// The volumes of one scenario.
pub(crate) struct OwnVolumes {
    underlay: KindUnderlay,
    client: Client,
    namespace: String,
}

fn failed(error: UnderlayError) -> EnvironmentError {
    let advice = "see what the node's kernel can mount (`docker exec NODE losetup -f`)";
    EnvironmentError::new(Cause::ClusterFailed, error.tried, error.happened, advice)
}

impl OwnVolumes {
    /// Makes so many volumes for a namespace, spread over the workers. None if the nodes cannot have any: then the fault that
    /// needs them says so.
    pub async fn make(underlay: KindUnderlay, client: Client, namespace: &str, count: u32) -> Result<Option<Self>> {
        if !underlay.has_own_volumes().await.map_err(failed)? {
            return Ok(None);
        }
        let workers = underlay.workers().await.map_err(failed)?;
        let own = Self { underlay, client, namespace: namespace.to_owned() };
        for (number, node) in (0..count).zip(workers.iter().cycle()) {
            if let Err(error) = own.one(number, node).await {
                // Half of them are of no use.
                let _ = own.remove().await;
                return Err(error);
            }
        }
        Ok(Some(own))
    }

    async fn one(&self, number: u32, node: &str) -> Result<()> {
        let name = format!("{}-{number}", self.namespace);
        let tried = format!("mount a file system for {name} on {node}");
        let script = format!("FOLDER={FOLDER}\nNAME={name}\n{MAKE}");
        let made = self.underlay.script(&tried, node, &script).await.map_err(failed)?;
        if !made.ok() {
            return Err(failed(error(tried, made.complaint(3))));
        }
        let hostname = json!({ "key": "kubernetes.io/hostname", "operator": "In", "values": [node] });
        let volume = json!({
            "metadata": { "name": name, "labels": { MANAGED_BY.0: MANAGED_BY.1, SPACE: self.namespace } },
            "spec": {
                "capacity": { "storage": SIZE },
                "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": self.namespace,
                "local": { "path": format!("{FOLDER}/{name}/data") },
                "nodeAffinity": { "required": { "nodeSelectorTerms": [{ "matchExpressions": [hostname] }] } },
            },
        });
        let volume: PersistentVolume =
            serde_json::from_value(volume).map_err(|error| EnvironmentError::state("build a volume", error))?;
        let api: Api<PersistentVolume> = Api::all(self.client.clone());
        request(&format!("create persistentvolume/{name}"), api.create(&PostParams::default(), &volume)).await?;
        Ok(())
    }

    /// Asks for their end. Their pods may still run.
    pub async fn remove(&self) -> Result<()> {
        let (space, api): (_, Api<PersistentVolume>) = (&self.namespace, Api::all(self.client.clone()));
        let all = ListParams::default().labels(&format!("{SPACE}={space}"));
        let tried = format!("delete the volumes of {space}");
        request(&tried, api.delete_collection(&DeleteParams::default(), &all)).await?;
        let script = format!("FOLDER={FOLDER}\nNAMES=\"{space}-*\"\n{REMOVE}");
        for node in &self.underlay.nodes {
            let removed = self.underlay.script(&tried, node, &script).await.map_err(failed)?;
            if !removed.ok() {
                return Err(failed(error(tried, removed.complaint(3))));
            }
        }
        Ok(())
    }
}

impl KindUnderlay {
    /// True if volumes can be file systems of their own.
    pub(super) async fn has_own_volumes(&self) -> std::result::Result<bool, UnderlayError> {
        let Some(node) = self.nodes.first() else { return Ok(false) };
        Ok(self.script(&format!("see whether {node} can mount files"), node, CAN).await?.ok())
    }

    /// The nodes that pods run on: the workers, or the only node.
    async fn workers(&self) -> std::result::Result<Vec<String>, UnderlayError> {
        let mut workers = Vec::new();
        for node in &self.nodes {
            if self.nodes.len() == 1 || !self.is_control_plane(node).await? {
                workers.push(node.clone());
            }
        }
        Ok(workers)
    }
}
