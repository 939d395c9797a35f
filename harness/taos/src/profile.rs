use crate::Version;

/// Servers that talk alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// 2.x: taosd answers REST itself, masters and slaves (2.6: leaders and followers).
    V2,
    /// 3.x: a taosAdapter answers REST, leaders and followers.
    V3,
}

/// How the servers of some versions talk. Sources: the servers' own tables, and `mnodeDnode.c`, `mnodeMnode.c` and
/// `mnodeVgroup.c` (2.x), `mndShow.c` and `systable.c` (3.x).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Name of the profile, say `2.1`.
    pub name: &'static str,
    /// The versions that it was read from; others are close to it at best.
    pub known: &'static [Version],
    /// What the servers have in common with others.
    pub generation: Generation,
    /// States of a dnode.
    pub dnode_statuses: &'static [&'static str],
    /// Why a dnode is offline; the empty text is none.
    pub offline_reasons: &'static [&'static str],
    /// Roles of an mnode or a vnode in its group, in which it takes part.
    pub healthy_roles: &'static [&'static str],
    /// The role that accepts writes.
    pub leading_role: &'static str,
    /// All other roles.
    pub unhealthy_roles: &'static [&'static str],
    /// True if `drop dnode` takes an end point. In 3.x it takes it and never finds it.
    pub drop_by_end_point: bool,
    /// True if `show vgroups` without a database needs `use` first. All known versions.
    pub vgroups_need_database: bool,
    /// True if `\G` shows end points in full. 2.1's column holds 40 bytes, so there they are cut in any case.
    pub vertical_is_full: bool,
    /// Exit code of the shell when it cannot connect.
    pub connect_failure_exit: i32,
}

const V2_REASONS: &[&str] = &[
    "",
    "status msg timeout",
    "status not received",
    "status reset by mnode",
    "version not match",
    "dnodeId not match",
    "clusterId not match",
    "numOfMnodes not match",
    "balance not match",
    "mnEqualVn not match",
    "offThreshold not match",
    "interval not match",
    "maxTabPerVn not match",
    "maxVgPerDb not match",
    "arbitrator not match",
    "timezone not match",
    "locale not match",
    "charset not match",
    "unknown",
];

const V2_6_REASONS: &[&str] = &[
    "",
    "status msg timeout",
    "status not received",
    "status reset by mnode",
    "version not match",
    "dnodeId not match",
    "clusterId not match",
    "numOfMnodes not match",
    "balance not match",
    "mnEqualVn not match",
    "offThreshold not match",
    "interval not match",
    "maxTabPerVn not match",
    "maxVgPerDb not match",
    "arbitrator not match",
    "timezone not match",
    "locale not match",
    "charset not match",
    "flowctrl not match",
    "slaveQuery not match",
    "adjustMaster not match",
    "unknown",
];

const V3_REASONS: &[&str] = &[
    "",
    "status msg timeout",
    "status not received",
    "version not match",
    "dnodeId not match",
    "clusterId not match",
    "statusInterval not match",
    "interval not match",
    "timezone not match",
    "locale not match",
    "charset not match",
    "ttlChangeOnWrite not match",
    "enableWhiteList not match",
    "encryptionKey not match",
    "unknown",
];

static V2_1: Profile = Profile {
    name: "2.1",
    known: &[Version(2, 1, 1, 0)],
    generation: Generation::V2,
    dnode_statuses: &["ready", "offline", "dropping", "balancing"],
    offline_reasons: V2_REASONS,
    healthy_roles: &["master", "slave"],
    leading_role: "master",
    unhealthy_roles: &["offline", "unsynced", "syncing"],
    drop_by_end_point: true,
    vgroups_need_database: true,
    vertical_is_full: false,
    connect_failure_exit: 1,
};

static V2_6: Profile = Profile {
    name: "2.6",
    known: &[Version(2, 6, 0, 65)],
    generation: Generation::V2,
    dnode_statuses: &["ready", "offline", "dropping", "balancing"],
    offline_reasons: V2_6_REASONS,
    healthy_roles: &["leader", "follower"],
    leading_role: "leader",
    unhealthy_roles: &["offline", "unsynced", "syncing"],
    drop_by_end_point: true,
    vgroups_need_database: true,
    vertical_is_full: true,
    connect_failure_exit: 1,
};

