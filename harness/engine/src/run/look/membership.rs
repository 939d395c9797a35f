use std::sync::PoisonError;

use seatrial_chaos::Membership;
use seatrial_record::Blame;
use seatrial_taos::dnodes;

use crate::{
    run::{Glance, Lens},
    scenario::{Count, MembershipState, Where},
};

impl Lens {
    pub(crate) async fn membership(&mut self, expected: MembershipState) -> Glance {
        let ours = self.snapshot.pods.keys().filter(|pod| self.names.ordinal(pod).is_some());
        let pods: Vec<String> = ours.cloned().collect();
        match expected {
            MembershipState::Whole => self.whole(&pods).await,
            MembershipState::Noticed => self.noticed(&pods).await,
        }
    }

    async fn whole(&mut self, pods: &[String]) -> Glance {
        let expected = "every pod is a ready dnode, nobody else is listed, no id was given twice";
        let Some(pod) = self.pods_at(&Where::Each).into_iter().next() else {
            return Glance::no(expected, "", "no pod is ready to be asked for `show dnodes`");
        };
        let rows = match self.view(&pod, "show dnodes", expected, dnodes).await {
            Ok(rows) => rows,
            Err(glance) => return glance,
        };
        self.observe_dnodes(&rows);
        let wrong = self.roll.lock().unwrap_or_else(PoisonError::into_inner).violations(&rows, pods);
        Glance::of(expected, if wrong.is_empty() { expected.to_owned() } else { wrong.join("\n") }, &wrong)
    }

    async fn noticed(&mut self, pods: &[String]) -> Glance {
        let expected = "nobody whose pod is gone, or whose server cannot be heard, is listed as ready";
        let ours = self.members().into_values();
        let ending = ours.filter(|pod| pod.deleting && !self.away.contains(&pod.name)).map(|pod| &pod.name);
        if let Some(why) = ending.map(|pod| format!("{pod} is still ending")).next() {
            return Glance::no(expected, why.clone(), why);
        }
        if self.away.is_empty() && !self.roll.lock().unwrap_or_else(PoisonError::into_inner).misses(pods) {
            return Glance::yes(expected, "nobody is away");
        }
        let awake = self.pods_at(&Where::Each).into_iter().find(|pod| !self.away.contains(pod));
        let rows = match awake {
            Some(pod) => self.view(&pod, "show dnodes", expected, dnodes).await,
            None => return Glance::yes(expected, "nobody is there to be asked"),
        };
        match rows {
            Ok(rows) => {
                self.observe_dnodes(&rows);
                let wrong = Membership::unnoticed(&rows, pods, &self.away);
                Glance::of(expected, if wrong.is_empty() { expected.to_owned() } else { wrong.join("\n") }, &wrong)
            }
            Err(glance) if glance.blame == Some(Blame::Product) => {
                Glance::yes(expected, format!("no list at all: {}", glance.why))
            }
            Err(glance) => glance,
        }
    }

    pub(crate) fn crashes(&self, expected: Count) -> Glance {
        let mut total = 0;
        let mut seen = Vec::new();
        for pod in self.snapshot.pods.values() {
            let excused = [&pod.uid, &pod.name].map(|key| self.excused.get(key).copied().unwrap_or(0));
            let own = pod.restarts.saturating_sub(excused.iter().sum());
            if own > 0 {
                seen.push(format!("{} was restarted {own} times", pod.name));
            }
            total += u64::from(own);
        }
        let against = if expected.allows(total) {
            Vec::new()
        } else {
            vec![format!("{total}, not {expected}: {}", seen.join(", "))]
        };
        Glance::of(
            format!("restarts that no fault did: {expected}"),
            format!("restarts that no fault did: {total}"),
            &against,
        )
    }
}
