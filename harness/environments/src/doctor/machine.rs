use std::path::{Path, PathBuf};

use super::{Finding, Needs};
use crate::{Cause, DockerInfo};

const GIB: u64 = 1024 * 1024 * 1024;

/// Reads a number out of a file of the kernel.
fn number(file: &Path) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

pub(super) fn cgroup(info: &DockerInfo) -> Finding {
    let finding =
        Finding::new("cgroup", Cause::ClusterFailed, "newer node images (Kubernetes 1.35 on) run on cgroup v2 only");
    match info.cgroup_version.as_str() {
        "" => finding.warn("Docker does not tell its cgroup version", "update Docker (20.10 or later)"),
        "1" => finding.warn(
            "version 1",
            "boot with `systemd.unified_cgroup_hierarchy=1`, or use an older node image with `--node-image`",
        ),
        version => finding.ok(format!("version {version}")),
    }
}

/// Limits on watched files: each node runs a container runtime, a kubelet and a journal, which all watch files.
pub(super) fn inotify(needs: &Needs) -> Finding {
    let finding = Finding::new(
        "inotify",
        Cause::ClusterFailed,
        "with too few, kubelet and kube-proxy end with `too many open files`",
    );
    let folder = needs.proc.join("sys/fs/inotify");
    let watches = number(&folder.join("max_user_watches"));
    let instances = number(&folder.join("max_user_instances"));
    let (Some(watches), Some(instances)) = (watches, instances) else {
        return finding.ok("not limited here");
    };
    // Seen with kind: one node needs about 60 instances; 8192 watches fail with two or three.
    let nodes = u64::from(needs.nodes);
    let (least_watches, least_instances) = (8192 * nodes.max(1), 64 * (nodes + 1));
    let what = format!("{watches} watches, {instances} instances");
    if watches >= least_watches && instances >= least_instances {
        return finding.ok(what);
    }
    finding.warn(
        format!("{what}; {} node(s) want {least_watches} and {least_instances}", needs.nodes),
        "`sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512`",
    )
}

/// Free space where Docker keeps its images, or where we are if that is on another machine.
pub(super) fn disk(info: &DockerInfo, needs: &Needs) -> Finding {
    let finding = Finding::new("disk", Cause::DiskFull, "nodes on a full disk stop running pods without saying why");
    let docker = PathBuf::from(&info.docker_root_dir);
    let place = if docker.is_dir() { docker } else { PathBuf::from(".") };
    let Ok(space) = rustix::fs::statvfs(&place) else {
        return finding.warn(format!("the free space of {} cannot be read", place.display()), "look at `df -h`");
    };
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    let what = format!("{:.1} GiB free in {}", gib(free), place.display());
    let cure = "free space: `docker system df` tells what takes it, `docker system prune` removes what is unused";
    if free < needs.least_disk {
        finding.fail(format!("{what}; {:.1} GiB are needed at least", gib(needs.least_disk)), cure)
    } else if free < needs.least_disk.saturating_mul(3) {
        finding.warn(what, cure)
    } else {
        finding.ok(what)
    }
}

/// Memory: half a GiB for the first node and a tenth for each other, as measured, and a third for each pod.
pub(super) fn memory(info: &DockerInfo, needs: &Needs) -> Finding {
    let finding = Finding::new(
        "memory",
        Cause::MemoryShort,
        "nodes that run out of memory lose pods, which looks like a fault of the server",
    );
    let workers = u64::from(needs.nodes.saturating_sub(1));
    let wanted = GIB / 2 + workers * GIB / 10 + u64::from(needs.pods) * GIB / 3;
    let free = available(&needs.proc).unwrap_or(info.mem_total);
    if free == 0 {
        return finding.warn("it cannot be read", "look at `free -m`");
    }
    let what = format!(
        "{:.1} GiB free; {} node(s) with {} pod(s) take about {:.1} GiB",
        gib(free),
        needs.nodes,
        needs.pods,
        gib(wanted)
    );
    let cure = "end other programs, give Docker more memory, or take a smaller cluster (`--kind-config one-node`)";
    if free < wanted / 2 {
        finding.fail(what, cure)
    } else if free < wanted {
        finding.warn(what, cure)
    } else {
        finding.ok(what)
    }
}

/// Bytes of memory that programs can still take.
pub(crate) fn available(proc: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(proc.join("meminfo")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[expect(clippy::cast_precision_loss, reason = "for reading, with one digit behind the point")]
fn gib(bytes: u64) -> f64 {
    bytes as f64 / GIB as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    fn needs(proc: &Path) -> Needs {
        Needs { proc: proc.to_owned(), ..Needs::default() }
    }

    fn machine(watches: &str, instances: &str, available: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let limits = folder.path().join("sys/fs/inotify");
        std::fs::create_dir_all(&limits).unwrap();
        std::fs::write(limits.join("max_user_watches"), watches).unwrap();
        std::fs::write(limits.join("max_user_instances"), instances).unwrap();
        std::fs::write(folder.path().join("meminfo"), format!("MemTotal: 1 kB\nMemAvailable:   {available} kB\n"))
            .unwrap();
        folder
    }

    #[test]
    fn small_limits_are_told_with_their_cure() {
        let machine = machine("8192\n", "128\n", "8000000");
        assert_eq!(inotify(&needs(machine.path())).level, Level::Ok);
        let found = inotify(&Needs { nodes: 4, ..needs(machine.path()) });
        assert_eq!(found.level, Level::Warn);
        assert!(found.cure.contains("sysctl fs.inotify"), "{found:?}");
        assert_eq!(memory(&DockerInfo::default(), &needs(machine.path())).level, Level::Ok);
    }

    #[test]
    fn too_little_memory_fails() {
        let machine = machine("1", "1", "100000");
        let found = memory(&DockerInfo::default(), &needs(machine.path()));
        assert_eq!((found.level, found.cause), (Level::Fail, Cause::MemoryShort));
    }

    #[test]
    fn a_disk_that_is_nearly_full_fails() {
        let found = disk(&DockerInfo::default(), &Needs { least_disk: u64::MAX, ..Needs::default() });
        assert_eq!((found.level, found.cause), (Level::Fail, Cause::DiskFull));
        assert!(found.cure.contains("docker system prune"));
        assert_eq!(disk(&DockerInfo::default(), &Needs { least_disk: 1, ..Needs::default() }).level, Level::Ok);
    }

    #[test]
    fn an_old_cgroup_version_is_a_warning() {
        let info = |version: &str| DockerInfo { cgroup_version: version.to_owned(), ..DockerInfo::default() };
        assert_eq!((cgroup(&info("1")).level, cgroup(&info("2")).level), (Level::Warn, Level::Ok));
    }
}
