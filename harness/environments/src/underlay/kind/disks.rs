//! Limits of what a pod writes to the disk below its volume, by the control groups of its processes.
//!
//! Control groups v1 slow only what a program waits for: writes by `O_DIRECT`, `O_SYNC`, `fsync` and `fdatasync`, since what the
//! kernel writes later belongs to nobody. They do not pass on to groups below, so each group of the pod is limited by itself.

use super::{KindUnderlay, error};
use seatrial_chaos::{Spot, UnderlayError};

/// Prints the control file of each group of a pod, and the disk that its data are on. In v1 a partition has no limit of its
/// own.
const GROUPS: &str = r#"groups() {
  for proc in /proc/[0-9]*; do
    grep -q -e "$UID1" -e "$UID2" $proc/cgroup 2>/dev/null || continue
    device=$(grep " /var/lib/taos " $proc/mountinfo 2>/dev/null | tail -n 1 | cut -d " " -f 3)
    [ -n "$device" ] || continue
    if [ -e /sys/dev/block/$device/partition ]; then device=$(cat /sys/dev/block/$device/../dev); fi
    one=/sys/fs/cgroup/blkio$(sed -n 's/^[0-9]*:blkio://p' $proc/cgroup)/blkio.throttle.write_bps_device
    two=/sys/fs/cgroup$(sed -n 's/^0:://p' $proc/cgroup)/io.max
    if [ -w $one ]; then echo "$one $device"; elif [ -w $two ]; then echo "$two $device wbps="; fi
  done | sort -u
}
"#;
const LIMIT: &str = r#"found=$(groups)
[ -n "$found" ] || { echo "no process of the pod has a control group for its disk" >&2; exit 1; }
echo "$found" | while read -r file device word; do echo "$device $word$BYTES" > $file || exit 1; done"#;
const LIFT: &str = r#"groups | while read -r file device word; do
  if [ -n "$word" ]; then echo "$device wbps=max" > $file || exit 1; else echo "$device 0" > $file || exit 1; fi
done"#;
const LOOK: &str = r#"groups | while read -r file device word; do grep "^$device .*$word[0-9]" $file; done; true"#;

/// Tells whether the kernel can limit a disk for a control group.
pub(super) const CAN: &str =
    "[ -e /sys/fs/cgroup/blkio/blkio.throttle.write_bps_device ] || grep -qw io /sys/fs/cgroup/cgroup.controllers";

/// Takes all limits away that pods of a node have, and tells which there were.
pub(super) const SWEEP: &str = r#"
find /sys/fs/cgroup -path "*kubepods*" -name blkio.throttle.write_bps_device 2>/dev/null | while read -r file; do
  while read -r device limit; do
    echo "$device 0" > $file && echo "no more than $limit bytes a second to $device"
  done < $file
done
find /sys/fs/cgroup -path "*kubepods*" -name io.max 2>/dev/null | while read -r file; do
  grep "wbps=[0-9]" $file | while read -r device limit; do
    echo "$device wbps=max" > $file && echo "no more than $limit to $device"
  done
done
true"#;

/// What is done about a limit.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    /// So many bytes in a second.
    Make(u64),
    /// None any more.
    Lift,
}

impl KindUnderlay {
    pub(super) async fn limit_disk(
        &self,
        tried: &str,
        at: &Spot,
        uid: &str,
        limit: Limit,
    ) -> Result<(), UnderlayError> {
        let script = match limit {
            Limit::Make(bytes) => format!("BYTES={bytes}\n{LIMIT}"),
            Limit::Lift => LIFT.to_owned(),
        };
        let done = self.script(tried, &at.node, &script_for(uid, &script)).await?;
        if done.ok() { Ok(()) } else { Err(error(tried, done.complaint(3))) }
    }

    /// True if a pod has a limit.
    pub(super) async fn is_disk_limited(&self, tried: &str, at: &Spot, uid: &str) -> Result<bool, UnderlayError> {
        let looked = self.script(tried, &at.node, &script_for(uid, LOOK)).await?;
        if looked.ok() { Ok(!looked.stdout.trim().is_empty()) } else { Err(error(tried, looked.complaint(3))) }
    }
}

fn script_for(uid: &str, script: &str) -> String {
    format!("{}{GROUPS}{script}", super::uids(uid))
}
