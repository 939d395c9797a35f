//! What happens when Docker, kind or an image is missing or broken: commands are replaced by scripts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use seatrial_environments::{
    Cause, CleanOptions, ClusterRecord, Depth, Fate, KindCluster, KindLimits, KindOptions, Level, Needs, Owner, State,
    Tools, clean, doctor, load_archive, need_image, preflight, probe,
};

const IMAGE: &str = "tdengine/tdengine:2.1.1.0";
const INFO: &str =
    r#"{"ServerVersion":"28.0.0","CgroupVersion":"2","MemTotal":32000000000,"DockerRootDir":"/","Driver":"overlay2"}"#;
const STOPPED: &str =
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";
const FORBIDDEN: &str =
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock";

/// A folder with scripts for commands, which write down how they were called.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A machine with a Docker that has some images, and with a kind whose `create` runs `create`.
    fn whole(images: &[&str], create: &str) -> Self {
        let machine = Self::new();
        let known = images.iter().map(|image| format!("*' {image}'")).collect::<Vec<_>>().join("|");
        let known = if known.is_empty() { "-".to_owned() } else { known };
        machine.script(
            "docker",
            &format!(
                "case \"$1 $2\" in\n\
                 'info '*) echo '{INFO}';;\n\
                 'image inspect') case \"$*\" in {known}) echo '[{{\"Id\":\"sha256:1\",\"Size\":180000000}}]';; *) echo 'Error: No such image' >&2; exit 1;; esac;;\n\
                 'ps '*) ;;\n\
                 *) exit 0;; esac"
            ),
        );
        machine.script(
            "kind",
            &format!(
                "case \"$1 $2\" in\n\
                 'version '*) echo 'kind v0.27.0 go1.24.4 linux/amd64';;\n\
                 'create cluster') {create};;\n\
                 'export logs') echo kubelet > \"$3/kubelet.log\";;\n\
                 *) exit 0;; esac"
            ),
        );
        machine
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn script(&self, name: &str, text: &str) {
        let bin = self.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let calls = self.path().join("calls");
        let file = bin.join(name);
        fs::write(&file, format!("#!/bin/sh\necho \"{name} $*\" >> {}\n{text}\n", calls.display())).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The scripts first, then a shell's own commands, but no other `docker` or `kind`.
    fn tools(&self) -> Tools {
        let bin = self.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        for name in ["sleep", "cat"] {
            let link = bin.join(name);
            if !link.exists() {
                std::os::unix::fs::symlink(format!("/bin/{name}"), link).unwrap();
            }
        }
        Tools::with_path(bin)
    }

    fn state(&self) -> State {
        State::at(self.path().join("state"))
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path().join("state")).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    }

    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path().join("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn called(&self, beginning: &str) -> usize {
        self.calls().iter().filter(|call| call.starts_with(beginning)).count()
    }
}

fn needs() -> Needs {
    Needs {
        image: Some(IMAGE.to_owned()),
        node_image: Some("kindest/node:v1".to_owned()),
        least_disk: 1,
        ..Needs::default()
    }
}

#[tokio::test]
async fn a_missing_docker_is_told() {
    let machine = Machine::new();
    let error = preflight(&machine.tools(), &needs()).await.unwrap_err();
    assert_eq!((error.cause, error.exit().code()), (Cause::DockerMissing, 3));
    assert!(error.advice.contains("install Docker"), "{error:?}");
}

