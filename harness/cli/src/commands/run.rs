use std::{num::NonZeroUsize, path::Path, time::Instant};

use seatrial_embedded::{Defects, EmbeddedCluster};
use seatrial_engine::{Edits, Environment, Options, Plan};
use seatrial_environments::Embedded;
use seatrial_record::{EventLog, Recording};
use seatrial_report::{Model, Terminal, Verbosity, write_all};
use tokio::sync::watch;

use super::{Done, show};
use crate::{
    args::{Cli, Client, Color, Env, Keep, Lang, Part, RunArgs, SelectArgs},
    complaint::Complaint,
    facts,
    ground::{self, Ground},
    home::{Home, Loaded},
    interrupt,
    replay::replay,
    run_folder::RunFolder,
    runtime,
};

/// Runs scenarios.
pub fn run(args: &RunArgs, cli: &Cli) -> Done {
    if let Some(text) = args.environment.misplaced() {
        return Err(Complaint::usage(text));
    }
    refuse_simulated_connector(args)?;
    let home = Home::find()?;
    let cancel = interrupt::watch();
    if args.environment.env() == Env::Embedded {
        let tdengine = args.select.tdengine();
        let loaded = home.load_for(&args.select)?;
        let plan = part(loaded.plan(&args.select, args.repeat)?, args.shard)?;
        let table = Table::lay(args, cli, tdengine)?;
        let work = async {
            let environment = Embedded::new(tdengine, Defects::default()).map_err(Complaint::usage)?;
            table.run(&plan, &loaded, &environment, table.options(embedded_edits(tdengine), cancel)).await
        };
        return runtime::virtual_time(work).map_err(Complaint::environment)?;
    }
    runtime::real_time(on_ground(args, cli, &home, cancel)).map_err(Complaint::environment)?
}

/// On the embedded cluster of a run time is simulated, and would not wait for the connector's sockets.
fn refuse_simulated_connector(args: &RunArgs) -> Result<(), Complaint> {
    if args.client == Client::Connector && args.environment.env() == Env::Embedded {
        return Err(Complaint::usage(
            "--client connector needs real time, and on the embedded cluster time is simulated.\n\
             Serve one and run against it:\n  \
             seatrial serve --tdengine 3.3.0.1 --kubeconfig kubeconfig --speed 20 &\n  \
             KUBECONFIG=kubeconfig seatrial run --env kubeconfig --context seatrial --tdengine 3.3.0.1 --client connector\n\
             or use --env kind, --client rest or --client shell",
        ));
    }
    Ok(())
}

/// Runs scenarios on a real cluster. What is not as it must be is told before anything is made.
async fn on_ground(args: &RunArgs, cli: &Cli, home: &Home, cancel: watch::Receiver<bool>) -> Done {
    // Mistakes in files are told before anything is looked at, although the image decides which of them run.
    home.load(&args.select.paths)?;
    let surveyed = ground::survey(&args.environment, args.select.tdengine.as_deref());
    let site = interrupt::unless(&cancel, Box::pin(surveyed)).await??;
    let tdengine = site.tdengine.clone();
    let select = SelectArgs { tdengine: Some(tdengine.clone()), ..args.select.clone() };
    let loaded = home.load_for(&select)?;
    let mut plan = part(loaded.plan(&select, args.repeat)?, args.shard)?;
    let mut site = site;
    site.bring_others(&mut plan).await;
    let table = Table::lay(args, cli, &tdengine)?;
    let edits = site.edits.clone();
    let made = Ground::make(site, &args.environment, args.keep, &table.folder.path);
    let mut ground = interrupt::unless(&cancel, Box::pin(made)).await??;
    let ended = table.run(&plan, &loaded, ground.environment(), table.options(edits, cancel)).await;
    if args.keep == Keep::OnFailure && matches!(ended, Ok(exit) if exit.code() == 0) {
        ground.let_go();
    }
    let left = ground.end().await;
    // How the run ended counts more than what could not be removed after it.
    let exit = ended?;
    if let Some(kept) = left? {
        show(&format!("  {kept}\n"));
    }
    Ok(exit)
}

/// Where a run is written down.
struct Table<'a> {
    args: &'a RunArgs,
    tdengine: &'a str,
    folder: RunFolder,
    screen: seatrial_report::Options,
}

