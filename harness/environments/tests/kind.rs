//! Real clusters, real images. What is missing is told, and its tests count as ignored: `SEATRIAL_IMAGE` names the
//! TDengine image, `SEATRIAL_NODE_IMAGE` the node image (kind's own if not given).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::BTreeSet,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use k8s_openapi::api::{
    core::v1::{Namespace, ServiceAccount},
    storage::v1::StorageClass,
};
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams, PostParams},
};
use libtest_mimic::{Arguments, Failed, Trial};
use seatrial_cluster::{Full, Snapshot, Via};
use seatrial_engine::{BootRequest, BootedCluster, Edits, Environment, ManifestSet};
use seatrial_environments::{
    Cause, CleanOptions, Depth, Fate, ImageReport, KindCluster, KindEnvironment, KindOptions, KubeconfigEnvironment,
    KubeconfigOptions, ProbeLimits, State, Tools, clean, doctor, image, info, probe,
};
use serde_json::json;

/// Set in a child process that boots a cluster in this folder and is killed meanwhile.
const VICTIM: &str = "SEATRIAL_TEST_VICTIM";

type Check = Result<(), Failed>;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn main() {
    if let Some(folder) = std::env::var_os(VICTIM) {
        victim(Path::new(&folder));
        return;
    }
    let before = Command::new("docker").args(NODES).output().map(|output| output.stdout).unwrap_or_default();
    let _ = BEFORE.set(String::from_utf8_lossy(&before).lines().map(str::to_owned).collect());
    // One cluster at a time: they take memory and all of a small machine's cores.
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let missing = runtime().block_on(missing());
    let trial = |name: &str, needs: Needs, test: fn() -> Check| {
        let reason = missing.reason(needs);
        let trial = Trial::test(format!("kind::{name}"), test).with_ignored_flag(reason.is_some());
        match reason {
            Some(reason) => trial.with_kind(format!("skipped: {reason}")),
            None => trial,
        }
    };
    let tests = vec![
        trial("doctor::finds_what_is_there", Needs::Docker, || runtime().block_on(finds_what_is_there())),
        trial("probe::reads_the_image", Needs::Image, || runtime().block_on(reads_the_image())),
        trial("probe::refuses_what_is_no_tdengine", Needs::Docker, || {
            runtime().block_on(refuses_what_is_no_tdengine())
        }),
        trial("probe::refuses_a_server_that_ends", Needs::Image, || runtime().block_on(refuses_a_server_that_ends())),
        trial("cluster::a_node_image_that_is_away_is_told", Needs::Kind, || runtime().block_on(node_image_is_away())),
        trial("cluster::an_interrupted_boot_leaves_nothing", Needs::Nodes, || runtime().block_on(interrupted())),
        trial("cluster::a_killed_boot_is_cleaned_after", Needs::Nodes, || runtime().block_on(killed())),
        trial("cluster::is_made_used_again_and_removed", Needs::All, || runtime().block_on(whole_life())),
    ];
    libtest_mimic::run(&arguments, tests).exit();
}

/// What a test needs.
#[derive(Clone, Copy)]
enum Needs {
    Docker,
    Image,
    Kind,
    Nodes,
    All,
}

/// What is not there.
struct Missing {
    docker: Option<String>,
    kind: Option<String>,
    nodes: Option<String>,
    image: Option<String>,
}

impl Missing {
    fn reason(&self, needs: Needs) -> Option<String> {
        let chain = match needs {
            Needs::Docker => vec![&self.docker],
            Needs::Image => vec![&self.docker, &self.image],
            Needs::Kind => vec![&self.docker, &self.kind],
            Needs::Nodes => vec![&self.docker, &self.kind, &self.nodes],
            Needs::All => vec![&self.docker, &self.kind, &self.nodes, &self.image],
        };
        chain.into_iter().find_map(Clone::clone)
    }
}

