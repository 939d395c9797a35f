use bytes::Bytes;
use http::{HeaderMap, Method, header};

use crate::{
    ApiError,
    kind::{KINDS, Kind},
    select::{FieldSelector, LabelSelector, Selection},
    table::Include,
};

/// Parameters of a request, decoded, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        });
        Self(pairs.collect())
    }

    /// The value of a parameter that is given and not empty.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of a parameter.
    pub(crate) fn all(&self, key: &str) -> Vec<String> {
        self.0.iter().filter(|(name, _)| name == key).map(|(_, value)| value.clone()).collect()
    }

    /// True if a parameter is given and not `false` or `0`.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.0.iter().any(|(name, value)| name == key && !matches!(value.as_str(), "false" | "0"))
    }

    /// A parameter that is a number.
    pub(crate) fn number<T: std::str::FromStr>(&self, key: &str) -> Result<Option<T>, ApiError> {
        self.get(key)
            .map(|text| text.parse().map_err(|_| ApiError::bad_request(format!("{key}: {text} is not a number"))))
            .transpose()
    }
}

fn decode(text: &str) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 3;
                continue;
            }
            (b'+', ..) => out.push(b' '),
            _ => out.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What a path names.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) kind: &'static Kind,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) sub: Option<String>,
}

impl Target {
    /// Reads a path below `/api/v1` or `/apis/GROUP/VERSION`.
    pub(crate) fn parse(segments: &[&str]) -> Option<Self> {
        let (group, version, rest) = match segments {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let kind = |plural: &str, namespaced: bool| {
            KINDS.iter().find(|kind| {
                kind.plural == plural && kind.group == group && kind.version == version && kind.namespaced >= namespaced
            })
        };
        let text = |text: &&str| Some(decode(text));
        let (kind, namespace, rest) = match rest {
            ["namespaces", name, sub @ ("status" | "finalize")] => {
                let kind = kind("namespaces", false)?;
                return Some(Self { kind, namespace: None, name: text(name), sub: text(sub) });
            }
            ["namespaces", namespace, plural, rest @ ..] => (kind(plural, true)?, text(namespace), rest),
            [plural, rest @ ..] => (kind(plural, false)?, None, rest),
            [] => return None,
        };
        let (name, sub) = match rest {
            [] => (None, None),
            [name] => (text(name), None),
            [name, sub] => (text(name), text(sub)),
            _ => return None,
        };
        // An object of a namespaced kind is named within its namespace only.
        if name.is_some() && kind.namespaced && namespace.is_none() {
            return None;
        }
        Some(Self { kind, namespace, name, sub })
    }

    /// The namespace as the store knows it.
    pub(crate) fn scope(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }
}

/// How a client wants objects to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Object,
    Table(Include),
    /// Metadata only.
    Partial,
}

/// A request for resources, with its body.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) target: Target,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The name in the path; every caller knows that there is one.
    pub(crate) fn name(&self) -> &str {
        self.target.name.as_deref().unwrap_or_default()
    }

    pub(crate) fn dry_run(&self) -> bool {
        self.query.get("dryRun").is_some()
    }

    /// Who writes, for the ownership of fields.
    pub(crate) fn manager(&self) -> String {
        let agent = self.header(header::USER_AGENT).split('/').next().unwrap_or_default();
        let named = self.query.get("fieldManager").unwrap_or(agent);
        if named.is_empty() { "unknown".into() } else { named.to_owned() }
    }

    pub(crate) fn form(&self) -> Form {
        let accept = self.header(header::ACCEPT);
        // The first media range that this server can serve wins.
        for range in accept.split(',') {
            let has = |parameter: &str| range.split(';').any(|part| part.trim() == parameter);
            if has("as=Table") && has("g=meta.k8s.io") && range.trim().starts_with("application/json") {
                return Form::Table(match self.query.get("includeObject") {
                    Some("None") => Include::Nothing,
                    Some("Object") => Include::Everything,
                    _ => Include::Metadata,
                });
            }
            let partial = has("as=PartialObjectMetadata") || has("as=PartialObjectMetadataList");
            if partial && range.trim().starts_with("application/json") {
                return Form::Partial;
            }
            let media = range.split(';').next().unwrap_or_default().trim();
            if matches!(media, "application/json" | "*/*" | "application/*") && !range.contains("as=") {
                return Form::Object;
            }
        }
        Form::Object
    }

    pub(crate) fn selection(&self) -> Result<Selection, ApiError> {
        let kind = self.target.kind;
        Ok(Selection {
            namespace: self.target.namespace.clone(),
            name: self.target.name.clone(),
            labels: LabelSelector::parse(self.query.get("labelSelector").unwrap_or_default())?,
            fields: FieldSelector::parse(kind, self.query.get("fieldSelector").unwrap_or_default())?,
        })
    }

    pub(crate) fn json(&self) -> Result<serde_json::Value, ApiError> {
        let media = self.header(header::CONTENT_TYPE).split(';').next().unwrap_or_default();
        if media.contains("protobuf") || media.contains("cbor") {
            return Err(ApiError::new(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: application/json",
            ));
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| ApiError::bad_request(format!("couldn't get version/kind; json parse error: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded() {
        let query = Query::parse("command=taos&command=-s&command=show+dnodes%3B&tty&stdin=false&x=%zz");
        assert_eq!(query.all("command"), ["taos", "-s", "show dnodes;"]);
        assert!(query.flag("tty") && !query.flag("stdin") && !query.flag("stdout"));
        assert_eq!(query.get("x"), Some("%zz"));
        assert!(query.number::<i64>("x").is_err());
    }

    #[test]
    fn paths_name_targets() {
        let parse = |path: &'static str| Target::parse(&path.split('/').collect::<Vec<_>>());
        let target = parse("api/v1/namespaces/a/pods/b/log").unwrap();
        assert_eq!((target.kind.kind, target.scope(), target.sub.as_deref()), ("Pod", "a", Some("log")));
        assert_eq!(parse("api/v1/namespaces/a/status").unwrap().kind.kind, "Namespace");
        assert_eq!(parse("api/v1/namespaces/a").unwrap().name.as_deref(), Some("a"));
        assert_eq!(parse("apis/apps/v1/statefulsets").unwrap().kind.kind, "StatefulSet");
        for missing in
            ["apis/apps/v1/deployments", "api/v1/pods/b", "api/v1/namespaces/a/nodes", "apis/apps/v2/statefulsets"]
        {
            assert!(parse(missing).is_none(), "{missing}");
        }
    }
}
