use std::fmt::Write as _;

use super::Schedule;

/// Only 3.x tells its transactions.
const TRANSACTIONS: &str = r#"      - title: no transaction is stuck
        tdengine: ">=3.0"
        transactions: 0
        within: 3m
"#;

/// What a schedule is tried on: a cluster at work, which must be whole again afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Name of the scenario.
    pub name: String,
    /// What it is about, in a sentence.
    pub summary: String,
    /// Versions of TDengine that it is for.
    pub tdengine: String,
    /// How many pods.
    pub pods: u32,
    /// Replicas of the rows.
    pub replica: u8,
    /// Comments at the beginning of the file.
    pub comments: Vec<String>,
}

impl Frame {
    /// The scenario file of a schedule.
    ///
    /// # Errors
    ///
    /// A schedule that is no JSON; there is none.
    pub fn scenario(&self, schedule: &Schedule) -> Result<String, serde_json::Error> {
        let mut steps = String::new();
        for happening in &schedule.0 {
            // JSON is YAML; strings are left as they are, so that it reads like one.
            let _ = writeln!(steps, "        - {}", serde_json::to_string(happening)?);
        }
        let Self { name, summary, tdengine, pods, replica, comments } = self;
        let comments = comments.iter().fold(String::new(), |text, line| text + "# " + line + "\n");
        let ordinals = (0..*pods).map(|ordinal| ordinal.to_string()).collect::<Vec<_>>().join(", ");
        // A node can only be lost if others stay.
        let nodes = schedule.faults().any(crate::Fault::on_node);
        let workers = if nodes { format!(", workers: {pods}") } else { String::new() };
        // A check that no version of the scenario makes is a mistake.
        let transactions = if tdengine.contains("<3") { "" } else { TRANSACTIONS };
        let vgroups = self.vgroups();
        let loss = if schedule.faults().any(crate::Fault::destroys) && *replica == 1 { "" } else { ", lost: 0" };
        Ok(format!(
            r#"{comments}scenario: {name}
summary: {}
tdengine: "{tdengine}"
manifests: [headless]
timeout: 3h
start: {{ replicas: {pods}{workers} }}
steps:
  - title: Begin to insert
    do: {{ workload: {{ start: rows, database: load, replica: {replica}, writers: 2, batch: 4, rate: 0.5 }} }}
    check:
      - workload: {{ name: rows, acknowledged: ">=4" }}
        within: 60s
      - membership: whole
        within: 30s
  - title: The faults
    do:
      schedule:
{steps}    check:
      - title: nobody who is away is listed as ready
        membership: noticed
        within: 60s
  - title: Take back what lasts
    do: {{ heal: all }}
  - title: It works again
    check:
      - title: all pods are ready
        pods: {{ ready: [{ordinals}], others: any }}
        within: 5m
      - title: the membership is whole
        membership: whole
        within: 3m
{vgroups}{transactions}      - title: rows are acknowledged
        workload: {{ name: rows, fresh: ">=4" }}
        within: 3m
      - title: no server ended by itself
        crashes: 0
  - title: Stop inserting and count
    do: {{ workload: {{ stop: rows }} }}
    check:
      - title: every acknowledged row is there once
        workload: {{ name: rows, acknowledged: ">=4"{loss}, duplicated: 0 }}
        within: 2m
"#,
            serde_json::to_string(summary)?
        ))
    }
    /// The check that every vgroup has all its copies, as the generations of servers name them.
    fn vgroups(&self) -> String {
        let check = |filter: &str, leads: &str, follows: &str| {
            let roles: Vec<&str> =
                (0..self.replica.max(1)).map(|copy| if copy == 0 { leads } else { follows }).collect();
            let roles = roles.join(", ");
            format!(
                "      - title: every vgroup is whole\n{filter}        \
                 vgroups: {{ database: load, working: true, statuses: [{roles}] }}\n        within: 3m\n"
            )
        };
        let filter = |range: &str| format!("        tdengine: \"{range}\"\n");
        if self.tdengine.contains("<3") {
            check("", "master", "slave")
        } else if self.tdengine.starts_with(">=3") {
            check("", "leader", "follower")
        } else {
            check(&filter("<3"), "master", "slave") + &check(&filter(">=3.0"), "leader", "follower")
        }
    }
}
