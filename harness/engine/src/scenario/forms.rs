//! Values that may be written in more than one way.

use std::{borrow::Cow, collections::BTreeMap, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{
        self, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use super::Template;

/// One value or a list of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Several<T>(pub Vec<T>);

impl<T> Default for Several<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Types that have a short form, a text, besides their full form.
pub trait Short: Sized {
    /// The full form, as it is read.
    type Full: for<'de> Deserialize<'de> + Into<Self> + JsonSchema;
    /// What is expected, for messages.
    const EXPECTED: &'static str;

    /// Reads the short form.
    fn short(text: &str) -> Result<Self, String>;
}

struct ShortOrFull<T>(PhantomData<T>);

impl<'de, T: Short> Visitor<'de> for ShortOrFull<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::short(text).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::Full::deserialize(MapAccessDeserializer::new(map)).map(Into::into)
    }
}

/// Reads a type that has a short form.
pub fn short_or_full<'de, T: Short, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(ShortOrFull(PhantomData))
}

/// The schema of a type that has a short form.
pub fn short_or_full_schema<T: Short>(generator: &mut SchemaGenerator) -> Schema {
    let full = T::Full::json_schema(generator);
    json_schema!({ "oneOf": [{ "type": "string" }, full] })
}

struct OneOrMany<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
    type Value = Several<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        T::deserialize(de::value::StrDeserializer::new(text)).map(|value| Several(vec![value]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| Several(vec![value]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Several)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Several<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Several{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "oneOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

/// Ids of dnodes, as a list `[1, 2]` or with their end points, `{ 1: tdengine-0, 2: tdengine-1 }`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids(pub BTreeMap<u32, Option<Template>>);

struct IdsVisitor;

impl<'de> Visitor<'de> for IdsVisitor {
    type Value = Ids;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of ids, [1, 2], or ids with their end points, { 1: tdengine-0 }")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Ids, A::Error> {
        let mut ids = BTreeMap::new();
        while let Some(id) = seq.next_element::<u32>()? {
            if ids.insert(id, None).is_some() {
                return Err(de::Error::custom(format!("id {id} is listed twice")));
            }
        }
        Ok(Ids(ids))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ids, A::Error> {
        let mut ids = BTreeMap::new();
        while let Some((id, end_point)) = map.next_entry::<u32, Template>()? {
            ids.insert(id, Some(end_point));
        }
        Ok(Ids(ids))
    }
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdsVisitor)
    }
}

impl JsonSchema for Ids {
    fn schema_name() -> Cow<'static, str> {
        "Ids".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Ids of dnodes, as a list `[1, 2]` or with their end points, `{ 1: tdengine-0, 2: tdengine-1 }`.",
            "oneOf": [
                { "type": "array", "items": { "type": "integer", "minimum": 0 }, "uniqueItems": true },
                { "type": "object", "propertyNames": { "pattern": "^[0-9]+$" }, "additionalProperties": { "type": "string" } }
            ]
        })
    }
}

/// Pods where something is asked: the ordinal of one, a list, or `each` live one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Where {
    /// Every pod that is ready.
    #[default]
    Each,
    /// The pods with these ordinals.
    Pods(Vec<u32>),
}

impl Where {
    /// The first pod.
    pub fn first() -> Self {
        Self::Pods(vec![0])
    }
}

struct WhereVisitor;

impl<'de> Visitor<'de> for WhereVisitor {
    type Value = Where;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ordinal of a pod, a list of ordinals, or `each`")
    }

    fn visit_u64<E: de::Error>(self, ordinal: u64) -> Result<Where, E> {
        u32::try_from(ordinal).map(|ordinal| Where::Pods(vec![ordinal])).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, ordinal: i64) -> Result<Where, E> {
        u32::try_from(ordinal).map(|ordinal| Where::Pods(vec![ordinal])).map_err(E::custom)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Where, E> {
        match text {
            "each" => Ok(Where::Each),
            _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Where, A::Error> {
        let pods: Vec<u32> = Vec::deserialize(SeqAccessDeserializer::new(seq))?;
        if pods.is_empty() { Err(de::Error::invalid_length(0, &self)) } else { Ok(Where::Pods(pods)) }
    }
}

impl<'de> Deserialize<'de> for Where {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WhereVisitor)
    }
}

impl JsonSchema for Where {
    fn schema_name() -> Cow<'static, str> {
        "Where".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Where something is asked: the ordinal of a pod, a list of ordinals, or `each` pod that is ready.",
            "oneOf": [
                { "type": "integer", "minimum": 0 },
                { "const": "each" },
                { "type": "array", "items": { "type": "integer", "minimum": 0 }, "minItems": 1 }
            ]
        })
    }
}
