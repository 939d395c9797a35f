use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use seatrial_chaos::{Fault, Heal, Schedule};
use serde::{Deserialize, Deserializer, de};

use super::{
    Bound, Exec, Release, Several, Sql, Template, TemplateError, Way,
    forms::{Short, short_or_full, short_or_full_schema},
};

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Applies manifests, as `kubectl apply -f` does.
    Apply(Apply),
    /// Sets the number of pods, as `kubectl scale statefulset --replicas` does.
    Scale(u32),
    /// Runs SQL in a pod. What it answers must be what is expected, else the step fails.
    Sql(Sql),
    /// Runs a command in a pod. What it prints must be what is expected, else the step fails.
    Exec(Exec),
    /// Deletes objects and waits until they are gone, as `kubectl delete` does.
    Delete(Several<Delete>),
    /// Deletes an object that does not exist, as a printed command with a mistake in it does. The API server must say
    /// that it is not found, else the step fails.
    DeleteMissing(ObjectRef),
    /// Restarts the pods.
    Restart(Restart),
    /// Sets the image of the servers, as `kubectl set image statefulset` does; the pods are replaced one after the other.
    SetImage(Release),
    /// Changes keys of the ConfigMap.
    Configure(BTreeMap<String, String>),
    /// Starts or stops a workload.
    Workload(WorkloadAction),
    /// Breaks something on purpose. The step is unknown if nothing proves that the fault took hold. What is not healed
    /// by a step is healed at the end.
    Fault(Fault),
    /// Takes faults back: `all`, or those of a kind. The step is unknown if nothing proves that they are gone.
    Heal(Heal),
    /// Faults and heals, each at its time.
    Schedule(Schedule),
}

/// Manifests to apply.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Apply {
    /// Names of the files, in order.
    pub files: Vec<String>,
    /// The manifest set that they are from; that of the scenario if not given.
    pub set: Option<String>,
    /// The number of pods of the StatefulSet; as it is in the file if not given.
    pub replicas: Option<u32>,
    /// True to have the StatefulSet start all its pods at once.
    #[serde(default)]
    pub parallel: bool,
    /// Another name for the Service, and with it other end points; as in the files if not given.
    pub service: Option<String>,
}

/// Ways to restart pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// One after the other, as `kubectl rollout restart statefulset` does.
    Rollout,
}

/// Objects to delete: one as `kind/name`, or all of a kind that carry a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delete {
    /// One.
    Object(ObjectRef),
    /// All of a kind that carry a label.
    Selected {
        /// The kind.
        kind: Kind,
        /// A label selector, such as `app=tdengine`.
        selector: String,
        /// How long it may take until they are gone.
        within: Option<Bound>,
    },
}

/// The full form of what is deleted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeleteForm {
    /// The kind.
    kind: Kind,
    /// A label selector, such as `app=tdengine`.
    selector: String,
    /// How long it may take until they are gone; 3m if not given.
    within: Option<Bound>,
}

/// An object by `kind/name`, such as `pvc/taosdata-tdengine-2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: Template,
}

/// Kinds of objects that scenarios speak of, by their usual names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A pod.
    Pod,
    /// A volume claim.
    Pvc,
    /// A StatefulSet.
    #[serde(alias = "sts")]
    StatefulSet,
    /// A Service.
    #[serde(alias = "svc")]
    Service,
    /// A ConfigMap.
    #[serde(alias = "cm")]
    ConfigMap,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Pod, Self::Pvc, Self::StatefulSet, Self::Service, Self::ConfigMap];

    /// The name that is written in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pod => "pod",
            Self::Pvc => "pvc",
            Self::StatefulSet => "statefulset",
            Self::Service => "service",
            Self::ConfigMap => "configmap",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "sts" => Ok(Self::StatefulSet),
            "svc" => Ok(Self::Service),
            "cm" => Ok(Self::ConfigMap),
            _ => Self::ALL
                .into_iter()
                .find(|kind| kind.name() == text)
                .ok_or_else(|| format!("unknown kind `{text}`; there are {}", Self::ALL.map(Self::name).join(", "))),
        }
    }
}

