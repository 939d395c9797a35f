use std::{fmt, str::FromStr};

use seatrial_record::Table;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An end point as a server shows it, which may be only its beginning.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EndPoint {
    /// What was shown, without the `...` of the shell.
    pub text: String,
    /// True if the rest is missing: the shell cuts columns at 30 characters, and the column itself has 40 bytes in
    /// 2.1. A shown end point is whole only if it ends with its port.
    pub truncated: bool,
}

impl EndPoint {
    /// Reads a cell of an end point column.
    pub fn of(cell: &str) -> Self {
        if let Some(visible) = cell.strip_suffix("...") {
            return Self { text: visible.to_owned(), truncated: true };
        }
        let whole = cell.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        Self { text: cell.to_owned(), truncated: !whole }
    }

    /// The first label of the host name, if all of it is visible: the name of the pod.
    pub fn host(&self) -> Option<&str> {
        let end = self.text.find(['.', ':'])?;
        self.text.get(..end).filter(|host| !host.is_empty())
    }

    /// True if this is, as far as it is visible, the end point of `name`: a pod (`tdengine-2`), a full name, or a
    /// full name with its port. The first label must be visible and equal in any case, so that `tdengine-1` is
    /// never taken for `tdengine-10`.
    pub fn matches(&self, name: &str) -> bool {
        let label = name.split(['.', ':']).next().unwrap_or_default();
        if label.is_empty() || self.host() != Some(label) {
            return false;
        }
        if !name.contains(['.', ':']) {
            return true;
        }
        let without_port = self.text.split(':').next().unwrap_or_default();
        if self.truncated {
            name.starts_with(&self.text) || (!name.contains(':') && name.starts_with(without_port))
        } else {
            self.text == name || (!name.contains(':') && without_port == name)
        }
    }

    /// How it can be compared, in words for evidence.
    pub fn precision(&self) -> String {
        if self.truncated {
            format!("by its first {} characters", self.text.chars().count())
        } else {
            "in full".to_owned()
        }
    }
}

impl fmt::Display for EndPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}{}", self.text, if self.truncated { "..." } else { "" }))
    }
}

/// A row of `show dnodes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dnode {
    /// Its id; never used again after a drop.
    pub id: u32,
    /// Its end point.
    pub end_point: EndPoint,
    /// Open vnodes on it.
    pub vnodes: u32,
    /// CPU cores; 0 until its first status message. None in 3.x.
    pub cores: Option<u32>,
    /// How many vnodes it takes. None in 2.x.
    pub support_vnodes: Option<u32>,
    /// `ready`, `offline`, `dropping` ...
    pub status: String,
    /// `any`, `mnode`, `vnode`, `arb`. None in 3.x.
    pub role: Option<String>,
    /// When it was created, as shown.
    pub create_time: String,
    /// Why it is offline; empty if it is not. `note` in 3.x.
    pub reason: String,
}

/// A row of `show mnodes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mnode {
    /// Id of its dnode.
    pub id: u32,
    /// End point of its dnode.
    pub end_point: EndPoint,
    /// `master`, `slave`, `leader`, `follower`, `offline` ...
    pub role: String,
    /// `ready`, `offline` ... None in 2.x.
    pub status: Option<String>,
    /// When it was created, as shown.
    pub create_time: String,
}

/// A copy of a vgroup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replica {
    /// Id of the dnode that it is on.
    pub dnode: u32,
    /// Its role: `master`, `slave`, `leader`, `offline`, `unsynced` ...
    pub role: String,
}

/// A row of `show DB.vgroups`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vgroup {
    /// Its id.
    pub id: u32,
    /// The database. None in 2.x, where the statement names it.
    pub database: Option<String>,
    /// Tables in it.
    pub tables: u32,
    /// `ready`, `creating` ... Stays `ready` when copies are lost. None in 3.x.
    pub status: Option<String>,
    /// Copies that are online. None in 3.x.
    pub onlines: Option<u32>,
    /// Its copies, in the order shown.
    pub replicas: Vec<Replica>,
}

impl Vgroup {
    /// The id of the dnode whose copy has `role`.
    pub fn dnode_in_role(&self, role: &str) -> Option<u32> {
        self.replicas.iter().find(|replica| replica.role == role).map(|replica| replica.dnode)
    }
}

/// Why a table is not the one that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ViewError {
    /// A column is missing.
    #[error("{view}: no column `{}` among: {}", wanted.join("` or `"), found.join(", "))]
    Column {
        /// The statement whose table this should be.
        view: &'static str,
        /// The column, by all its names.
        wanted: &'static [&'static str],
        /// The columns that are there.
        found: Vec<String>,
    },
    /// A cell is not a number.
    #[error("{view}, row {row}, column `{column}`: expected a number, found `{cell}`")]
    Cell {
        /// The statement whose table this should be.
        view: &'static str,
        /// Number of the row, from 1.
        row: usize,
        /// The column.
        column: String,
        /// The cell.
        cell: String,
    },
}

