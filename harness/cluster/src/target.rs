use std::{fmt, str::FromStr};

use kube::core::ApiResource;
use serde::{Deserialize, Serialize};

use crate::{ClusterError, Problem};

/// The kinds that can be named in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `pod`, `pods`, `po`
    Pod,
    /// `service`, `services`, `svc`
    Service,
    /// `configmap`, `configmaps`, `cm`
    ConfigMap,
    /// `secret`, `secrets`
    Secret,
    /// `statefulset`, `statefulsets`, `sts`
    StatefulSet,
    /// `persistentvolumeclaim`, `persistentvolumeclaims`, `pvc`
    Claim,
    /// `poddisruptionbudget`, `poddisruptionbudgets`, `pdb`
    DisruptionBudget,
    /// `networkpolicy`, `networkpolicies`, `netpol`
    NetworkPolicy,
}

struct Row {
    kind: Kind,
    names: &'static [&'static str],
    group: &'static str,
    version: &'static str,
    object: &'static str,
}

const fn row(
    kind: Kind,
    names: &'static [&'static str],
    group: &'static str,
    version: &'static str,
    object: &'static str,
) -> Row {
    Row { kind, names, group, version, object }
}

// Singular, plural, kubectl's short name.
const ROWS: [Row; 8] = [
    row(Kind::Pod, &["pod", "pods", "po"], "", "v1", "Pod"),
    row(Kind::Service, &["service", "services", "svc"], "", "v1", "Service"),
    row(Kind::ConfigMap, &["configmap", "configmaps", "cm"], "", "v1", "ConfigMap"),
    row(Kind::Secret, &["secret", "secrets"], "", "v1", "Secret"),
    row(Kind::StatefulSet, &["statefulset", "statefulsets", "sts"], "apps", "v1", "StatefulSet"),
    row(Kind::Claim, &["persistentvolumeclaim", "persistentvolumeclaims", "pvc"], "", "v1", "PersistentVolumeClaim"),
    row(
        Kind::DisruptionBudget,
        &["poddisruptionbudget", "poddisruptionbudgets", "pdb"],
        "policy",
        "v1",
        "PodDisruptionBudget",
    ),
    row(
        Kind::NetworkPolicy,
        &["networkpolicy", "networkpolicies", "netpol"],
        "networking.k8s.io",
        "v1",
        "NetworkPolicy",
    ),
];

impl Kind {
    /// All kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.kind)
    }

    fn row(self) -> &'static Row {
        // Every kind has a row, which a test checks; the first one stands in for the compiler's sake.
        ROWS.iter().find(|row| row.kind == self).unwrap_or(&ROWS[0])
    }

    /// The name that is shown, say `pvc`.
    pub fn name(self) -> &'static str {
        if self == Self::Claim { "pvc" } else { self.row().names[0] }
    }

    /// The kind in the version that older servers have it in, where that is another one: before Kubernetes 1.21.
    pub(crate) fn older(self) -> Option<ApiResource> {
        let older = || ApiResource {
            version: "v1beta1".into(),
            api_version: "policy/v1beta1".into(),
            ..Self::DisruptionBudget.resource()
        };
        (self == Self::DisruptionBudget).then(older)
    }

    pub(crate) fn resource(self) -> ApiResource {
        let row = self.row();
        let api_version =
            if row.group.is_empty() { row.version.into() } else { format!("{}/{}", row.group, row.version) };
        ApiResource {
            group: row.group.into(),
            version: row.version.into(),
            api_version,
            kind: row.object.into(),
            plural: row.names[1].into(),
        }
    }
}

impl FromStr for Kind {
    type Err = ClusterError;

    fn from_str(text: &str) -> Result<Self, ClusterError> {
        let wanted = text.to_ascii_lowercase();
        ROWS.iter().find(|row| row.names.contains(&wanted.as_str())).map(|row| row.kind).ok_or_else(|| {
            let known: Vec<_> = Self::all().map(Self::name).collect();
            let message = format!("`{text}` is no kind that can be named here; there are: {}", known.join(", "));
            ClusterError::new("read a kind", Problem::Invalid(message))
        })
    }
}

/// What is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// One object.
    Named(Kind, String),
    /// All objects of a kind with these labels, say `app=tdengine`.
    Labelled(Kind, String),
}

impl Target {
    /// The kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Named(kind, _) | Self::Labelled(kind, _) => *kind,
        }
    }
}

impl FromStr for Target {
    type Err = ClusterError;

    /// Reads `pvc/taosdata-tdengine-2`, or `pvc -l app=tdengine`.
    fn from_str(text: &str) -> Result<Self, ClusterError> {
        let invalid = || {
            let message = format!("`{text}` names no object: expected `pvc/NAME` or `pvc -l app=tdengine`");
            ClusterError::new("read a target", Problem::Invalid(message))
        };
        if let Some((kind, selector)) = text.split_once(" -l ") {
            let selector = selector.trim();
            let valid = !selector.is_empty() && selector.split(',').all(|part| part.contains('='));
            return if valid { Ok(Self::Labelled(kind.trim().parse()?, selector.to_owned())) } else { Err(invalid()) };
        }
        let (kind, name) = text.split_once('/').ok_or_else(invalid)?;
        let dns = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || matches!(char, '-' | '.');
        if name.is_empty() || !name.chars().all(dns) {
            return Err(invalid());
        }
        Ok(Self::Named(kind.parse()?, name.to_owned()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(kind, name) => write!(f, "{}/{name}", kind.name()),
            Self::Labelled(kind, selector) => write!(f, "{} -l {selector}", kind.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("pvc/taosdata-tdengine-2", Target::Named(Kind::Claim, "taosdata-tdengine-2".into()))]
    #[case("statefulset/tdengine", Target::Named(Kind::StatefulSet, "tdengine".into()))]
    #[case("svc -l app=tdengine", Target::Labelled(Kind::Service, "app=tdengine".into()))]
    fn reads(#[case] text: &str, #[case] target: Target) {
        assert_eq!(text.parse::<Target>().unwrap(), target);
        assert_eq!(target.to_string().parse::<Target>().unwrap(), target);
    }

    #[rstest]
    #[case("pvc")]
    #[case("pvc/")]
    #[case("pvc/UPPER")]
    #[case("deployment/x")]
    #[case("pod -l ")]
    #[case("pod -l app")]
    fn refuses(#[case] text: &str) {
        assert!(text.parse::<Target>().is_err());
    }

    #[test]
    fn every_kind_has_its_row() {
        for kind in Kind::all() {
            assert_eq!(kind.row().kind, kind);
            assert_eq!(kind.name().parse::<Kind>().unwrap(), kind);
        }
        assert_eq!(Kind::StatefulSet.resource().api_version, "apps/v1");
        assert_eq!(Kind::NetworkPolicy.resource().plural, "networkpolicies");
    }
}
