use std::{
    collections::BTreeMap,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{StreamExt, stream::BoxStream};
use jiff::Timestamp;
use seatrial_chaos::{Injector, Membership};
use seatrial_cluster::{Seen, Snapshot};
use seatrial_record::{Body, Observation, ObservedKind, WriteError};
use seatrial_taos::Profile;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{Lens, chronicle::Teller, workload::Workloads};
use crate::{Access, scenario::Names};

/// Why a scenario ends before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Somebody asked for it.
    Interrupted,
    /// The scenario took longer than it may.
    OutOfTime,
    /// The cluster can no longer be watched.
    Blind(seatrial_cluster::ClusterError),
    /// The events cannot be written.
    Write(WriteError),
}

impl From<WriteError> for Stop {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

/// Where one scenario runs, and what is known of it.
pub(crate) struct Stage<'a> {
    pub key: String,
    pub access: Arc<dyn Access>,
    pub names: Arc<Names>,
    pub profile: &'static Profile,
    pub snapshot: Snapshot,
    /// The namespace before the action of the current step.
    pub before: Arc<Snapshot>,
    /// Number of the current step.
    pub step: u32,
    /// When the action of the current step began.
    pub acted: Instant,
    /// Outcomes that happened.
    pub outcomes: Vec<String>,
    pub workloads: Workloads,
    /// Whether diagnostics are collected after a failure.
    pub diagnostics: bool,
    /// Whether checks behind one that did not pass get their time.
    pub patience: bool,
    teller: &'a Teller<'a>,
    pub injector: Option<Injector>,
    roll: Arc<Mutex<Membership>>,
    /// Faults by number, and when each began to be over.
    pub disturbed: Vec<(u32, Timestamp)>,
    watch: BoxStream<'static, seatrial_cluster::Result<Snapshot>>,
    known: BTreeMap<(ObservedKind, String), String>,
    cancel: watch::Receiver<bool>,
    deadline: Instant,
    /// When the watch told something last; none if it has not told anything yet.
    told: Option<Instant>,
    /// How often it has told something.
    changes: u64,
    /// How much of the current step, and of all, the cluster would have taken anyway.
    inherent: (Duration, Duration),
}

/// How a pause ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// Its time was over.
    Over,
    /// The namespace changed.
    Changed,
}

impl<'a> Stage<'a> {
    pub fn new(
        key: &str,
        access: Arc<dyn Access>,
        names: Names,
        profile: &'static Profile,
        teller: &'a Teller<'a>,
        cancel: watch::Receiver<bool>,
        timeout: Duration,
    ) -> Self {
        Self {
            key: key.to_owned(),
            watch: access.watch(),
            workloads: Workloads::default(),
            injector: None,
            roll: Arc::default(),
            disturbed: Vec::new(),
            access,
            names: Arc::new(names),
            profile,
            snapshot: Snapshot::default(),
            before: Arc::new(Snapshot::default()),
            step: 0,
            acted: Instant::now(),
            outcomes: Vec::new(),
            diagnostics: true,
            patience: true,
            teller,
            known: BTreeMap::new(),
            cancel,
            deadline: Instant::now() + timeout,
            told: None,
            changes: 0,
            inherent: (Duration::ZERO, Duration::ZERO),
        }
    }

    /// Gives the scenario another `time`, say to clean up, and no longer heeds interruptions.
    pub fn last_chance(&mut self, time: Duration) {
        self.deadline = Instant::now() + time;
        let (_, never) = watch::channel(false);
        self.cancel = never;
    }

    /// When the watch told something last.
    pub fn told(&self) -> Option<Instant> {
        self.told
    }

    /// How often the watch has told something.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Notes time of the current step that the cluster would have taken anyway.
    pub fn spend(&mut self, inherent: Duration) {
        self.inherent.0 += inherent;
        self.inherent.1 += inherent;
    }

    /// Such time of the step so far; the next one begins at nothing.
    pub fn spent_in_step(&mut self) -> Duration {
        std::mem::take(&mut self.inherent.0)
    }

    /// Such time of the whole scenario.
    pub fn spent(&self) -> Duration {
        self.inherent.1
    }

    /// Adds an event that happens now.
    pub fn tell(&mut self, body: Body) -> Result<(), WriteError> {
        self.teller.tell(self.access.now(), body)
    }

    /// Records evidence of the current step and returns its numbers.
    pub fn record(&mut self, seen: Vec<Seen>) -> Result<Vec<u64>, WriteError> {
        let mut numbers = Vec::with_capacity(seen.len());
        for seen in seen {
            let id = self.teller.next_evidence();
            numbers.push(id);
            let evidence = seen.evidence(id);
            self.tell(Body::Evidence { scenario: Some(self.key.clone()), step: Some(self.step), evidence })?;
        }
        Ok(numbers)
    }

    /// Does some work, and meanwhile follows the namespace. Ends early when the scenario must.
    pub async fn drive<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Stop> {
        let mut work = pin!(work);
        loop {
            let change = tokio::select! {
                biased;
                () = asked(&mut self.cancel) => return Err(Stop::Interrupted),
                value = &mut work => return Ok(value),
                () = sleep_until(self.deadline) => return Err(Stop::OutOfTime),
                change = self.watch.next() => change,
            };
            self.take(change)?;
        }
    }

    /// Waits until the watch has told something, at most for `time`.
    pub async fn first_news(&mut self, time: Duration) -> Result<(), Stop> {
        if self.told.is_none() {
            self.pause(Instant::now() + time, true).await?;
        }
        Ok(())
    }