struct View<'a> {
    name: &'static str,
    table: &'a Table,
}

impl<'a> View<'a> {
    fn find(&self, names: &[&str]) -> Option<usize> {
        self.table.columns.iter().position(|column| names.iter().any(|name| column.eq_ignore_ascii_case(name)))
    }

    fn column(&self, names: &'static [&'static str]) -> Result<usize, ViewError> {
        self.find(names).ok_or_else(|| ViewError::Column {
            view: self.name,
            wanted: names,
            found: self.table.columns.clone(),
        })
    }

    fn text(&self, row: usize, column: usize) -> &'a str {
        let cells = self.table.rows.get(row);
        cells.and_then(|cells| cells.get(column)).and_then(Option::as_deref).unwrap_or_default()
    }

    fn number<N: FromStr>(&self, row: usize, column: usize) -> Result<N, ViewError> {
        let cell = self.text(row, column);
        cell.parse().map_err(|_| ViewError::Cell {
            view: self.name,
            row: row + 1,
            column: self.table.columns.get(column).cloned().unwrap_or_default(),
            cell: cell.to_owned(),
        })
    }

    fn optional_number<N: FromStr>(&self, row: usize, column: Option<usize>) -> Result<Option<N>, ViewError> {
        column.map(|column| self.number(row, column)).transpose()
    }

    fn optional_text(&self, row: usize, column: Option<usize>) -> Option<String> {
        column.map(|column| self.text(row, column).to_owned())
    }

    // The shell prints no header for a table without rows: no columns and no rows is an empty table, not an error.
    fn is_empty(&self) -> bool {
        self.table.rows.is_empty()
    }
}

/// Reads the table of `show dnodes`, of any known version. The `arb` row of an arbitrator (id 0) is left out.
pub fn dnodes(table: &Table) -> Result<Vec<Dnode>, ViewError> {
    let view = View { name: "show dnodes", table };
    if view.is_empty() {
        return Ok(Vec::new());
    }
    let (id, end_point) = (view.column(&["id"])?, view.column(&["end_point", "endpoint"])?);
    let (vnodes, status) = (view.column(&["vnodes"])?, view.column(&["status"])?);
    let (created, reason) = (view.column(&["create_time"])?, view.column(&["offline reason", "note"])?);
    let (cores, support, role) = (view.find(&["cores"]), view.find(&["support_vnodes"]), view.find(&["role"]));
    let mut dnodes = Vec::with_capacity(table.rows.len());
    for row in 0..table.rows.len() {
        if view.number::<u32>(row, id)? == 0 {
            continue;
        }
        dnodes.push(Dnode {
            id: view.number(row, id)?,
            end_point: EndPoint::of(view.text(row, end_point)),
            vnodes: view.number(row, vnodes)?,
            cores: view.optional_number(row, cores)?,
            support_vnodes: view.optional_number(row, support)?,
            status: view.text(row, status).to_owned(),
            role: view.optional_text(row, role),
            create_time: view.text(row, created).to_owned(),
            reason: view.text(row, reason).to_owned(),
        });
    }
    Ok(dnodes)
}

/// Reads the table of `show mnodes`, of any known version.
pub fn mnodes(table: &Table) -> Result<Vec<Mnode>, ViewError> {
    let view = View { name: "show mnodes", table };
    if view.is_empty() {
        return Ok(Vec::new());
    }
    let (id, end_point) = (view.column(&["id"])?, view.column(&["end_point", "endpoint"])?);
    let (role, created) = (view.column(&["role"])?, view.column(&["create_time"])?);
    let status = view.find(&["status"]);
    let read = |row| {
        Ok(Mnode {
            id: view.number(row, id)?,
            end_point: EndPoint::of(view.text(row, end_point)),
            role: view.text(row, role).to_owned(),
            status: view.optional_text(row, status),
            create_time: view.text(row, created).to_owned(),
        })
    };
    (0..table.rows.len()).map(read).collect()
}