async fn missing() -> Missing {
    let tools = Tools::from_env();
    let docker = info(&tools).await.err().map(|_| "no Docker".to_owned());
    let kind = tools.find("kind").is_none().then(|| "no kind".to_owned());
    let there = async |reference: Option<String>, variable: &str, what: &str| match reference {
        None => Some(format!("no {what} (set {variable})")),
        Some(reference) => match image(&Tools::from_env(), &reference).await {
            Ok(Some(_)) => None,
            _ => Some(format!("no image {reference}")),
        },
    };
    // Without a node image of its own kind pulls one, which is for the machines that ask for it.
    let nodes = there(node_image(), "SEATRIAL_NODE_IMAGE", "node image").await;
    let image = there(tdengine(), "SEATRIAL_IMAGE", "image").await;
    Missing { docker, kind, nodes, image }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn node_image() -> Option<String> {
    variable("SEATRIAL_NODE_IMAGE")
}

fn tdengine() -> Option<String> {
    variable("SEATRIAL_IMAGE")
}

fn check(holds: bool, what: impl std::fmt::Display) -> Check {
    if holds { Ok(()) } else { Err(what.to_string().into()) }
}

/// What a command of Docker prints.
fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Asks for the nodes of all kind clusters.
const NODES: [&str; 6] = ["ps", "-a", "--filter", "label=io.x-k8s.kind.cluster", "--format", "{{.Names}}"];

/// Nodes that were there when the tests began: others work on this machine, too.
static BEFORE: OnceLock<BTreeSet<String>> = OnceLock::new();

/// Nothing of ours runs in Docker.
fn nothing_left() -> Check {
    let probes = docker(&["ps", "-aq", "--filter", "label=app.kubernetes.io/managed-by=seatrial"]);
    check(probes.is_empty(), format!("containers of probes are left: {probes}"))?;
    let nodes = docker(&NODES);
    let new = |name: &&str| !BEFORE.get().is_some_and(|before| before.contains(*name));
    let ours: Vec<&str> =
        nodes.lines().filter(|name| name.starts_with("seatrial-test-") || own(name)).filter(new).collect();
    check(ours.is_empty(), format!("nodes are left: {ours:?}"))
}

/// A cluster that was named by chance, `seatrial-` and six characters.
fn own(node: &str) -> bool {
    let id = node.strip_prefix("seatrial-").and_then(|rest| rest.split('-').next()).unwrap_or_default();
    id.len() == 6
}

async fn finds_what_is_there() -> Check {
    let needs = seatrial_environments::Needs {
        image: Some("seatrial.invalid/none:1".to_owned()),
        ..seatrial_environments::Needs::default()
    };
    let diagnosis = doctor(&Tools::from_env(), &needs).await;
    let image = diagnosis.find("image").unwrap();
    check(image.cause == Cause::ImageMissing && image.cure.contains("docker pull"), &diagnosis)?;
    for name in ["docker", "cgroup", "inotify", "disk", "memory", "kind", "kubectl", "node image"] {
        check(diagnosis.find(name).is_some_and(|finding| !finding.what.is_empty()), format!("{name}\n{diagnosis}"))?;
    }
    Ok(())
}

async fn reads_the_image() -> Check {
    let reference = tdengine().unwrap();
    let report: ImageReport = probe(&Tools::from_env(), &reference, Depth::Contract, &ProbeLimits::default()).await?;
    print!("{report}");
    for contract in &report.contract {
        println!("{:<5} {} -> {:?}", contract.via, contract.sql, contract.outcome);
    }
    check(report.keeps_contract(), format!("{:?}", report.warnings()))?;
    let tag = reference.rsplit(':').next().unwrap_or_default();
    check(tag.starts_with(&report.version.to_string()) || !tag.starts_with(char::is_numeric), report.version)?;
    if report.profile.name == "2.1" {
        check(report.rest.is_some(), &report)?;
    } else if report.profile.name == "3.x" {
        check(report.conventions.taos_check && report.conventions.init.is_some(), &report)?;
    }
    nothing_left()
}

/// An image of nothing but one file.
fn bare_image(name: &str) -> Check {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("nothing"), "").unwrap();
    let tar = Command::new("tar").arg("-C").arg(folder.path()).args(["-c", "nothing"]).output()?.stdout;
    let mut import =
        Command::new("docker").args(["import", "-", name]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    import.stdin.take().unwrap().write_all(&tar)?;
    check(import.wait()?.success(), "docker import")
}

async fn refuses_what_is_no_tdengine() -> Check {
    let begun = std::time::Instant::now();
    let mut images = vec!["localhost/seatrial-test-bare:1".to_owned()];
    bare_image(&images[0])?;
    // A node image has a shell and no server.
    images.extend(node_image());
    for reference in &images {
        let refused = probe(&Tools::from_env(), reference, Depth::Quick, &ProbeLimits::default()).await;
        let error = refused.err().ok_or_else(|| Failed::from(format!("{reference} was taken for a TDengine")))?;
        check(error.cause == Cause::NotTdengine && error.exit().code() == 3, format!("{error:?}"))?;
        println!("{}", error.render());
    }
    docker(&["rmi", "localhost/seatrial-test-bare:1"]);
    check(begun.elapsed() < Duration::from_secs(30), format!("it took {:?}", begun.elapsed()))?;
    nothing_left()
}

async fn refuses_a_server_that_ends() -> Check {
    const NAME: &str = "localhost/seatrial-test-ends:1";
    let container = docker(&["create", &tdengine().unwrap()]);
    let entrypoint = "ENTRYPOINT [\"/bin/sh\", \"-c\", \"echo no license; exit 9\"]";
    docker(&["commit", "--change", entrypoint, &container, NAME]);
    docker(&["rm", "-f", "-v", &container]);
    let refused = probe(&Tools::from_env(), NAME, Depth::Quick, &ProbeLimits::default()).await;
    docker(&["rmi", NAME]);
    let error = refused.err().ok_or("it was taken")?;
    check(error.cause == Cause::ImageBroken && error.happened.contains("no license"), format!("{error:?}"))?;
    nothing_left()
}

fn options(folder: &Path) -> KindOptions {
    KindOptions { node_image: node_image(), logs: Some(folder.join("evidence")), ..KindOptions::default() }
}

async fn node_image_is_away() -> Check {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path().join("state"));
    let options = KindOptions { node_image: Some("localhost:1/seatrial-none:1".to_owned()), ..options(folder.path()) };
    let booted = KindCluster::boot(&Tools::from_env(), &state, &options).await;
    let error = booted.err().ok_or("it was made")?;
    check(error.cause == Cause::NodeImageMissing, format!("{error:?}"))?;
    check(state.all()?.is_empty(), "its record is left")?;
    nothing_left()
}