    /// Waits until `until`, or with `wake` until something changes in the namespace.
    pub async fn pause(&mut self, until: Instant, wake: bool) -> Result<Pause, Stop> {
        loop {
            let change = tokio::select! {
                biased;
                () = asked(&mut self.cancel) => return Err(Stop::Interrupted),
                change = self.watch.next() => change,
                () = sleep_until(until.min(self.deadline)) => {
                    return if Instant::now() >= until { Ok(Pause::Over) } else { Err(Stop::OutOfTime) };
                }
            };
            self.take(change)?;
            if wake {
                return Ok(Pause::Changed);
            }
        }
    }

    /// Waits until something changes in the namespace after it had changed so often, at most until `until`. What the watch
    /// tells beside a look may be younger than what was looked at, and is not told again.
    pub async fn pause_unless_changed(&mut self, changes: u64, until: Instant) -> Result<(), Stop> {
        if self.changes == changes {
            self.pause(until, true).await?;
        }
        Ok(())
    }

    fn take(&mut self, change: Option<seatrial_cluster::Result<Snapshot>>) -> Result<(), Stop> {
        let snapshot = match change {
            Some(Ok(snapshot)) => snapshot,
            Some(Err(error)) => return Err(Stop::Blind(error)),
            None => {
                let gone = seatrial_cluster::Problem::Unreachable("the watch ended".to_owned());
                return Err(Stop::Blind(seatrial_cluster::ClusterError::new("watch the namespace", gone)));
            }
        };
        let state = |pod: &seatrial_cluster::PodState| match pod.restarts {
            0 => pod.to_string(),
            restarts => format!("{pod}, restarts {restarts}"),
        };
        let pods: BTreeMap<String, String> = snapshot.pods.values().map(|pod| (pod.name.clone(), state(pod))).collect();
        self.snapshot = snapshot;
        self.told = Some(Instant::now());
        self.changes += 1;
        self.observe_all(ObservedKind::Pod, &pods)?;
        Ok(())
    }

    /// Tells what changed among the things of one kind; those that are not there any more are gone.
    fn observe_all(&mut self, kind: ObservedKind, states: &BTreeMap<String, String>) -> Result<(), WriteError> {
        let gone = |((known, name), state): (&(ObservedKind, String), &String)| {
            (*known == kind && !states.contains_key(name) && state != GONE).then(|| name.clone())
        };
        let gone: Vec<String> = self.known.iter().filter_map(gone).collect();
        for name in gone {
            self.observe(Observation { kind, name, state: GONE.to_owned() })?;
        }
        for (name, state) in states {
            self.observe(Observation { kind, name: name.clone(), state: state.clone() })?;
        }
        Ok(())
    }

    /// Tells the state of something if it is news.
    pub fn observe(&mut self, observation: Observation) -> Result<(), WriteError> {
        let place = (observation.kind, observation.name.clone());
        if self.known.get(&place) == Some(&observation.state) {
            return Ok(());
        }
        self.known.insert(place, observation.state.clone());
        self.tell(Body::Observed { scenario: self.key.clone(), observation })
    }

    /// The namespace, read now: the watch may be a little behind. What it said last if reading fails.
    pub async fn fresh(&mut self) -> Result<Snapshot, Stop> {
        let access = Arc::clone(&self.access);
        let read = self.drive(access.snapshot()).await?;
        Ok(read.unwrap_or_else(|_| self.snapshot.clone()))
    }

    /// A look at the cluster as it is in `snapshot`.
    pub fn lens(&self, snapshot: Snapshot) -> Lens {
        Lens {
            access: Arc::clone(&self.access),
            names: Arc::clone(&self.names),
            profile: self.profile,
            away: self.injector.as_ref().map(|injector| injector.away(snapshot.pods.values())).unwrap_or_default(),
            snapshot,
            before: Arc::clone(&self.before),
            workloads: self.workloads.clone(),
            roll: Arc::clone(&self.roll),
            excused: self.injector.as_ref().map(|injector| injector.excused().clone()).unwrap_or_default(),
            seen: Vec::new(),
            observed: Vec::new(),
            answers: BTreeMap::new(),
            brief: false,
            able: true,
        }
    }

    /// Tells the states that a look saw. What was listed before, and is not listed any more, is gone.
    pub fn observed(&mut self, observed: Vec<Observation>) -> Result<(), WriteError> {
        let mut kinds: BTreeMap<(ObservedKind, String), BTreeMap<String, String>> = BTreeMap::new();
        for Observation { kind, name, state } in observed {
            // Vgroups are listed by database.
            let list = name.split_once('/').map(|(database, _)| database.to_owned()).unwrap_or_default();
            kinds.entry((kind, list)).or_default().insert(name, state);
        }
        for ((kind, list), states) in kinds {
            if list.is_empty() {
                self.observe_all(kind, &states)?;
            } else {
                for (name, state) in states {
                    self.observe(Observation { kind, name, state })?;
                }
            }
        }
        Ok(())
    }
}

/// The state of what is not there any more.
const GONE: &str = "gone";

/// Ends when somebody asks for an end.
async fn asked(cancel: &mut watch::Receiver<bool>) {
    loop {
        if *cancel.borrow_and_update() {
            return;
        }
        if cancel.changed().await.is_err() {
            // Nobody can ask any more.
            return std::future::pending().await;
        }
    }
}
