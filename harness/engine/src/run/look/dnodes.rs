use std::{collections::BTreeMap, sync::PoisonError};

use seatrial_cluster::Via;
use seatrial_record::ObservedKind;
use seatrial_taos::{Dnode, dnodes};

use crate::{
    run::{
        Glance, Lens, SQL_LIMIT,
        grid::{ANY, Grid},
    },
    scenario::{Dnodes, Ids, Names, Others},
};

/// What is expected of one dnode.
struct Wanted {
    end_point: Option<String>,
    status: Option<&'static str>,
    reason: Option<String>,
    vnodes: Option<crate::scenario::Count>,
}

impl Lens {
    pub(crate) async fn dnodes(&mut self, expected: &Dnodes) -> Glance {
        let wanted = wanted(expected, &self.names);
        let blank = compare(&wanted, expected, &[]).expected;
        let pods = self.pods_at(&expected.from);
        if pods.is_empty() {
            return Glance::no(blank, "", "no pod is ready to be asked for `show dnodes`");
        }
        let mut last = None;
        for (index, pod) in pods.iter().enumerate() {
            if index == 1 {
                self.ask_ahead(&pods[1..], "show dnodes", Via::Shell, SQL_LIMIT, &blank).await;
            }
            let rows = match self.view(pod, "show dnodes", &blank, dnodes).await {
                Ok(rows) => rows,
                Err(glance) => return glance,
            };
            if last.is_none() {
                self.observe_dnodes(&rows);
            }
            let mut glance = compare(&wanted, expected, &rows);
            if glance.holds != crate::run::Holds::Yes {
                glance.why = format!("in {pod}: {}", glance.why);
                return glance;
            }
            last = Some(glance);
        }
        last.unwrap_or_else(|| Glance::no(blank, "", "nobody was asked"))
    }

    pub(super) fn observe_dnodes(&mut self, rows: &[Dnode]) {
        // A quick way writes times in another form, by which every dnode would look like another one.
        if !self.brief {
            self.roll.lock().unwrap_or_else(PoisonError::into_inner).sight(rows);
        }
        for dnode in rows {
            let state = if dnode.reason.is_empty() {
                dnode.status.clone()
            } else {
                format!("{}: {}", dnode.status, dnode.reason)
            };
            self.observe(ObservedKind::Dnode, format!("dnode {}", dnode.id), state);
        }
    }
}

fn wanted(expected: &Dnodes, names: &Names) -> BTreeMap<u32, Wanted> {
    let mut wanted = BTreeMap::new();
    let mut state = |ids: &Ids, status: &'static str| {
        for (id, end_point) in &ids.0 {
            let end_point = end_point.as_ref().map(|end_point| end_point.expand(names));
            // Who is ready has no reason to be offline.
            let reason = (status == "ready").then(String::new);
            wanted.insert(*id, Wanted { end_point, status: Some(status), reason, vnodes: None });
        }
    };
    state(&expected.ready, "ready");
    state(&expected.offline, "offline");
    state(&expected.dropping, "dropping");
    state(&expected.dropping_offline, "dropping*");
    let any = || Wanted { end_point: None, status: None, reason: None, vnodes: None };
    for (id, reason) in &expected.reason {
        wanted.entry(*id).or_insert_with(any).reason = Some(reason.expand(names));
    }
    for (id, vnodes) in &expected.vnodes {
        wanted.entry(*id).or_insert_with(any).vnodes = Some(*vnodes);
    }
    wanted
}

fn compare(wanted: &BTreeMap<u32, Wanted>, expected: &Dnodes, rows: &[Dnode]) -> Glance {
    let header = ["id", "end point", "status", "offline reason", "vnodes"];
    let (mut left, mut right) = (Grid::new(header), Grid::new(header));
    let mut against = Vec::new();
    let any = || ANY.to_owned();
    for (id, want) in wanted {
        left.row(vec![
            id.to_string(),
            want.end_point.clone().unwrap_or_else(any),
            want.status.map_or_else(any, str::to_owned),
            want.reason.clone().unwrap_or_else(any),
            want.vnodes.map_or_else(any, |vnodes| vnodes.to_string()),
        ]);
        if !rows.iter().any(|dnode| dnode.id == *id) {
            against.push(format!("dnode {id} is not listed"));
        }
    }
    for (at, dnode) in rows.iter().enumerate() {
        let id = dnode.id;
        if rows.iter().skip(at + 1).any(|other| other.id == id) {
            against.push(format!("dnode {id} is listed twice"));
        }
        let Some(want) = wanted.get(&id) else {
            if expected.absent.contains(&id) || expected.others == Others::None {
                right.row(vec![
                    id.to_string(),
                    dnode.end_point.to_string(),
                    dnode.status.clone(),
                    dnode.reason.clone(),
                    any(),
                ]);
                against.push(format!("dnode {id} is listed, as {}", dnode.status));
            }
            continue;
        };
        let end_point = match &want.end_point {
            None => any(),
            // Shown as it was written where it fits, so that only differences differ.
            Some(name) if dnode.end_point.matches(name) => name.clone(),
            Some(name) => {
                against.push(format!("dnode {id} has the end point {}, not {name}", dnode.end_point));
                dnode.end_point.to_string()
            }
        };
        if let Some(status) = want.status.filter(|status| *status != dnode.status) {
            against.push(format!("dnode {id} is {}, not {status}", dnode.status));
        }
        if let Some(reason) = want.reason.as_ref().filter(|reason| **reason != dnode.reason) {
            let quoted = |text: &str| if text.is_empty() { "none".to_owned() } else { format!("`{text}`") };
            against.push(format!(
                "dnode {id} has the offline reason {}, not {}",
                quoted(&dnode.reason),
                quoted(reason)
            ));
        }
        let vnodes = match want.vnodes {
            None => any(),
            Some(count) if count.allows(dnode.vnodes.into()) => count.to_string(),
            Some(count) => {
                against.push(format!("dnode {id} has {} vnodes, not {count}", dnode.vnodes));
                dnode.vnodes.to_string()
            }
        };
        let status = want.status.map_or_else(any, |_| dnode.status.clone());
        let reason = want.reason.as_ref().map_or_else(any, |_| dnode.reason.clone());
        right.row(vec![id.to_string(), end_point, status, reason, vnodes]);
    }
    let (left, right) = left.without_empty(right);
    Glance::of(left.to_string(), right.to_string(), &against)
}