async fn interrupted() -> Check {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path().join("state"));
    let (tools, options) = (Tools::from_env(), options(folder.path()));
    let boot = KindCluster::boot(&tools, &state, &options);
    check(tokio::time::timeout(Duration::from_secs(8), boot).await.is_err(), "it was made too fast")?;
    check(state.all()?.is_empty(), "its record is left")?;
    nothing_left()
}

/// Boots a cluster and waits to be killed.
fn victim(folder: &Path) {
    let state = State::at(folder.join("state"));
    let _ = runtime().block_on(KindCluster::boot(&Tools::from_env(), &state, &options(folder)));
    std::thread::sleep(Duration::from_secs(600));
}

async fn killed() -> Check {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path().join("state"));
    let mut child = Command::new(std::env::current_exe()?).env(VICTIM, folder.path()).spawn()?;
    // Killed as soon as its first node is there.
    let begun = std::time::Instant::now();
    let node = || state.all().ok()?.first().map(|record| format!("{}-control-plane", record.name));
    let there = || node().is_some_and(|node| !docker(&["ps", "-q", "--filter", &format!("name={node}")]).is_empty());
    while !there() && begun.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let busy = clean(&Tools::from_env(), &state, &CleanOptions::default()).await;
    let left = busy.items.iter().any(|item| matches!(&item.fate, Fate::Left(why) if why.contains("is using it")));
    child.kill()?;
    child.wait()?;
    let options = CleanOptions { dry_run: true, ..CleanOptions::default() };
    let listed = clean(&Tools::from_env(), &state, &options).await;
    let report = clean(&Tools::from_env(), &state, &CleanOptions::default()).await;
    print!("{busy}{listed}{report}");
    check(left, format!("the cluster of a running process was not left: {busy}"))?;
    check(listed.items.iter().any(|item| item.fate == Fate::Listed), &listed)?;
    check(report.ok() && report.items.iter().any(|item| item.fate == Fate::Removed), &report)?;
    check(state.all()?.is_empty(), "its record is left")?;
    nothing_left()
}

