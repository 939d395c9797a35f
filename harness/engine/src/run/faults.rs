//! Faults as steps: each is told when it happens, when it is seen to have taken hold, and when it is seen to be gone.

use std::sync::Arc;

use seatrial_chaos::{Change, Fault, FaultError, Heal, Injector, Need, Schedule, Site, Underlay};
use seatrial_record::{Blame, Body, EvidenceKind, FaultChange, FaultPhase, Verdict};
use tokio::time::Instant;

use super::{Stage, Stop, act::Acted, check::CheckEnd};
use crate::scenario::Scenario;

fn unknown(reason: impl Into<String>) -> CheckEnd {
    CheckEnd { verdict: Verdict::Unknown, blame: Some(Blame::Harness), reason: reason.into() }
}

fn failed(what: impl std::fmt::Display, error: &FaultError) -> CheckEnd {
    let reason = format!("{what}: {error}");
    if error.is_failure() {
        return CheckEnd { verdict: Verdict::Fail, blame: Some(Blame::Product), reason };
    }
    unknown(reason)
}

/// The worse of two ends, the earlier of two that are equally bad.
fn worse(first: Acted, second: Acted) -> Acted {
    match (&first, &second) {
        (Err(one), Err(other)) if other.verdict > one.verdict => second,
        (Ok(()), _) => second,
        (Err(_), _) => first,
    }
}

/// How many volumes have to be file systems of their own: one for each pod, and one for a pod whose volume is lost, if a
/// fault needs that.
pub(super) fn own_volumes(scenario: &Scenario) -> u32 {
    let needs = scenario.faults().into_iter().any(Fault::needs_own_volume);
    if needs { scenario.start.replicas.saturating_add(1) } else { 0 }
}

/// Why one of these faults cannot be done; none if all can.
pub(super) async fn refused(faults: &[&Fault], underlay: Option<&Arc<dyn Underlay>>) -> Option<String> {
    for fault in faults {
        let why = match underlay {
            None if fault.need() == Need::Underlay => {
                "it is done below Kubernetes, which this environment does not reach: run it with `--env kind` or \
                 `--env embedded`"
                    .to_owned()
            }
            None => continue,
            Some(underlay) => match underlay.refuses(fault).await {
                Ok(None) => continue,
                Ok(Some(why)) => why,
                Err(error) => error.to_string(),
            },
        };
        return Some(format!("its fault {fault} cannot be done here: {why}; nothing was applied"));
    }
    None
}

