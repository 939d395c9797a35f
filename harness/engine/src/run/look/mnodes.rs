use seatrial_cluster::Via;
use seatrial_record::ObservedKind;
use seatrial_taos::{Mnode, Profile, mnodes};

use crate::{
    run::{
        Glance, Holds, Lens, SQL_LIMIT,
        grid::{ANY, Grid},
    },
    scenario::{Mnodes, Names, Others},
};

impl Lens {
    pub(crate) async fn mnodes(&mut self, expected: &Mnodes) -> Glance {
        let (names, profile) = (self.names.clone(), self.profile);
        let blank = compare(expected, &names, profile, &[]).expected;
        let pods = self.pods_at(&expected.from);
        if pods.is_empty() {
            return Glance::no(blank, "", "no pod is ready to be asked for `show mnodes`");
        }
        let mut last = None;
        for (index, pod) in pods.iter().enumerate() {
            if index == 1 {
                self.ask_ahead(&pods[1..], "show mnodes", Via::Shell, SQL_LIMIT, &blank).await;
            }
            let rows = match self.view(pod, "show mnodes", &blank, mnodes).await {
                Ok(rows) => rows,
                Err(glance) => return glance,
            };
            if last.is_none() {
                for mnode in &rows {
                    self.observe(ObservedKind::Mnode, format!("mnode {}", mnode.id), mnode.role.clone());
                }
            }
            let mut glance = compare(expected, &names, profile, &rows);
            if glance.holds != Holds::Yes {
                glance.why = format!("in {pod}: {}", glance.why);
                return glance;
            }
            last = Some(glance);
        }
        last.unwrap_or_else(|| Glance::no(blank, "", "nobody was asked"))
    }
}

fn compare(expected: &Mnodes, names: &Names, profile: &Profile, rows: &[Mnode]) -> Glance {
    let header = ["id", "end point", "role"];
    let (mut left, mut right) = (Grid::new(header), Grid::new(header));
    let mut against = Vec::new();
    let working = profile.healthy_roles.join(" or ");
    let states = [(&expected.working, working.as_str()), (&expected.offline, "offline")];
    for (ids, role) in states {
        for (id, end_point) in &ids.0 {
            let end_point = end_point.as_ref().map_or_else(|| ANY.to_owned(), |end_point| end_point.expand(names));
            left.row(vec![id.to_string(), end_point, role.to_owned()]);
            if !rows.iter().any(|mnode| mnode.id == *id) {
                against.push(format!("mnode {id} is not listed"));
            }
        }
    }
    for mnode in rows {
        let id = mnode.id;
        let wanted = states.iter().find_map(|(ids, role)| ids.0.get(&id).map(|end_point| (end_point, *role)));
        let Some((end_point, role)) = wanted else {
            if expected.others == Others::None {
                right.row(vec![id.to_string(), mnode.end_point.to_string(), mnode.role.clone()]);
                against.push(format!("mnode {id} is listed, as {}", mnode.role));
            }
            continue;
        };
        let end_point = match end_point.as_ref().map(|end_point| end_point.expand(names)) {
            None => ANY.to_owned(),
            Some(name) if mnode.end_point.matches(&name) => name,
            Some(name) => {
                against.push(format!("mnode {id} has the end point {}, not {name}", mnode.end_point));
                mnode.end_point.to_string()
            }
        };
        let fits =
            if role == "offline" { mnode.role == role } else { profile.healthy_roles.contains(&mnode.role.as_str()) };
        if !fits {
            against.push(format!("mnode {id} is {}, not {role}", mnode.role));
        }
        right.row(vec![id.to_string(), end_point, if fits { role.to_owned() } else { mnode.role.clone() }]);
    }
    let leaders = rows.iter().filter(|mnode| mnode.role == profile.leading_role).count();
    if !expected.working.0.is_empty() && !rows.is_empty() && leaders != 1 {
        against.push(format!("{leaders} mnodes are {}, not 1", profile.leading_role));
    }
    Glance::of(left.to_string(), right.to_string(), &against)
}