fn request(key: &str) -> BootRequest {
    BootRequest {
        key: key.to_owned(),
        namespace: "ignored".to_owned(),
        seed: 1,
        attempt: 1,
        workers: 0,
        own_volumes: 0,
    }
}

async fn whole_life() -> Check {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path().join("state"));
    let (tools, image) = (Tools::from_env(), tdengine().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&heard);
    let options = KindOptions {
        reuse: Some(format!("test-{}", seatrial_environments::fresh_id())),
        images: vec![image.clone()],
        tell: Arc::new(move |text| {
            println!("{text}");
            hear.lock().unwrap().push(text.to_owned());
        }),
        ..options(folder.path())
    };
    let result = life(&tools, &state, &options, &image, &heard).await;
    let report = clean(&tools, &state, &CleanOptions::default()).await;
    print!("{report}");
    result?;
    check(report.ok(), &report)?;
    check(std::fs::read_dir(state.folder())?.next().is_none(), "files are left")?;
    nothing_left()
}

async fn life(tools: &Tools, state: &State, options: &KindOptions, image: &str, heard: &Mutex<Vec<String>>) -> Check {
    use std::os::unix::fs::PermissionsExt;
    let kind = KindEnvironment::start(tools, state, options).await?;
    let cluster = kind.cluster();
    let mode = std::fs::metadata(cluster.kubeconfig())?.permissions().mode() & 0o777;
    check(mode == 0o600, format!("mode of the kubeconfig file: {mode:o}"))?;
    check(cluster.nodes_without(image).await.is_empty(), "the image is not on the nodes")?;
    check(kind.kubernetes().await?.starts_with('v'), "no version")?;
    // The namespace of a scenario that nobody ends: what a killed run leaves.
    let place = kind.boot(&request("safe-scale-down@doc")).await?;
    check(place.namespace().starts_with("seatrial-safe-scale-down-doc-"), place.namespace())?;
    place.access().prepare().await?;
    let left = place.namespace().to_owned();
    if image.contains(":2.") {
        serves(&*place, image).await?;
    }
    drop(place);
    with_a_context(cluster).await?;
    let told = kind.shutdown().await?;
    check(told.is_some_and(|text| text.contains("stays")), "it is not told that the cluster stays")?;

    let again = KindEnvironment::start(tools, state, options).await?;
    let named = heard.lock().unwrap().iter().any(|text| text.contains(&format!("namespace/{left}")));
    check(named, "the leftover was not named")?;
    let spaces: Api<Namespace> = Api::all(again.cluster().client().clone());
    check(spaces.get_opt(&left).await?.is_none(), "the leftover is still there")?;
    let place = again.boot(&request("ends")).await?;
    let name = place.namespace().to_owned();
    place.end(false).await?;
    let ending = spaces.get_opt(&name).await?;
    check(ending.is_none_or(|space| space.metadata.deletion_timestamp.is_some()), "its end was not asked for")?;
    again.shutdown().await?;
    Ok(())
}

/// The document's servers come up and answer over both ways.
async fn serves(place: &dyn BootedCluster, image: &str) -> Check {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/doc-2x/headless");
    let mut manifests = ManifestSet::load(&folder).map_err(|mistake| mistake.to_string())?.all();
    let pull_policy = Some("IfNotPresent".to_owned());
    Edits { image: image.to_owned(), pull_policy, ..Edits::default() }.make(&mut manifests, Some(2), false)?;
    let cluster = place.access().cluster().ok_or("no cluster")?;
    cluster.apply(&manifests).await?;
    let ready = |snapshot: &Snapshot| (snapshot.pods.values().filter(|pod| pod.ready).count() == 2).then_some(());
    cluster.wait("both pods are ready", Duration::from_secs(180), ready).await?;
    for via in [Via::Shell, Via::Rest] {
        let dnodes = cluster.dnodes("tdengine-0", via, Full::AsShown).await.rows?;
        println!("{via:?}: {dnodes:?}");
        check(dnodes.len() == 2 && dnodes.iter().all(|dnode| dnode.status == "ready"), format!("{dnodes:?}"))?;
    }
    Ok(())
}

