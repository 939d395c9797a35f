use std::time::{SystemTime, UNIX_EPOCH};

/// What the names of our clusters and namespaces begin with.
pub const PREFIX: &str = "seatrial-";
/// The label that everything of ours carries, in Docker and in Kubernetes.
pub const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "seatrial");
/// The label with the process that made something, see [`crate::Owner`].
pub const OWNER: &str = "seatrial.dev/owner";
/// The label with the id of the run.
pub const RUN: &str = "seatrial.dev/run";
/// The label with the namespace that a volume was made for.
pub(crate) const SPACE: &str = "seatrial.dev/namespace";
/// Longest name of a kind cluster: its nodes are host names, `NAME-control-plane`, of at most 63 characters.
const MOST_CLUSTER: usize = 45;
/// Longest name of a namespace.
const MOST_NAMESPACE: usize = 63;

/// An id that no other run of this machine has: six characters from time, process and chance.
pub fn fresh_id() -> String {
    const DIGITS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut number = (now.as_secs() << 30)
        ^ u64::from(now.subsec_nanos())
        ^ (u64::from(std::process::id()) << 32)
        ^ fastrand::u64(..);
    let mut id = String::new();
    for _ in 0..6 {
        let digit = usize::try_from(number % 36).unwrap_or_default();
        id.push(char::from(DIGITS[digit]));
        number /= 36;
    }
    id
}

/// The part of `text` that may be in a name: lower case letters, digits, single dashes.
pub(crate) fn label(text: &str) -> String {
    let mut name = String::new();
    for char in text.chars() {
        let char = char.to_ascii_lowercase();
        if char.is_ascii_lowercase() || char.is_ascii_digit() {
            name.push(char);
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    name.trim_end_matches('-').to_owned()
}

/// The name of a cluster that is called `name` by its user, or by its run.
pub fn cluster_name(name: &str) -> String {
    let name = label(name);
    let own = name.strip_prefix(PREFIX).unwrap_or(&name);
    cut(&format!("{PREFIX}{own}"), MOST_CLUSTER)
}

/// The namespace of a scenario: `seatrial-SCENARIO-ID`. The scenario's name gives way if it is too long.
pub fn namespace_name(scenario: &str, id: &str) -> String {
    let id = label(id);
    let room = MOST_NAMESPACE.saturating_sub(PREFIX.len() + id.len() + 1);
    let scenario = cut(&label(scenario), room);
    format!("{PREFIX}{scenario}-{id}")
}

fn cut(name: &str, most: usize) -> String {
    name.chars().take(most).collect::<String>().trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("safe-scale-down", "abc123", "seatrial-safe-scale-down-abc123")]
    #[case("Safe_Scale@doc#2", "a1", "seatrial-safe-scale-doc-2-a1")]
    fn a_namespace_is_named(#[case] scenario: &str, #[case] id: &str, #[case] name: &str) {
        assert_eq!(namespace_name(scenario, id), name);
    }

    #[test]
    fn names_are_never_too_long() {
        let long = "x-".repeat(80);
        assert!(namespace_name(&long, "abc123").len() <= 63 && namespace_name(&long, "abc123").ends_with("-abc123"));
        assert!(cluster_name(&long).len() <= 45);
    }

    #[test]
    fn a_cluster_is_always_recognisable() {
        assert_eq!(cluster_name("nightly"), "seatrial-nightly");
        assert_eq!(cluster_name("seatrial-nightly"), "seatrial-nightly");
    }

    #[test]
    fn ids_differ() {
        let ids: std::collections::BTreeSet<String> = (0..100).map(|_| fresh_id()).collect();
        assert!(ids.len() > 95);
        assert!(ids.iter().all(|id| id.len() == 6 && id.chars().all(|char| char.is_ascii_alphanumeric())));
    }
}