impl<'a> Table<'a> {
    fn lay(args: &'a RunArgs, cli: &Cli, tdengine: &'a str) -> Result<Self, Complaint> {
        let what = format!("{}-{tdengine}", args.environment.env().name());
        let folder = RunFolder::create(args.out.as_deref(), &what, args.seed)?;
        let screen = options(cli, args.lang, &folder.path);
        Ok(Self { args, tdengine, folder, screen })
    }

    fn options(&self, edits: Edits, cancel: watch::Receiver<bool>) -> Options {
        Options {
            seatrial: env!("CARGO_PKG_VERSION").to_owned(),
            replay: replay(self.args, self.tdengine),
            seed: self.args.seed,
            edits,
            keep: match self.args.keep {
                Keep::Never => seatrial_engine::Keep::Never,
                Keep::OnFailure => seatrial_engine::Keep::OnFailure,
                Keep::Always => seatrial_engine::Keep::Always,
            },
            jobs: self.args.jobs.unwrap_or_else(|| jobs(self.args.environment.env())),
            client: self.args.client.way(),
            histories: Some(self.folder.file("histories")),
            diagnostics: true,
            patience: true,
            cancel,
        }
    }

    /// Runs the plan, and writes and shows the reports.
    async fn run(&self, plan: &Plan, loaded: &Loaded, environment: &dyn Environment, options: Options) -> Done {
        let file = self.folder.file("events.jsonl");
        let recording = Recording::create(&file).map_err(Complaint::environment)?;
        let terminal = Terminal::new(self.screen.clone(), Box::new(std::io::stdout()));
        let mut log = EventLog::new(vec![Box::new(recording), Box::new(terminal)]);
        let mut facts = facts::begin(&self.folder.id);
        facts::write(&self.folder.path, &facts)?;
        let start = Instant::now();
        let summary = seatrial_engine::run(plan, &loaded.sets, environment, &options, &mut log).await?;
        let wall_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Closes the terminal's live line before anything else is printed.
        drop(log);

        let events = Recording::read(&file).map_err(Complaint::environment)?;
        facts.wall_ms = Some(wall_ms);
        facts.lang = words(self.args.lang);
        facts::write(&self.folder.path, &facts)?;
        write_all(&self.folder.path, &events, &facts).map_err(Complaint::environment)?;
        if let Some(model) = Model::of(&events) {
            show(&seatrial_report::terminal::closing(&model, &facts, &self.screen));
        }
        Ok(summary.exit)
    }
}

/// The part of `plan` that is asked for.
fn part(plan: Plan, part: Option<Part>) -> Result<Plan, Complaint> {
    let Some(Part { index, count }) = part else { return Ok(plan) };
    let all = plan.runs.len();
    let plan = plan.shard(index, count);
    if plan.runs.is_empty() {
        let text = format!("nothing would be checked: part {index} of {count} is empty, for there are {all} scenarios");
        return Err(Complaint::nothing(format!("{text}\n  = help: split it into {all} parts at most")));
    }
    Ok(plan)
}

/// How many scenarios run at once if nobody says: as many as there are cores where they share nothing, and one by one
/// where they share a cluster.
fn jobs(env: Env) -> NonZeroUsize {
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    if env == Env::Embedded { cores() } else { NonZeroUsize::MIN }
}

/// The changes to the documents' manifests on the embedded cluster: its image, which is always there.
pub fn embedded_edits(tdengine: &str) -> Edits {
    Edits {
        image: EmbeddedCluster::image_reference(tdengine),
        pull_policy: Some("IfNotPresent".to_owned()),
        storage_class: None,
    }
}

/// How to print, by the command line and the terminal.
pub fn options(cli: &Cli, lang: Lang, folder: &Path) -> seatrial_report::Options {
    let detected = seatrial_report::Options::detect();
    seatrial_report::Options {
        color: match cli.color {
            Color::Auto => detected.color,
            Color::Always => true,
            Color::Never => false,
        },
        verbosity: if cli.verbose > 0 { Verbosity::Verbose } else { Verbosity::Normal },
        lang: words(lang),
        folder: folder.display().to_string(),
        ..detected
    }
}

/// The report's name of a language.
pub fn words(lang: Lang) -> seatrial_report::Lang {
    match lang {
        Lang::En => seatrial_report::Lang::En,
        Lang::Zh => seatrial_report::Lang::Zh,
    }
}