/// The same cluster, as one that somebody has.
async fn with_a_context(cluster: &KindCluster) -> Check {
    let options = KubeconfigOptions {
        file: Some(cluster.kubeconfig().to_owned()),
        context: Some(format!("kind-{}", cluster.name())),
        ..KubeconfigOptions::default()
    };
    let environment = KubeconfigEnvironment::start(options.clone()).await?;
    check(environment.storage_class() == "standard", environment.storage_class())?;
    let place = environment.boot(&request("config-update")).await?;
    let name = place.namespace().to_owned();
    let spaces: Api<Namespace> = Api::all(cluster.client().clone());
    let space = spaces.get(&name).await?;
    check(space.labels().get("app.kubernetes.io/managed-by").is_some_and(|by| by == "seatrial"), "it has no label")?;
    place.access().clean().await?;
    place.end(false).await?;
    check(spaces.get_opt(&name).await?.is_none(), "the namespace is left")?;

    let start = |change: fn(&mut KubeconfigOptions)| {
        let mut options = options.clone();
        change(&mut options);
        async move { KubeconfigEnvironment::start(options).await.err().ok_or("it was taken") }
    };
    let error = start(|options| options.storage_class = Some("fast".to_owned())).await?;
    check(error.cause == Cause::NoStorageClass && error.happened.contains("standard"), format!("{error:?}"))?;
    let error = start(|options| options.pull_secret = "default/none".parse().ok()).await?;
    check(error.tried.contains("default/none"), format!("{error:?}"))?;
    let error = start(|options| options.node_selector = [("disk".to_owned(), "ssd".to_owned())].into()).await?;
    check(error.cause == Cause::Config && error.tried.contains("disk=ssd"), format!("{error:?}"))?;

    without_default_class(cluster, &options).await?;
    without_rights(cluster, &options).await
}

async fn without_default_class(cluster: &KindCluster, options: &KubeconfigOptions) -> Check {
    let classes: Api<StorageClass> = Api::all(cluster.client().clone());
    let mark = |value: &str| {
        let annotations = json!({ "storageclass.kubernetes.io/is-default-class": value });
        Patch::Merge(json!({ "metadata": { "annotations": annotations } }))
    };
    classes.patch("standard", &PatchParams::default(), &mark("false")).await?;
    let refused = KubeconfigEnvironment::start(options.clone()).await;
    classes.patch("standard", &PatchParams::default(), &mark("true")).await?;
    let error = refused.err().ok_or("a cluster without a default storage class was taken")?;
    check(error.cause == Cause::NoStorageClass && error.advice.contains("--storage-class"), format!("{error:?}"))
}

async fn without_rights(cluster: &KindCluster, options: &KubeconfigOptions) -> Check {
    // Somebody whom nothing is allowed: the rights of a fresh service account, by impersonation.
    let accounts: Api<ServiceAccount> = Api::namespaced(cluster.client().clone(), "default");
    let account = serde_json::from_value(json!({ "metadata": { "name": "nobody" } }))?;
    accounts.create(&PostParams::default(), &account).await?;
    let text = std::fs::read_to_string(cluster.kubeconfig())?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("nobody");
    let as_nobody = "  user:\n    as: system:serviceaccount:default:nobody\n";
    std::fs::write(&file, text.replacen("  user:\n", as_nobody, 1))?;
    let options = KubeconfigOptions { file: Some(file), ..options.clone() };
    let error = KubeconfigEnvironment::start(options).await.err().ok_or("nobody was taken")?;
    check(error.cause == Cause::Forbidden && error.happened.contains("create namespaces"), format!("{error:?}"))
}
