//! From scenario files to the list of runs: read, validate, select.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use seatrial_chaos::Fault;
use seatrial_record::{ClaimDefinition, PlannedScenario, Shard, Skipped};
use seatrial_taos::Version;

use crate::{
    Ledger, ManifestSet,
    scenario::{
        Action, Check, Expectation, Filter, Located, Mistake, Mistakes, Names, Release, Scenario, Step, Subject,
        VersionRange, meant, parse,
    },
    title::readable,
};

/// Valid scenarios and the claims that they speak of.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    /// The scenarios, in the order of their files.
    pub scenarios: Vec<Scenario>,
    /// The claims.
    pub ledger: Ledger,
}

/// What is asked to run.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The version of TDengine.
    pub version: Version,
    /// Names of manifest sets, in order; all if empty.
    pub sets: Vec<String>,
    /// Names of scenarios, `NAME` or `NAME@SET`, with `*` for any text; all if empty.
    pub names: Vec<String>,
    /// How often each is run.
    pub repeats: u32,
}

/// What will run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The version of TDengine.
    pub version: Version,
    /// The runs, in order.
    pub runs: Vec<PlannedRun>,
    /// What does not run, and why.
    pub skipped: Vec<Skipped>,
    /// The claims that speak of the version.
    pub claims: Vec<ClaimDefinition>,
    /// Which part of a plan it is, if that was split.
    pub shard: Option<Shard>,
}

/// One run of a scenario with a manifest set.
#[derive(Clone, Debug)]
pub struct PlannedRun {
    /// The scenario, without the parts that do not apply.
    pub scenario: Arc<Scenario>,
    /// As it is told at the start of the run.
    pub planned: PlannedScenario,
    /// 1, or more for repeats.
    pub repeat: u32,
}

impl Plan {
    /// The versions that some run needs an image of besides the one under test, in order.
    pub fn other_versions(&self) -> BTreeSet<Version> {
        self.runs.iter().flat_map(|run| run.scenario.other_versions()).collect()
    }

    /// The images that faults give to pods, in order. Some may be nowhere to be had on purpose.
    pub fn images_of_faults(&self) -> BTreeSet<&str> {
        let faults = self.runs.iter().flat_map(|run| run.scenario.faults());
        faults
            .filter_map(|fault| if let Fault::ChangeImage(change) = fault { Some(&*change.image) } else { None })
            .collect()
    }

    /// Leaves out what needs an image of `version`, because of `reason`.
    pub fn leave_out(&mut self, version: Version, reason: &str) {
        let (left, runs): (Vec<_>, Vec<_>) = std::mem::take(&mut self.runs)
            .into_iter()
            .partition(|run| run.scenario.other_versions().contains(&version));
        self.runs = runs;
        let skipped = |run: PlannedRun| Skipped { name: run.planned.key, reason: reason.to_owned() };
        self.skipped.extend(left.into_iter().map(skipped));
    }
}

impl Scenario {
    /// All faults in it.
    pub(crate) fn faults(&self) -> Vec<&Fault> {
        let actions = self.steps.iter().filter_map(|step| step.action.as_ref()).chain(&self.finally);
        let faults = actions.flat_map(|action| match action {
            Action::Fault(fault) => vec![fault],
            Action::Schedule(schedule) => schedule.faults().collect(),
            _ => Vec::new(),
        });
        faults.collect()
    }

    /// The versions that it needs an image of besides the one under test.
    fn other_versions(&self) -> BTreeSet<Version> {
        let set = self.steps.iter().filter_map(|step| match step.action {
            Some(Action::SetImage(Release::Version(version))) => Some(version),
            _ => None,
        });
        self.start.version.into_iter().chain(set).collect()
    }
}