/// Reads the table of `show DB.vgroups`, of any known version. A vgroup with fewer copies than others leaves the
/// rest of its columns empty, 0 or NULL.
pub fn vgroups(table: &Table) -> Result<Vec<Vgroup>, ViewError> {
    let view = View { name: "show vgroups", table };
    if view.is_empty() {
        return Ok(Vec::new());
    }
    let (id, tables) = (view.column(&["vgId", "vgroup_id"])?, view.column(&["tables"])?);
    let (database, status, onlines) = (view.find(&["db_name"]), view.find(&["status"]), view.find(&["onlines"]));
    let mut copies = Vec::new();
    for number in 1..=16 {
        let (dnode, role) = (format!("v{number}_dnode"), format!("v{number}_status"));
        if let (Some(dnode), Some(role)) = (view.find(&[&dnode]), view.find(&[&role])) {
            copies.push((dnode, role));
        }
    }
    let read = |row| {
        let mut replicas = Vec::new();
        for &(dnode, role) in &copies {
            if !matches!(view.text(row, dnode), "" | "0" | "NULL") {
                replicas.push(Replica { dnode: view.number(row, dnode)?, role: view.text(row, role).to_owned() });
            }
        }
        Ok(Vgroup {
            id: view.number(row, id)?,
            database: view.optional_text(row, database),
            tables: view.number(row, tables)?,
            status: view.optional_text(row, status),
            onlines: view.optional_number(row, onlines)?,
            replicas,
        })
    };
    (0..table.rows.len()).map(read).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn table(columns: &[&str], row: &[&str]) -> Table {
        let cell = |text: &&str| Some((*text).to_owned());
        Table {
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            rows: vec![row.iter().map(cell).collect()],
        }
    }

    #[rstest]
    #[case("tdengine-1.taosd.default.sv...", "tdengine-1", true)]
    #[case("tdengine-1.taosd.default.sv...", "tdengine-1.taosd.default.svc.cluster.local", true)]
    #[case("tdengine-1.taosd.default.sv...", "tdengine-1.taosd.default.svc.cluster.local:6030", true)]
    #[case("tdengine-1.taosd.default.sv...", "tdengine-1.taosd.other.svc.cluster.local", false)]
    #[case("tdengine-10.taosd.default.s...", "tdengine-1", false)]
    #[case("tdengine-1.taosd.default.svc.cluster.loc", "tdengine-1.taosd.default.svc.cluster.local:6030", true)]
    #[case("tdengine-1.taosd.default.svc.cluster.local:6030", "tdengine-1.taosd.default.svc.cluster.local", true)]
    #[case("tdengine-1.taosd.default.svc.cluster.local:6030", "tdengine-1.taosd.default.svc.cluster.local:7030", false)]
    #[case("tdengine-1.taosd.default.svc.cluster.local:6030", "tdengine-1.taosd", false)]
    #[case("a-very-long-pod-name-that-f...", "a-very-long-pod-name-that-fills-it", false)]
    #[case("", "", false)]
    fn end_points_match_as_far_as_they_are_visible(#[case] cell: &str, #[case] name: &str, #[case] matches: bool) {
        assert_eq!(EndPoint::of(cell).matches(name), matches);
    }

    #[test]
    fn a_dnode_of_2x_is_read() {
        let columns = ["id", "end_point", "vnodes", "cores", "status", "role", "create_time", "offline reason"];
        let row = ["2", "tdengine-1.taosd.v2a.svc.cl...", "0", "2", "offline", "any", "t", "status msg timeout"];
        let dnode = dnodes(&table(&columns, &row)).unwrap().remove(0);
        assert_eq!((dnode.id, dnode.cores, dnode.reason.as_str()), (2, Some(2), "status msg timeout"));
        assert!(dnode.end_point.truncated);
    }

    #[test]
    fn a_vgroup_of_3x_leaves_out_copies_that_do_not_exist() {
        let columns = ["vgroup_id", "db_name", "tables", "v1_dnode", "v1_status", "v2_dnode", "v2_status"];
        let found = vgroups(&table(&columns, &["14", "d1", "5", "2", "leader", "NULL", "NULL"])).unwrap().remove(0);
        assert_eq!(found.replicas, [Replica { dnode: 2, role: "leader".into() }]);
        assert_eq!(found.dnode_in_role("leader"), Some(2));
    }

    #[test]
    fn a_table_of_another_kind_is_refused() {
        let error = dnodes(&table(&["name", "status"], &["log", "ready"])).unwrap_err();
        assert_eq!(error.to_string(), "show dnodes: no column `id` among: name, status");
        let error = mnodes(&table(&["id", "end_point", "role", "create_time"], &["x", "", "", ""])).unwrap_err();
        assert_eq!(error.to_string(), "show mnodes, row 1, column `id`: expected a number, found `x`");
    }

    #[test]
    fn a_table_without_rows_has_no_header_in_the_shell() {
        assert_eq!(dnodes(&Table::default()), Ok(Vec::new()));
    }
}