static V3: Profile = Profile {
    name: "3.x",
    known: &[Version(3, 0, 7, 1), Version(3, 3, 0, 1)],
    generation: Generation::V3,
    dnode_statuses: &["ready", "offline", "creating", "dropping", "creating*", "dropping*"],
    offline_reasons: V3_REASONS,
    healthy_roles: &["leader", "follower"],
    leading_role: "leader",
    unhealthy_roles: &[
        "leader*",
        "leader**",
        "candidate",
        "learner",
        "offline",
        "error",
        "dropping",
        "assigned leader",
        "unknown",
    ],
    drop_by_end_point: false,
    vgroups_need_database: true,
    vertical_is_full: true,
    connect_failure_exit: 255,
};

impl Profile {
    /// The profile of a version, and whether it was read from servers of just this version.
    pub fn for_version(version: &Version) -> (&'static Self, bool) {
        let profile = match version {
            Version(0..=1, ..) => &V2_1,
            // The new names of roles and the default of one mnode are in all of 2.6.
            Version(2, minor, ..) if *minor < 6 => &V2_1,
            Version(2, ..) => &V2_6,
            _ => &V3,
        };
        (profile, profile.known.contains(version))
    }

    /// What to say before trusting what is known of a version; none if servers of just this version were seen.
    pub fn caution(version: &Version) -> Option<String> {
        let (profile, exact) = Self::for_version(version);
        let known: Vec<String> = profile.known.iter().map(ToString::to_string).collect();
        let text =
            format!("version {version} was never seen: it is taken to be like {} ({})", profile.name, known.join(", "));
        (!exact).then_some(text)
    }

    /// How many mnodes servers of a version make by themselves (`numOfMnodes` when it is not set): 3 before 2.1.6.0,
    /// 1 from then on.
    pub fn default_mnodes(version: &Version) -> u16 {
        if *version < Version(2, 1, 6, 0) { 3 } else { 1 }
    }

    /// True if a member of a group in this role takes part in it.
    pub fn is_healthy(&self, role: &str) -> bool {
        self.healthy_roles.contains(&role)
    }

    /// True if the word is a state of a dnode, a role, or a reason for being offline: used to refuse misspelt
    /// expectations.
    pub fn knows(&self, word: &str) -> bool {
        let lists = [self.dnode_statuses, self.offline_reasons, self.healthy_roles, self.unhealthy_roles];
        lists.iter().any(|list| list.contains(&word))
    }

    /// The code of an error text that a server of this profile prints.
    pub fn code_of(&self, text: &str) -> Option<i32> {
        crate::code_of(self.generation, text)
    }

    /// The text of a code.
    pub fn text_of(&self, code: i32) -> Option<&'static str> {
        crate::text_of(self.generation, code)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Version(2, 1, 1, 0), "2.1", true)]
    #[case(Version(2, 0, 20, 0), "2.1", false)]
    #[case(Version(2, 6, 0, 65), "2.6", true)]
    #[case(Version(2, 6, 0, 16), "2.6", false)]
    #[case(Version(3, 3, 0, 1), "3.x", true)]
    #[case(Version(3, 1, 0, 0), "3.x", false)]
    fn a_version_has_a_profile(#[case] version: Version, #[case] name: &str, #[case] exact: bool) {
        let (profile, is_exact) = Profile::for_version(&version);
        assert_eq!((profile.name, is_exact), (name, exact));
    }

    #[test]
    fn a_version_that_was_never_seen_goes_by_the_newest_and_it_is_said() {
        let newer = Version(4, 0, 0, 0);
        assert_eq!(Profile::for_version(&newer).0.name, "3.x");
        let said = Profile::caution(&newer).unwrap();
        assert_eq!(said, "version 4.0.0.0 was never seen: it is taken to be like 3.x (3.0.7.1, 3.3.0.1)");
        assert_eq!(Profile::caution(&Version(3, 3, 0, 1)), None);
    }

    #[test]
    fn roles_are_told_apart() {
        let (profile, _) = Profile::for_version(&Version(2, 1, 1, 0));
        assert!(profile.is_healthy("slave") && !profile.is_healthy("unsynced") && !profile.is_healthy("leader"));
        assert!(profile.knows("status msg timeout") && !profile.knows("redy"));
    }
}