impl Stage<'_> {
    /// An injector for this stage.
    pub fn arm(&mut self, underlay: Option<Arc<dyn Underlay>>) {
        let names = &self.names;
        self.injector = self.access.cluster().map(|cluster| {
            let site = Site {
                cluster,
                stateful_set: names.statefulset.clone(),
                service: names.service.clone(),
                claim: names.claim.clone(),
                port: names.port,
            };
            Injector::new(site, underlay)
        });
    }

    /// Does a fault and finds its witness.
    pub(super) async fn inject(&mut self, fault: &Fault) -> Result<Acted, Stop> {
        let Some(mut injector) = self.injector.take() else {
            return Ok(Err(unknown("faults need a cluster")));
        };
        let done = self.drive(Box::pin(injector.inject(fault))).await;
        let acted = match done {
            Err(stop) => Err(stop),
            Ok(Err(error)) => Ok(Err(failed(format!("{fault} was not done"), &error))),
            Ok(Ok(change)) => {
                let number = change.number;
                self.tell_fault(change)?;
                match self.drive(Box::pin(injector.witness(number))).await {
                    Err(stop) => Err(stop),
                    Ok(change) => self.note_phase(change),
                }
            }
        };
        self.injector = Some(injector);
        acted
    }

    /// Takes faults back and finds the proof that they are gone; the last that was done goes first, and scaling last.
    pub(super) async fn heal(&mut self, heal: &Heal) -> Result<Acted, Stop> {
        let Some(mut injector) = self.injector.take() else { return Ok(Ok(())) };
        let meant = injector.active().filter(|(_, fault)| heal.means(fault));
        let mut meant: Vec<(bool, u32)> =
            meant.map(|(number, fault)| (matches!(fault, Fault::Scale(_)), number)).collect();
        // Who takes pods away as the documents ask for needs servers that work.
        meant.sort_by_key(|(scales, number)| (*scales, std::cmp::Reverse(*number)));
        let mut acted = Ok(Ok(()));
        for (_, number) in meant {
            match Box::pin(self.heal_one(&mut injector, number)).await {
                Ok(one) => acted = acted.map(|so_far| worse(so_far, one)),
                Err(stop) => {
                    acted = Err(stop);
                    break;
                }
            }
        }
        self.injector = Some(injector);
        acted
    }

    async fn heal_one(&mut self, injector: &mut Injector, number: u32) -> Result<Acted, Stop> {
        let name = injector.active().find(|(other, _)| *other == number).map(|(_, fault)| fault.to_string());
        match self.drive(Box::pin(injector.heal(number))).await? {
            Err(error) => {
                let what = format!("{} was not taken back", name.unwrap_or_default());
                return Ok(Err(failed(what, &error)));
            }
            Ok(None) => return Ok(Ok(())),
            Ok(Some(change)) => self.tell_fault(change)?,
        }
        let change = self.drive(Box::pin(injector.prove(number))).await?;
        self.note_phase(change)
    }

    /// Does what a schedule says, each thing at its time.
    pub(super) async fn follow(&mut self, schedule: &Schedule) -> Result<Acted, Stop> {
        let begun = Instant::now();
        let mut worst = Ok(());
        for happening in &schedule.0 {
            self.pause(begun + happening.at.0, false).await?;
            let acted = match (&happening.fault, &happening.heal) {
                (Some(fault), _) => Box::pin(self.inject(fault)).await?,
                (None, Some(heal)) => Box::pin(self.heal(heal)).await?,
                (None, None) => Ok(()),
            };
            // The schedule goes on, so that nothing stays that it would have healed.
            worst = worse(worst, acted);
        }
        Ok(worst)
    }

    fn note_phase(&mut self, change: Option<Change>) -> Result<Acted, Stop> {
        let Some(change) = change else { return Ok(Ok(())) };
        let (phase, fault, text) = (change.phase, change.fault.clone(), change.text.clone());
        let number = change.number;
        self.tell_fault(change)?;
        match phase {
            FaultPhase::NotWitnessed | FaultPhase::NotHealed => Ok(Err(unknown(format!("{fault}: {text}")))),
            FaultPhase::Witnessed if !fault.lasts() => {
                let text = "it was over at once".to_owned();
                self.tell_fault(Change { number, fault, phase: FaultPhase::Healed, text })?;
                Ok(Ok(()))
            }
            _ => Ok(Ok(())),
        }
    }

    fn tell_fault(&mut self, change: Change) -> Result<(), Stop> {
        let Change { number, fault, phase, text } = change;
        let mut evidence = Vec::new();
        if !text.is_empty() {
            let title = format!("fault {number}, {fault}: {}", words(phase));
            let now = self.access.now();
            let seen =
                seatrial_cluster::Seen::new(EvidenceKind::Command, title, fault.kind(), now, text.as_bytes(), 4096);
            evidence = self.record(vec![seen])?;
        }
        if matches!(phase, FaultPhase::Healing) || (phase == FaultPhase::Witnessed && !fault.lasts()) {
            self.disturbed.push((number, self.access.now()));
        }
        let (name, target) = (fault.kind().to_owned(), fault.target());
        let scenario = self.key.clone();
        self.tell(Body::Fault(FaultChange { scenario, fault: number, name, target, phase, text, evidence }))?;
        Ok(())
    }
}

fn words(phase: FaultPhase) -> &'static str {
    match phase {
        FaultPhase::Injected => "done",
        FaultPhase::Witnessed => "the witness",
        FaultPhase::NotWitnessed => "no witness",
        FaultPhase::Healing => "taken back",
        FaultPhase::Healed => "gone",
        FaultPhase::NotHealed => "not gone",
    }
}