#[tokio::test]
async fn a_stopped_docker_is_told() {
    let machine = Machine::new();
    // As docker 20 does it: an answer without a server, on standard output, and exit code 0.
    machine.script("docker", &format!("echo '{{\"ServerErrors\":[\"{STOPPED}\"]}}'"));
    assert_eq!(preflight(&machine.tools(), &needs()).await.unwrap_err().cause, Cause::DockerStopped);
    // As docker 28 does it.
    machine.script("docker", &format!("echo '{STOPPED}' >&2; exit 1"));
    let error = preflight(&machine.tools(), &needs()).await.unwrap_err();
    assert_eq!(error.cause, Cause::DockerStopped);
    assert!(error.advice.contains("systemctl start docker"), "{error:?}");
    let error =
        probe(&machine.tools(), IMAGE, Depth::Quick, &seatrial_environments::ProbeLimits::default()).await.unwrap_err();
    assert_eq!(error.cause, Cause::DockerStopped);
}

#[tokio::test]
async fn a_forbidden_socket_is_told() {
    let machine = Machine::new();
    machine.script("docker", &format!("echo '{FORBIDDEN}' >&2; exit 1"));
    let error = preflight(&machine.tools(), &needs()).await.unwrap_err();
    assert_eq!(error.cause, Cause::DockerForbidden);
    assert!(error.advice.contains("usermod -aG docker"), "{error:?}");
}

