//! What a user sees when Docker, kind, an image or a cluster is missing or broken: exit code 3, what was tried, what
//! happened, what to do, and nothing left. Commands are replaced by scripts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use rstest::rstest;

const INFO: &str = r#"{"ServerVersion":"28.0.0","CgroupVersion":"2","MemTotal":32000000000,"DockerRootDir":"ROOT","Driver":"overlay2"}"#;

/// A machine whose `PATH` has these scripts and nothing else.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        fs::create_dir(machine.0.path().join("bin")).unwrap();
        machine
    }

    fn script(self, name: &str, text: &str) -> Self {
        let file = self.0.path().join("bin").join(name);
        fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// With a Docker that works, has images of these names, and keeps its files in `root`.
    fn docker(self, images: &[&str], root: &str) -> Self {
        let known = images.iter().map(|image| format!("*' {image}'")).collect::<Vec<_>>().join("|");
        let known = if known.is_empty() { "-".to_owned() } else { known };
        let info = INFO.replace("ROOT", root);
        self.script(
            "docker",
            &format!(
                "case \"$1 $2\" in 'info '*) echo '{info}';; 'image inspect') case \"$*\" in \
                 {known}) echo '[{{\"Id\":\"sha256:1\"}}]';; *) echo 'Error: No such image' >&2; exit 1;; esac;; esac"
            ),
        )
    }

    fn kind(self) -> Self {
        self.script("kind", "echo 'kind v0.27.0 go1.24.4 linux/amd64'")
    }

    fn seatrial(&self, typed: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_seatrial"))
            .args(typed.split_whitespace())
            .env("PATH", self.0.path().join("bin"))
            .env("XDG_STATE_HOME", self.0.path().join("state"))
            .env_remove("KUBECONFIG")
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
            .output()
            .unwrap()
    }

    /// Runs it, which must fail for want of an environment and leave nothing; what it says.
    fn refused(&self, typed: &str) -> String {
        let out = self.0.path().join("out");
        let output = self.seatrial(&format!("{typed} --out {}", out.display()));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("error: ") && said.contains("= help: "), "{said}");
        let left = fs::read_dir(self.0.path().join("state/seatrial")).map_or(0, Iterator::count);
        assert!(left == 0 && !out.exists(), "something is left: {said}");
        said
    }
}

const RUN: &str = "run scenarios/doc-2x/start.yaml --env kind --node-image kindest/node:v1";
const IMAGE: &str = "tdengine/tdengine:2.1.1.0";
const NODE: &str = "kindest/node:v1";

#[rstest]
#[case::no_docker(Machine::new(), "no command `docker` in PATH", "install Docker")]
#[case::docker_stopped(
    Machine::new().script("docker", "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' >&2; exit 1"),
    "Cannot connect to the Docker daemon",
    "systemctl start docker"
)]
#[case::no_permission(
    Machine::new().script("docker", "echo 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock' >&2; exit 1"),
    "permission denied",
    "usermod -aG docker"
)]
#[case::no_kind(Machine::new().docker(&[IMAGE, NODE], "/"), "no command `kind` in PATH", "install kind")]
#[case::no_image(Machine::new().docker(&[NODE], "/").kind(), "tdengine/tdengine:2.1.1.0 is not there", "docker pull")]
#[case::no_node_image(Machine::new().docker(&[IMAGE], "/").kind(), "kindest/node:v1 is not there", "--node-image")]
// The file system of the processes never has free space.
#[case::disk_full(Machine::new().docker(&[IMAGE, NODE], "/proc").kind(), "0.0 GiB free in /proc", "docker system prune")]
fn what_is_missing_is_told(#[case] machine: Machine, #[case] happened: &str, #[case] cure: &str) {
    let said = machine.refused(RUN);
    assert!(said.contains(happened) && said.contains(cure), "{said}");
    // The doctor says the same, and all of it.
    let output = machine.seatrial("doctor --env kind --node-image kindest/node:v1");
    let found = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{found}");
    assert!(found.contains("fail") && found.contains(cure), "{found}");
}

#[rstest]
#[case::none_named("", "no context was named", "there are: one")]
#[case::unknown("--context two", "there is no such context", "there are: one")]
#[case::away("--context one", "", "kubectl cluster-info")]
fn a_context_that_cannot_be_used_is_told(#[case] options: &str, #[case] happened: &str, #[case] cure: &str) {
    let machine = Machine::new();
    let file = machine.0.path().join("config");
    let text = "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: { server: 'http://127.0.0.1:1' }\n\
                users:\n- name: u\n  user: {}\ncontexts:\n- name: one\n  context: { cluster: c, user: u }\n";
    fs::write(&file, text).unwrap();
    let typed = format!("run scenarios/doc-2x/start.yaml --env kubeconfig --kubeconfig {} {options}", file.display());
    let said = machine.refused(&typed);
    assert!(said.contains(happened) && said.contains(cure), "{said}");
}

#[test]
fn an_image_archive_that_is_not_there_is_told() {
    let machine = Machine::new().docker(&[NODE], "/").kind();
    let said = machine.refused(&format!("{RUN} --image-archive nowhere.tar"));
    assert!(said.contains("there is no such file") && said.contains("docker save"), "{said}");
}

#[test]
fn an_option_of_another_environment_is_bad_usage() {
    let output = Machine::new().seatrial("run --context one");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`--context` is for `--env kubeconfig`"));
}

#[test]
fn there_is_nothing_to_clean_without_docker() {
    let output = Machine::new().seatrial("clean");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("nothing of Seatrial's was found"));
}

#[test]
fn a_reader_who_left_early_is_no_mistake() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let listed = Command::new(env!("CARGO_BIN_EXE_seatrial")).arg("list").stdout(writer).output().unwrap();
    assert_eq!((listed.status.code(), String::from_utf8_lossy(&listed.stderr).as_ref()), (Some(0), ""));
}