impl Suite {
    /// Reads all scenario files in `paths`, files or folders, and the ledgers. Everything is read and validated before
    /// anything runs, and all mistakes are told at once.
    pub fn load(paths: &[PathBuf], ledgers: &[PathBuf], sets: &[ManifestSet]) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let mut suite = Self::default();
        for path in ledgers {
            mistakes.extend(suite.ledger.read(path).err().unwrap_or_default());
        }
        let mut files = Vec::new();
        for path in paths {
            match scenario_files(path) {
                Ok(found) => files.extend(found.into_iter().filter(|file| !files.contains(file)).collect::<Vec<_>>()),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        for path in &files {
            let file = path.display().to_string();
            let text = match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) => {
                    mistakes.push(Mistake::in_file(&file, format!("cannot be read: {error}")));
                    continue;
                }
            };
            match parse(&file, &text) {
                Err(found) => mistakes.extend(found),
                Ok(scenario) => {
                    if let Some(other) = suite.scenarios.iter().find(|other| clash(other, &scenario)) {
                        let message = format!("scenario `{}` is already defined in {}", scenario.name, other.file);
                        let help = "give each scenario a name of its own, or versions that the other does not have";
                        mistakes.push(Mistake::in_file(&file, message).help(help));
                    }
                    mistakes.extend(outside(&scenario, &text, &suite.ledger, sets));
                    suite.scenarios.push(scenario);
                }
            }
        }
        if mistakes.is_empty() { Ok(suite) } else { Err(Mistakes(mistakes)) }
    }

    /// Selects what runs. An error if a name that was asked for does not exist.
    pub fn plan(&self, selection: &Selection, sets: &[ManifestSet]) -> Result<Plan, Mistakes> {
        self.names_exist(selection)?;
        let version = selection.version.first_three();
        let sets = sets_for(sets, version);
        let mut chosen: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
        if let Some(unknown) = selection.sets.iter().find(|name| !chosen.contains(&name.as_str())) {
            let message = format!("TDengine {} has no manifest set `{unknown}`", selection.version);
            let help = format!("there are {}", chosen.join(", "));
            return Err(Mistakes(vec![Mistake::in_file("the command line", message).help(help)]));
        }
        if !selection.sets.is_empty() {
            chosen = selection.sets.iter().map(String::as_str).collect();
        }
        let mut plan = Plan {
            version: selection.version,
            runs: Vec::new(),
            skipped: Vec::new(),
            claims: self.ledger.of(version),
            shard: None,
        };
        for scenario in &self.scenarios {
            if let Some(range) = scenario.tdengine.as_ref().filter(|range| !range.matches(version)) {
                let reason = format!("it speaks of TDengine {range}, this is {}", selection.version);
                plan.skipped.push(Skipped { name: scenario.name.clone(), reason });
                continue;
            }
            for set in &chosen {
                let key = format!("{}@{set}", scenario.name);
                if !selection.names.is_empty()
                    && !selection.names.iter().any(|name| fits(name, &scenario.name) || fits(name, &key))
                {
                    continue;
                }
                if !allows(&scenario.manifests, set) {
                    // That a scenario is for some sets only is news to nobody who did not ask for another.
                    if selection.sets.is_empty() {
                        continue;
                    }
                    plan.skipped.push(Skipped { name: key, reason: format!("it is not for the manifest set `{set}`") });
                    continue;
                }
                let applicable = Arc::new(applicable(scenario, version, set));
                if applicable.checks().next().is_none() {
                    let reason = format!("none of its checks is for TDengine {} with `{set}`", selection.version);
                    plan.skipped.push(Skipped { name: key, reason });
                    continue;
                }
                for repeat in 1..=selection.repeats.max(1) {
                    let key = if repeat == 1 { key.clone() } else { format!("{key}#{repeat}") };
                    let planned = planned(&applicable, key, set, names_of(&sets, set).as_ref());
                    plan.runs.push(PlannedRun { scenario: Arc::clone(&applicable), planned, repeat });
                }
            }
        }
        // Repeats of all rather than all repeats of one: a run that is stopped has seen everything once.
        plan.runs.sort_by_key(|run| run.repeat);
        Ok(plan)
    }

    fn names_exist(&self, selection: &Selection) -> Result<(), Mistakes> {
        let known = || self.scenarios.iter().map(|scenario| scenario.name.as_str());
        let unknown = selection.names.iter().filter_map(|asked| {
            let name = asked.split('@').next().unwrap_or(asked);
            if known().any(|known| fits(name, known)) {
                return None;
            }
            let mistake = Mistake::in_file("the command line", format!("no scenario is named `{asked}`"));
            Some(match meant(name, known()) {
                Some(meant) => mistake.help(format!("did you mean `{meant}`?")),
                None => mistake.help(format!("there are {}", known().collect::<Vec<_>>().join(", "))),
            })
        });
        let unknown: Vec<_> = unknown.collect();
        if unknown.is_empty() { Ok(()) } else { Err(Mistakes(unknown)) }
    }
}

/// True if `name` fits `pattern`, in which `*` stands for any text.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, behind)) => name
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).filter_map(|start| rest.get(start..)).any(|rest| fits(behind, rest))),
    }
}

fn allows(manifests: &[Located<String>], set: &str) -> bool {
    manifests.is_empty() || manifests.iter().any(|name| name.value == set)
}

/// The scenario without steps, checks and outcomes that are for other versions or manifest sets.
fn applicable(scenario: &Scenario, version: [u64; 3], set: &str) -> Scenario {
    let applies = |filter: &Filter| {
        allows(&filter.manifests, set) && filter.tdengine.as_ref().is_none_or(|range| range.matches(version))
    };
    let checks = |checks: &mut Vec<Check>| {
        checks.retain(|check| applies(&check.filter));
        for check in checks.iter_mut() {
            if let Subject::Outcomes(outcomes) = &mut check.subject {
                outcomes.retain(|outcome| applies(&outcome.filter));
            }
        }
    };
    let mut scenario = scenario.clone();
    checks(&mut scenario.start.check);
    scenario.steps.retain(|step| applies(&step.filter));
    scenario.steps.iter_mut().for_each(|step| checks(&mut step.check));
    scenario
}

/// The manifest sets of the documents that speak of a version, given by its first three parts.
pub(crate) fn sets_for(sets: &[ManifestSet], version: [u64; 3]) -> Vec<ManifestSet> {
    sets.iter().filter(|set| set.is_for(version)).cloned().collect()
}