#[tokio::test]
async fn a_missing_kind_is_told_and_nothing_is_left() {
    let machine = Machine::whole(&[IMAGE, "kindest/node:v1"], "exit 0");
    fs::remove_file(machine.path().join("bin/kind")).unwrap();
    let error = preflight(&machine.tools(), &needs()).await.unwrap_err();
    assert_eq!(error.cause, Cause::KindMissing);
    let error = KindCluster::boot(&machine.tools(), &machine.state(), &KindOptions::default()).await.unwrap_err();
    assert_eq!(error.cause, Cause::KindMissing);
    assert_eq!(machine.files(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn missing_images_are_told() {
    let machine = Machine::whole(&["kindest/node:v1"], "exit 0");
    let error = preflight(&machine.tools(), &needs()).await.unwrap_err();
    assert_eq!(error.cause, Cause::ImageMissing);
    assert!(error.advice.contains(&format!("docker pull {IMAGE}")), "{error:?}");
    assert_eq!(need_image(&machine.tools(), IMAGE, false).await.unwrap_err().cause, Cause::ImageMissing);

    let machine = Machine::whole(&[IMAGE], "exit 0");
    let error = preflight(&machine.tools(), &needs()).await.unwrap_err();
    assert_eq!(error.cause, Cause::NodeImageMissing);
    let pulling = Needs { pull: true, ..needs() };
    assert_eq!(doctor(&machine.tools(), &pulling).await.find("node image").unwrap().level, Level::Warn);

    let error = load_archive(&machine.tools(), Path::new("/nonexistent.tar")).await.unwrap_err();
    assert_eq!(error.cause, Cause::ImageMissing);
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_is_told() {
    let machine = Machine::whole(&[IMAGE, "kindest/node:v1"], "exit 0");
    let error = preflight(&machine.tools(), &Needs { least_disk: u64::MAX, ..needs() }).await.unwrap_err();
    assert_eq!(error.cause, Cause::DiskFull);
}

#[tokio::test]
async fn all_is_well_when_all_is_there() {
    let machine = Machine::whole(&[IMAGE, "kindest/node:v1"], "exit 0");
    let diagnosis = preflight(&machine.tools(), &needs()).await.unwrap();
    let names: Vec<&str> = diagnosis.findings.iter().map(|finding| finding.name).collect();
    assert_eq!(names, ["docker", "cgroup", "inotify", "disk", "memory", "kind", "kubectl", "node image", "image"]);
    assert!(diagnosis.to_string().contains("ok    kind         kind v0.27.0"), "{diagnosis}");
}

#[tokio::test]
async fn a_known_flake_is_tried_once_more_and_its_logs_are_kept() {
    let machine = Machine::whole(
        &[],
        "echo 'ERROR: failed to create cluster: failed to init node with kubeadm: exit status 1' >&2; exit 1",
    );
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&heard);
    let logs = machine.path().join("evidence");
    let options = KindOptions {
        logs: Some(logs.clone()),
        tell: Arc::new(move |text| hear.lock().unwrap().push(text.to_owned())),
        ..KindOptions::default()
    };
    let error = KindCluster::boot(&machine.tools(), &machine.state(), &options).await.unwrap_err();
    assert_eq!(error.cause, Cause::ClusterFailed);
    assert_eq!(machine.called("kind create cluster"), 2);
    assert_eq!(machine.called("kind delete cluster"), 2);
    assert!(logs.join("kind-logs-1/kubelet.log").exists() && logs.join("kind-logs-2/kubelet.log").exists());
    assert_eq!(error.logs, Some(logs.join("kind-logs-2")));
    assert!(heard.lock().unwrap().iter().any(|text| text.contains("trying once more")));
    assert_eq!(machine.files(), Vec::<PathBuf>::new());
    let create = machine.calls().into_iter().find(|call| call.starts_with("kind create")).unwrap();
    assert!(
        create.contains("--retain") && create.contains("--kubeconfig") && create.contains("--name seatrial-"),
        "{create}"
    );
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    let machine = Machine::whole(
        &[],
        "echo 'ERROR: failed to create cluster: failed to pull image \"kindest/node:v1\": exit status 1' >&2; exit 1",
    );
    let options = KindOptions { node_image: Some("kindest/node:v1".to_owned()), ..KindOptions::default() };
    let error = KindCluster::boot(&machine.tools(), &machine.state(), &options).await.unwrap_err();
    assert_eq!(error.cause, Cause::NodeImageMissing);
    assert!(error.advice.contains("docker pull kindest/node:v1"), "{error:?}");
    assert_eq!(machine.called("kind create cluster"), 1);
    assert_eq!(machine.files(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_kind_that_hangs_is_ended() {
    let machine = Machine::whole(&[], "sleep 300");
    let limits = KindLimits { create: Duration::from_millis(500), ..KindLimits::default() };
    let options = KindOptions { limits, ..KindOptions::default() };
    let error = KindCluster::boot(&machine.tools(), &machine.state(), &options).await.unwrap_err();
    assert_eq!(error.cause, Cause::ClusterFailed);
    assert!(error.happened.contains("no end within 500ms"), "{error:?}");
    assert_eq!(machine.called("kind delete cluster"), 1);
}

#[tokio::test]
async fn an_interrupted_boot_deletes_its_cluster() {
    let machine = Machine::whole(&[], "sleep 300");
    let (tools, state, options) = (machine.tools(), machine.state(), KindOptions::default());
    let boot = KindCluster::boot(&tools, &state, &options);
    assert!(tokio::time::timeout(Duration::from_millis(700), boot).await.is_err());
    assert_eq!((machine.called("kind create cluster"), machine.called("kind delete cluster")), (1, 1));
    assert_eq!(machine.files(), Vec::<PathBuf>::new());
}

fn record(machine: &Machine, name: &str, owner: Owner) {
    let state = machine.state();
    let record = ClusterRecord {
        name: name.to_owned(),
        created: jiff::Timestamp::UNIX_EPOCH,
        owner,
        kubeconfig: state.kubeconfig(name),
        node_image: None,
        keep: false,
    };
    state.write(&record).unwrap();
}

/// A process that is no more.
fn dead() -> Owner {
    let this = Owner::this();
    Owner { started: this.started + 1, ..this }
}

/// A Docker with nodes of the named clusters, and a kind that cannot delete those whose name ends with `stuck`.
fn with_clusters(machine: &Machine, names: &[&str]) {
    let list = names.join("\\n");
    machine.script(
        "docker",
        &format!(
            "case \"$*\" in\n\
             *'Label \"io.x-k8s'*) printf '{list}\\n';;\n\
             *'io.x-k8s.kind.cluster=seatrial-stuck'*) echo seatrial-stuck-control-plane;;\n\
             'rm '*) echo 'device or resource busy' >&2; exit 1;;\n\
             *) exit 0;; esac"
        ),
    );
    machine.script(
        "kind",
        &format!(
            "case \"$*\" in 'get clusters') printf '{list}\\n';; *'--name seatrial-stuck'*) exit 1;; *) exit 0;; esac"
        ),
    );
}

#[tokio::test]
async fn what_a_killed_run_left_is_listed_and_then_removed() {
    let machine = Machine::new();
    with_clusters(&machine, &["seatrial-dead", "seatrial-strange", "mine"]);
    record(&machine, "seatrial-dead", dead());
    record(&machine, "seatrial-gone", dead());
    let options = CleanOptions { dry_run: true, ..CleanOptions::default() };
    let listed = clean(&machine.tools(), &machine.state(), &options).await;
    let text = listed.to_string();
    assert!(text.contains("would remove  kind cluster seatrial-dead\n"), "{text}");
    assert!(text.contains("left          kind cluster seatrial-strange"), "{text}");
    assert!(!text.contains("mine"), "{text}");
    assert_eq!(machine.called("kind delete"), 0);

    let report = clean(&machine.tools(), &machine.state(), &CleanOptions::default()).await;
    assert!(report.ok(), "{report}");
    assert_eq!(report.items.iter().filter(|item| item.fate == Fate::Removed).count(), 2);
    assert_eq!(machine.files(), Vec::<PathBuf>::new());
    let deleted: Vec<String> = machine.calls().into_iter().filter(|call| call.starts_with("kind delete")).collect();
    assert!(deleted.iter().all(|call| call.contains("seatrial-dead") || call.contains("seatrial-gone")), "{deleted:?}");
}

#[tokio::test]
async fn one_that_cannot_be_removed_does_not_keep_the_others() {
    let machine = Machine::new();
    with_clusters(&machine, &["seatrial-stuck", "seatrial-zzz"]);
    record(&machine, "seatrial-stuck", dead());
    record(&machine, "seatrial-zzz", dead());
    let report = clean(&machine.tools(), &machine.state(), &CleanOptions::default()).await;
    assert!(!report.ok());
    assert!(matches!(&report.items[0].fate, Fate::Failed(error) if error.cause == Cause::Leftover), "{report}");
    assert_eq!(report.items[1].fate, Fate::Removed);
    // Still written down, for the next time.
    assert!(machine.state().find("seatrial-stuck").unwrap().is_some());
    assert!(machine.state().find("seatrial-zzz").unwrap().is_none());
}

#[tokio::test]
async fn what_a_running_process_uses_is_left() {
    let machine = Machine::new();
    with_clusters(&machine, &["seatrial-busy"]);
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    record(&machine, "seatrial-busy", Owner { pid: child.id(), started: 0 });
    // Its start is not known to the record, so it is read from the process itself.
    let text = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let started = text.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap().parse().unwrap();
    record(&machine, "seatrial-busy", Owner { pid: child.id(), started });
    let report = clean(&machine.tools(), &machine.state(), &CleanOptions::default()).await;
    assert!(matches!(&report.items[0].fate, Fate::Left(why) if why.contains("is using it")), "{report}");
    child.kill().unwrap();
    child.wait().unwrap();
    let report = clean(&machine.tools(), &machine.state(), &CleanOptions::default()).await;
    assert_eq!(report.items[0].fate, Fate::Removed);
}

#[tokio::test]
async fn without_docker_what_is_written_down_stays() {
    let machine = Machine::new();
    machine.script("docker", &format!("echo '{STOPPED}' >&2; exit 1"));
    record(&machine, "seatrial-dead", dead());
    let report = clean(&machine.tools(), &machine.state(), &CleanOptions::default()).await;
    assert!(!report.ok());
    assert_eq!(report.error().unwrap().cause, Cause::DockerStopped);
    assert!(machine.state().find("seatrial-dead").unwrap().is_some());
}