impl FromStr for ObjectRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = text
            .split_once('/')
            .filter(|(_, name)| !name.is_empty())
            .ok_or_else(|| format!("`{text}` is not an object: write kind/name, such as pvc/taosdata-tdengine-2"))?;
        Ok(Self { kind: kind.parse()?, name: name.parse().map_err(|error: TemplateError| error.to_string())? })
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl<'de> Deserialize<'de> for ObjectRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for ObjectRef {
    fn schema_name() -> Cow<'static, str> {
        "ObjectRef".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An object by kind/name, such as pvc/taosdata-tdengine-2.",
            "type": "string",
            "pattern": "^(pod|pvc|statefulset|sts|service|svc|configmap|cm)/.+$"
        })
    }
}

impl From<DeleteForm> for Delete {
    fn from(DeleteForm { kind, selector, within }: DeleteForm) -> Self {
        Self::Selected { kind, selector, within }
    }
}

impl Short for Delete {
    type Full = DeleteForm;
    const EXPECTED: &'static str = "an object as kind/name, or a map with `kind` and `selector`";

    fn short(text: &str) -> Result<Self, String> {
        text.parse().map(Self::Object)
    }
}

impl<'de> Deserialize<'de> for Delete {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        short_or_full(deserializer)
    }
}

impl JsonSchema for Delete {
    fn schema_name() -> Cow<'static, str> {
        "Delete".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        short_or_full_schema::<Self>(generator)
    }
}

/// A workload that is started or stopped.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WorkloadAction {
    /// Name of a workload that begins now: writers that insert rows, each with its writer and its number.
    pub start: Option<String>,
    /// Name of a workload that ends now.
    pub stop: Option<String>,
    /// The database that is made for it.
    pub database: Option<String>,
    /// Replicas of that database; 1 if not given.
    pub replica: Option<u8>,
    /// How many writers; 1 if not given.
    pub writers: Option<u32>,
    /// Statements per second and writer, or `max` for as many as are answered; 1 if not given.
    pub rate: Option<Rate>,
    /// How many rows a statement inserts; 1 if not given.
    pub batch: Option<u32>,
    /// How many tables the writers are spread over, and with them over vgroups; 1 if not given.
    pub tables: Option<u32>,
    /// How many readers look at the newest rows meanwhile, each once a second; none if not given.
    pub readers: Option<u32>,
    /// True to make and to drop other tables of the database meanwhile, one every two seconds.
    #[serde(default)]
    pub changes: bool,
    /// The client that the writers use; that of the run if not given.
    pub client: Option<Way>,
}

/// How fast a writer writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a number of statements per second from 0.1 to 1000, or `max`")]
pub enum Rate {
    /// So many statements a second.
    PerSecond(#[schemars(range(min = 0.1, max = 1000))] PerSecond),
    /// As many as are answered.
    Most(MostRate),
}

/// Statements per second, from 0.1 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "f64")]
#[schemars(with = "f64")]
pub struct PerSecond(Duration);

impl TryFrom<f64> for PerSecond {
    type Error = &'static str;

    fn try_from(rate: f64) -> Result<Self, Self::Error> {
        let interval = (0.1..=1_000.0).contains(&rate).then(|| Duration::try_from_secs_f64(1.0 / rate).ok());
        interval.flatten().map(Self).ok_or("not from 0.1 to 1000")
    }
}

/// As many statements as are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MostRate {
    /// As many as are answered.
    Max,
}

impl Default for Rate {
    fn default() -> Self {
        Self::PerSecond(PerSecond(Duration::from_secs(1)))
    }
}

impl Rate {
    /// Time from one statement to the next; none if the next follows at once.
    pub fn interval(self) -> Option<Duration> {
        match self {
            Self::PerSecond(PerSecond(interval)) => Some(interval),
            Self::Most(MostRate::Max) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("4", Some(250))]
    #[case("0.5", Some(2_000))]
    #[case("\"max\"", None)]
    fn a_rate_is_so_many_statements_a_second(#[case] text: &str, #[case] ms: Option<u64>) {
        let rate: Rate = serde_json::from_str(text).unwrap();
        assert_eq!(rate.interval(), ms.map(Duration::from_millis));
    }

    #[rstest]
    #[case("0")]
    #[case("-1")]
    #[case("1001")]
    #[case("\"fast\"")]
    fn nonsense_is_no_rate(#[case] text: &str) {
        let error = serde_json::from_str::<Rate>(text).unwrap_err().to_string();
        assert!(error.contains("from 0.1 to 1000, or `max`"), "{error}");
    }
}
