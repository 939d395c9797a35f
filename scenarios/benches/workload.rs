//! `cargo bench --bench workload`: 2,000 inserts a second for a minute into the embedded cluster, in real time, with a
//! history on disk, and the check of it. Prints what that costs.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use seatrial_chaos::{ClusterClient, CopyRead, History, Inserts, Journal, check, read_back};
use seatrial_cluster::{Cluster, Limits, Via};
use seatrial_embedded::{EmbeddedCluster, Options};
use seatrial_engine::{Document, Edits, scenario::Mistakes};
use seatrial_record::Verdict;
use seatrial_scenarios::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TDENGINE: &str = "2.1.1.0";
const SECONDS: u64 = 60;
/// So many that each can wait for its acknowledgement, which takes some 11 ms with three replicas.
const WRITERS: u32 = 32;
/// 62.5 rows a second and writer.
const EVERY: Duration = Duration::from_millis(16);
/// Most memory that it may take, and most processor time of the minute.
const BOUNDS: (f64, f64) = (150.0, 60.0);

fn main() -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> Result<(), Failure> {
    let embedded = EmbeddedCluster::boot(&Options::new(1, TDENGINE))?;
    let clock = embedded.world().clock;
    let cluster = Cluster::new(embedded.client(), "load", Limits::default(), Arc::new(move || clock.now()));
    let pods = servers(&cluster).await?;
    let run = |sql: &'static str| cluster.sql(&pods[0], sql, Via::Shell, Duration::from_secs(30));
    run("create database load replica 3").await.outcomes?;
    let inserts = Inserts {
        database: "load".to_owned(),
        table: "rows".to_owned(),
        tables: 4,
        writers: WRITERS,
        batch: 1,
        every: Some(EVERY),
        readers: 1,
        changes: false,
        via: Via::Rest,
        pods,
        limit: Duration::from_secs(10),
        seed: 1,
    };
    inserts.prepare(&cluster, Duration::from_secs(30)).await?;
    let folder = std::env::temp_dir().join(format!("seatrial-workload-{}", std::process::id()));
    let file = folder.join("rows.jsonl");
    let journal = Arc::new(Journal::create(&file)?);
    let (begun, used) = (Instant::now(), processor()?);
    let running = inserts.clone().start(&cluster, Some(Arc::clone(&journal)))?;
    tokio::time::sleep(Duration::from_secs(SECONDS)).await;
    let mut history = running.stop().await;
    let (wall, writing) = (begun.elapsed().as_secs_f64(), processor()? - used);
    let found = {
        let mut client = ClusterClient::new(cluster.clone(), Via::Shell);
        read_back(&mut client, &inserts.pods[0], &inserts, &history, Duration::from_secs(30)).await?
    };
    let copy = CopyRead { rows: found.rows, ..CopyRead::default() };
    journal.read_back(&copy, None);
    journal.whole()?;
    history.keep(copy);
    let checked = check(&history);
    let whole = processor()? - used;
    let memory = peak_memory()?;
    drop(history);
    let stored = check(&History::from_json_lines(&fs::read_to_string(&file)?)?);
    let size = fs::metadata(&file)?.len();
    fs::remove_dir_all(&folder)?;
    #[expect(clippy::cast_precision_loss, reason = "counts of a minute are exact in a float")]
    let rate = checked.acked as f64 / wall;
    println!("{WRITERS} writers by REST, 3 pods, replica 3, TDengine {TDENGINE}, in real time");
    println!("  rows       {} acknowledged, {rate:.0} a second for {wall:.1} s", checked.acked);
    println!("  processor  {writing:.1} s while writing, {whole:.1} s with reading back and the check");
    println!("  peak RSS   {memory:.0} MB, cluster and harness together");
    println!("  history    {} MB on disk", size / 1_000_000);
    println!("  check      {}: {checked}", checked.verdict());
    if checked.verdict() != Verdict::Pass || stored != checked {
        return Err(format!("the check of what was stored says otherwise: {stored}").into());
    }
    if memory > BOUNDS.0 || whole > BOUNDS.1 || rate < 1_900.0 {
        return Err("more than 150 MB, more than one core, or fewer than 2,000 inserts a second".into());
    }
    Ok(())
}

/// Applies the manifests of the document and waits for three servers.
async fn servers(cluster: &Cluster) -> Result<Vec<String>, Failure> {
    const READY: Duration = Duration::from_secs(180);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let sets = Document::load_all(&fixtures).map_err(Mistakes)?.into_iter().flat_map(|document| document.sets);
    let set = sets.into_iter().find(|set| set.name == "headless" && set.is_for([2, 1, 1])).ok_or("no manifests")?;
    let mut manifests = set.all();
    let edits = Edits {
        image: EmbeddedCluster::image_reference(TDENGINE),
        pull_policy: Some("IfNotPresent".to_owned()),
        storage_class: None,
    };
    edits.make(&mut manifests, Some(3), false)?;
    cluster.ensure_namespace().await?;
    cluster.apply(&manifests).await?;
    let deadline = Instant::now() + READY;
    loop {
        let pods = cluster.pods().await?;
        let ready: Vec<String> = pods.into_iter().filter(|pod| pod.ready).map(|pod| pod.name).collect();
        if ready.len() == 3 {
            return Ok(ready);
        }
        if Instant::now() > deadline {
            return Err(format!("{} of 3 pods are ready after {} s", ready.len(), READY.as_secs()).into());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Seconds of processor time that this process has used.
fn processor() -> Result<f64, Failure> {
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no stat")?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).ok_or("no times");
    Ok((ticks(11)? + ticks(12)?) / TICKS)
}

/// The process's peak resident memory in megabytes.
fn peak_memory() -> Result<f64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1_000.0)
}
