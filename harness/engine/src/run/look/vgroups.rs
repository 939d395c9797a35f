use seatrial_cluster::Via;
use seatrial_record::ObservedKind;
use seatrial_taos::{Profile, Vgroup, vgroups};

use crate::{
    run::{Glance, Holds, Lens, SQL_LIMIT, grid::Grid},
    scenario::Vgroups,
};

impl Lens {
    pub(crate) async fn vgroups(&mut self, expected: &Vgroups) -> Glance {
        let profile = self.profile;
        let blank = compare(expected, profile, &[]).expected;
        let sql = format!("show {}.vgroups", expected.database);
        let mut last = None;
        let pods = self.pods_at(&expected.from);
        for (index, pod) in pods.iter().enumerate() {
            if index == 1 {
                self.ask_ahead(&pods[1..], &sql, Via::Shell, SQL_LIMIT, &blank).await;
            }
            let rows = match self.view(pod, &sql, &blank, vgroups).await {
                Ok(rows) => rows,
                Err(glance) => return glance,
            };
            if last.is_none() {
                for vgroup in &rows {
                    self.observe(ObservedKind::Vgroup, format!("{}/{}", expected.database, vgroup.id), copies(vgroup));
                }
            }
            let mut glance = compare(expected, profile, &rows);
            if glance.holds != Holds::Yes {
                glance.why = format!("in {pod}: {}", glance.why);
                return glance;
            }
            last = Some(glance);
        }
        last.unwrap_or_else(|| Glance::no(blank, "", format!("no pod is ready to be asked for `{sql}`")))
    }
}

/// The copies of a vgroup, such as `master on 2, slave on 1`.
fn copies(vgroup: &Vgroup) -> String {
    vgroup.replicas.iter().map(|copy| format!("{} on {}", copy.role, copy.dnode)).collect::<Vec<_>>().join(", ")
}

fn compare(expected: &Vgroups, profile: &Profile, rows: &[Vgroup]) -> Glance {
    let mut lines = Vec::new();
    let mut against = Vec::new();
    if let Some(count) = expected.count {
        lines.push(format!("vgroups: {count}"));
        if !count.allows(rows.len() as u64) {
            against.push(format!("there are {} vgroups, not {count}", rows.len()));
        }
    }
    let sorted = |mut words: Vec<String>| {
        words.sort();
        words
    };
    if let Some(statuses) = &expected.statuses {
        let wanted = sorted(statuses.clone());
        lines.push(format!("each: {}", wanted.join(", ")));
        for vgroup in rows {
            let found = sorted(vgroup.replicas.iter().map(|copy| copy.role.clone()).collect());
            if found != wanted {
                against.push(format!("vgroup {} is {}, not {}", vgroup.id, found.join(", "), wanted.join(", ")));
            }
        }
    }
    if let Some(dnodes) = &expected.on {
        let mut wanted = dnodes.clone();
        wanted.sort_unstable();
        lines.push(format!("each on dnodes {wanted:?}"));
        for vgroup in rows {
            let mut found: Vec<u32> = vgroup.replicas.iter().map(|copy| copy.dnode).collect();
            found.sort_unstable();
            if found != wanted {
                against.push(format!("vgroup {} is on dnodes {found:?}, not {wanted:?}", vgroup.id));
            }
        }
    }
    if let Some(working) = expected.working {
        lines.push(if working { "each works".to_owned() } else { "some do not work".to_owned() });
        let broken = rows.iter().find(|vgroup| !works(vgroup, profile));
        match (working, broken) {
            (true, Some(vgroup)) => against.push(format!("vgroup {} does not work: {}", vgroup.id, copies(vgroup))),
            (false, None) => against.push("every vgroup works".to_owned()),
            _ => {}
        }
    }
    if rows.is_empty() && !expected.count.is_some_and(|count| count.allows(0)) {
        against.insert(0, format!("database {} has no vgroups", expected.database));
    }
    let mut seen = Grid::new(["vgroup", "tables", "status", "copies"]);
    for vgroup in rows {
        let status = vgroup.status.clone().unwrap_or_default();
        seen.row(vec![vgroup.id.to_string(), vgroup.tables.to_string(), status, copies(vgroup)]);
    }
    Glance::of(lines.join("\n"), seen.to_string(), &against)
}

/// One copy leads and all others follow.
fn works(vgroup: &Vgroup, profile: &Profile) -> bool {
    let leads = |role: &str| role == profile.leading_role;
    vgroup.replicas.iter().filter(|copy| leads(&copy.role)).count() == 1
        && vgroup.replicas.iter().all(|copy| profile.healthy_roles.contains(&copy.role.as_str()))
}