/// True if there is a version for which both would run, under one name.
fn clash(one: &Scenario, other: &Scenario) -> bool {
    one.name == other.name && both(one.tdengine.as_ref(), other.tdengine.as_ref())
}

/// True if some version is in both ranges; none given is all versions.
fn both(one: Option<&VersionRange>, other: Option<&VersionRange>) -> bool {
    one.zip(other).is_none_or(|(one, other)| one.overlaps(other))
}

fn names_of(sets: &[ManifestSet], name: &str) -> Option<Names> {
    sets.iter().find(|set| set.name == name)?.names("").ok()
}

fn planned(scenario: &Scenario, key: String, set: &str, names: Option<&Names>) -> PlannedScenario {
    let title = |step: &Step| names.map_or_else(|| step.title(), |names| readable(&step.title(), names));
    let start = start_title(scenario.start.replicas);
    let checks = scenario.checks().count() + crate::run::implied(scenario.start.replicas, scenario.start.within).len();
    PlannedScenario {
        key,
        name: scenario.name.clone(),
        summary: scenario.summary.clone(),
        file: scenario.file.clone(),
        manifests: set.to_owned(),
        claims: scenario.claims.iter().map(|claim| claim.value.clone()).collect(),
        steps: std::iter::once(start).chain(scenario.steps.iter().map(title)).collect(),
        checks: u32::try_from(checks).unwrap_or(u32::MAX),
    }
}

/// The start of a cluster in words.
pub(crate) fn start_title(replicas: u32) -> String {
    match replicas {
        1 => "Apply the manifests and wait for 1 pod".to_owned(),
        replicas => format!("Apply the manifests and wait for {replicas} pods"),
    }
}

/// Scenario files in `path`, a file or a folder, in order of their names.
fn scenario_files(path: &Path) -> Result<Vec<PathBuf>, Mistake> {
    let file = path.display().to_string();
    let wrong = |error: std::io::Error| Mistake::in_file(&file, format!("cannot be read: {error}"));
    if std::fs::metadata(path).map_err(wrong)?.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(wrong)? {
            let entry = entry.map_err(wrong)?.path();
            let hidden = entry.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
            let yaml = entry.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
            match entry.is_dir() {
                _ if hidden => {}
                true => folders.push(entry),
                false if yaml => files.push(entry),
                false => {}
            }
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(
            Mistake::in_file(file, "there is no scenario file in this folder").help("scenario files end in .yaml")
        );
    }
    Ok(files)
}

/// Whether what the scenario names outside of its file is there: claims, manifest sets, manifest files.
fn outside(scenario: &Scenario, text: &str, ledger: &Ledger, sets: &[ManifestSet]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut note = |place, message: String, help: String| {
        mistakes.push(Mistake::in_file(&scenario.file, message).at(place, text).help(help));
    };
    let range = scenario.tdengine.as_ref();
    for claim in scenario.claims.iter().filter(|claim| !ledger.has(claim, range)) {
        let known = || ledger.claims().iter().map(|claim| claim.id.as_str());
        let help = match meant(claim, known()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "add it to the ledger in fixtures/claims".to_owned(),
        };
        note(claim.place, format!("no claim has the id `{}`", claim.value), help);
    }
    let sets: Vec<&ManifestSet> = sets.iter().filter(|set| both(set.tdengine.as_ref(), range)).collect();
    let mut set_names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
    set_names.sort_unstable();
    set_names.dedup();
    let outcomes = scenario.checks().filter_map(|check| match &check.subject {
        Subject::Outcomes(outcomes) => Some(outcomes),
        Subject::One(_) => None,
    });
    let filters = scenario.steps.iter().map(|step| &step.filter).chain(scenario.checks().map(|check| &check.filter));
    let filters = filters.chain(outcomes.flatten().map(|outcome| &outcome.filter));
    let named = scenario.manifests.iter().chain(filters.flat_map(|filter| &filter.manifests));
    for name in named.filter(|name| !set_names.contains(&name.value.as_str())) {
        let help = format!("there are {}", set_names.join(", "));
        note(name.place, format!("no manifest set is named `{}`", name.value), help);
    }
    for step in &scenario.steps {
        let Some(Action::Apply(apply)) = &step.action else { continue };
        let fitting = |set: &&&ManifestSet| apply.set.as_ref().is_none_or(|name| *name == set.name);
        let mut fitting = sets.iter().filter(fitting).peekable();
        if let (Some(name), None) = (&apply.set, fitting.peek()) {
            note(
                step.place,
                format!("no manifest set is named `{name}`"),
                format!("there are {}", set_names.join(", ")),
            );
        }
        for set in fitting {
            for file in apply.files.iter().filter(|file| !set.has(file)) {
                let there = set.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ");
                note(
                    step.place,
                    format!("no file of the manifest set `{}` is named `{file}`", set.name),
                    format!("there are {there}"),
                );
            }
        }
    }
    mistakes
}

/// True if the expectation can be seen from Kubernetes alone, by watching.
pub(crate) fn by_watch(expectation: &Expectation) -> bool {
    matches!(expectation, Expectation::Pods(_) | Expectation::Pvcs(_) | Expectation::StatefulSet(_))
}
