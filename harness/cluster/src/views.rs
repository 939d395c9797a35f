use seatrial_record::Table;
use seatrial_taos::{Dnode, Mnode, Vgroup, ViewError, dnodes, mnodes, vgroups};
use serde::{Deserialize, Serialize};

use crate::{Cluster, ClusterError, Problem, Result, Seen, SqlRun, Via};

/// How end points are asked for through the shell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Full {
    /// The statement as the documents have it: end points are cut to 30 characters.
    #[default]
    AsShown,
    /// With `\G`, which shows them as far as the server's column holds them: whole but for 2.1, where it has 40 bytes.
    Vertical,
}

/// A table of the server, read.
#[derive(Debug)]
pub struct Viewed<T> {
    /// Its rows.
    pub rows: Result<Vec<T>>,
    /// What was seen.
    pub seen: Vec<Seen>,
}

impl Cluster {
    async fn view<T>(
        &self,
        pod: &str,
        sql: &str,
        via: Via,
        read: fn(&Table) -> std::result::Result<Vec<T>, ViewError>,
    ) -> Viewed<T> {
        let SqlRun { outcomes, seen } = self.sql(pod, sql, via, self.limits().query).await;
        let tried = || format!("run `{sql}` in pod/{pod}");
        let rows = outcomes.and_then(|outcomes| {
            let Some(outcome) = outcomes.first() else {
                return Err(ClusterError::new(tried(), Problem::Invalid("no statement".to_owned())));
            };
            let table = outcome.table().map_err(|error| ClusterError::new(tried(), error))?;
            read(table).map_err(|error| ClusterError::new(tried(), error))
        });
        Viewed { rows, seen }
    }

    /// `show dnodes` as this pod's server answers it, within the limit `query`. `full` is for the shell; REST gives all
    /// that the server's column holds.
    pub async fn dnodes(&self, pod: &str, via: Via, full: Full) -> Viewed<Dnode> {
        self.view(pod, &statement("show dnodes", via, full), via, dnodes).await
    }

    /// `show mnodes`.
    pub async fn mnodes(&self, pod: &str, via: Via, full: Full) -> Viewed<Mnode> {
        self.view(pod, &statement("show mnodes", via, full), via, mnodes).await
    }

    /// `show DATABASE.vgroups`.
    pub async fn vgroups(&self, pod: &str, database: &str, via: Via) -> Viewed<Vgroup> {
        self.view(pod, &format!("show {database}.vgroups"), via, vgroups).await
    }

    /// The databases, by `show databases`.
    pub async fn databases(&self, pod: &str, via: Via) -> Viewed<String> {
        self.view(pod, "show databases", via, names).await
    }
}

fn names(table: &Table) -> std::result::Result<Vec<String>, ViewError> {
    if table.rows.is_empty() {
        return Ok(Vec::new());
    }
    let column = table.columns.iter().position(|column| column == "name").ok_or_else(|| ViewError::Column {
        view: "show databases",
        wanted: &["name"],
        found: table.columns.clone(),
    })?;
    Ok(table.rows.iter().filter_map(|row| row.get(column)?.clone()).collect())
}

fn statement(sql: &str, via: Via, full: Full) -> String {
    if via == Via::Shell && full == Full::Vertical { format!("{sql}\\G") } else { sql.to_owned() }
}
