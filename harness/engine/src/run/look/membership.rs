use std::sync::PoisonError;

use seatrial_taos::dnodes;

use crate::{
    run::{Glance, Lens},
    scenario::{Count, Where},
};

impl Lens {
    pub(crate) async fn membership(&mut self) -> Glance {
        let expected = "every pod is a ready dnode, nobody else is listed, no id was given twice";
        let Some(pod) = self.pods_at(&Where::Each).into_iter().next() else {
            return Glance::no(expected, "", "no pod is ready to be asked for `show dnodes`");
        };
        let rows = match self.view(&pod, "show dnodes", expected, dnodes).await {
            Ok(rows) => rows,
            Err(glance) => return glance,
        };
        self.observe_dnodes(&rows);
        let ours = self.snapshot.pods.keys().filter(|pod| self.names.ordinal(pod).is_some());
        let pods: Vec<String> = ours.cloned().collect();
        let wrong = self.roll.lock().unwrap_or_else(PoisonError::into_inner).violations(&rows, &pods);
        Glance::of(expected, if wrong.is_empty() { expected.to_owned() } else { wrong.join("\n") }, &wrong)
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
