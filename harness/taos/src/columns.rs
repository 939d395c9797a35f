use crate::{Version, statement};

/// A table that servers show of themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// `show dnodes`
    Dnodes,
    /// `show mnodes`
    Mnodes,
    /// `show DB.vgroups`
    Vgroups,
    /// `show databases`
    Databases,
    /// `show transactions` (3.x)
    Transactions,
}

impl View {
    /// The view that a statement asks for.
    pub fn of(sql: &str) -> Option<Self> {
        let sql = sql.trim().trim_end_matches(';').trim_end_matches("\\G").to_ascii_lowercase();
        if statement::kind(&sql) != statement::Kind::Rows {
            return None;
        }
        let word = sql.strip_prefix("show ")?.rsplit('.').next()?.trim();
        [Self::Dnodes, Self::Mnodes, Self::Vgroups, Self::Databases, Self::Transactions]
            .into_iter()
            .find(|view| view.name() == word)
    }

    /// The last word of its statement.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dnodes => "dnodes",
            Self::Mnodes => "mnodes",
            Self::Vgroups => "vgroups",
            Self::Databases => "databases",
            Self::Transactions => "transactions",
        }
    }

    /// Its columns in a version of 3.x. Recorded of 3.0.7.1 and 3.3.0.1; that the mnodes' last one was renamed in 3.1 is from
    /// their sources.
    pub fn columns(self, version: &Version) -> Vec<&'static str> {
        let role_time = if *version < Version(3, 1, 0, 0) { "reboot_time" } else { "role_time" };
        match self {
            Self::Dnodes => {
                vec!["id", "endpoint", "vnodes", "support_vnodes", "status", "create_time", "reboot_time", "note"]
            }
            Self::Mnodes => vec!["id", "endpoint", "role", "status", "create_time", role_time],
            Self::Vgroups => vec![
                "vgroup_id",
                "db_name",
                "tables",
                "v1_dnode",
                "v1_status",
                "v2_dnode",
                "v2_status",
                "v3_dnode",
                "v3_status",
                "v4_dnode",
                "v4_status",
                "cacheload",
                "cacheelements",
                "tsma",
            ],
            Self::Databases => vec!["name"],
            Self::Transactions => vec![
                "id",
                "create_time",
                "stage",
                "oper",
                "db",
                "stable",
                "failed_times",
                "last_exec_time",
                "last_action_info",
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("show dnodes\\G", Some(View::Dnodes))]
    #[case("SHOW d1.vgroups;", Some(View::Vgroups))]
    #[case("show transactions", Some(View::Transactions))]
    #[case("show tables", None)]
    #[case("select * from dnodes", None)]
    fn statements_ask_for_views(#[case] sql: &str, #[case] view: Option<View>) {
        assert_eq!(View::of(sql), view);
    }
}
