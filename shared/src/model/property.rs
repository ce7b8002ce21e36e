//! The tables of properties that elements and relations may carry.
//!
//! One table drives validation, the inspector, imports and exports. Not here: the check itself (`validate`).

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

use super::ElementKind;
use super::ElementKind as K;

/// The value of a property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PropertyValue {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A text, or the spelling of a choice.
    Text(String),
}

// By hand: what serde derives keeps a copy of the value while it tries one kind after the other.
impl<'de> Deserialize<'de> for PropertyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;

        impl Visitor<'_> for Value {
            type Value = PropertyValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("yes or no, a whole number or a text")
            }

            fn visit_bool<E>(self, value: bool) -> Result<PropertyValue, E> {
                Ok(PropertyValue::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<PropertyValue, E> {
                Ok(PropertyValue::Integer(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<PropertyValue, E> {
                let too_large = |_| E::invalid_value(Unexpected::Unsigned(value), &self);
                value.try_into().map(PropertyValue::Integer).map_err(too_large)
            }

            fn visit_str<E>(self, value: &str) -> Result<PropertyValue, E> {
                Ok(PropertyValue::Text(value.to_owned()))
            }
        }

        deserializer.deserialize_any(Value)
    }
}

impl PropertyValue {
    /// Returns the text form that exports, search and the inspector show.
    pub fn to_text(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Text(value) => value.clone(),
        }
    }
}

/// What a property accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Yes or no.
    Bool,
    /// A whole number between both bounds, inclusive.
    Integer(i64, i64),
    /// A single line of at most this many characters.
    Line(usize),
    /// One of these spellings.
    Choice(&'static [&'static str]),
    /// One of these spellings by preference, or any other single line of at most 64 characters.
    Suggested(&'static [&'static str]),
    /// A length of time: a whole number and one of ms, s, m, h, d (`15m`).
    Duration,
}

/// One row of a table of properties.
#[derive(Debug, Clone, Copy)]
pub struct PropertySpec {
    /// The stored name.
    pub name: &'static str,
    /// What it accepts.
    pub shape: Shape,
    /// The element kinds that carry it; empty means all.
    pub kinds: &'static [ElementKind],
}

const LIFECYCLE: &[&str] = &["planned", "experimental", "production", "deprecated", "retired"];
const IMPORTANCE: &[&str] = &["archive", "operational", "important", "critical", "mission-critical"];
const CLASSIFICATION: &[&str] = &["public", "internal", "confidential", "restricted"];
const COMPONENT_TYPES: &[&str] = &[
    "service",
    "web-app",
    "mobile-app",
    "desktop-app",
    "job",
    "function",
    "library",
    "gateway",
    "load-balancer",
    "cdn",
    "cache",
    "worker",
    "identity-provider",
];
const DATASTORE_TYPES: &[&str] =
    &["relational", "document", "key-value", "cache", "object", "file", "search", "warehouse"];
const CHANNEL_TYPES: &[&str] = &["queue", "topic", "stream", "bus"];
const RUNNING: &[ElementKind] = &[K::System, K::Component, K::Datastore, K::Channel, K::Api, K::Node];

const fn row(name: &'static str, shape: Shape, kinds: &'static [ElementKind]) -> PropertySpec {
    PropertySpec { name, shape, kinds }
}

static ELEMENT: &[PropertySpec] = &[
    row("technology", Shape::Line(120), &[]),
    row("type", Shape::Suggested(COMPONENT_TYPES), &[K::Component]),
    row("level", Shape::Choice(&["container", "component"]), &[K::Component]),
    row("store_type", Shape::Suggested(DATASTORE_TYPES), &[K::Datastore]),
    row("channel_type", Shape::Suggested(CHANNEL_TYPES), &[K::Channel]),
    row("format", Shape::Suggested(&["openapi", "asyncapi", "graphql", "grpc", "soap"]), &[K::Api]),
    row("external", Shape::Bool, &[K::System, K::Component, K::Datastore, K::Channel, K::Api]),
    row("lifecycle", Shape::Choice(LIFECYCLE), &[]),
    row("version", Shape::Line(64), &[]),
    row("classification", Shape::Choice(CLASSIFICATION), &[]),
    row("personal_data", Shape::Bool, &[]),
    row("criticality", Shape::Choice(IMPORTANCE), &[]),
    row("integrity", Shape::Choice(IMPORTANCE), &[]),
    row("availability", Shape::Choice(IMPORTANCE), &[]),
    row("internet_facing", Shape::Bool, RUNNING),
    row("redundant", Shape::Bool, RUNNING),
    row("instances", Shape::Integer(0, 1_000_000), RUNNING),
    row("rto", Shape::Duration, RUNNING),
    row("rpo", Shape::Duration, RUNNING),
    row("slo", Shape::Line(120), RUNNING),
    row("capacity_unit", Shape::Line(32), RUNNING),
    row("capacity_limit", Shape::Integer(0, i64::MAX), RUNNING),
    row("capacity_measured", Shape::Integer(0, i64::MAX), RUNNING),
    row(
        "encryption_at_rest",
        Shape::Choice(&["none", "disk", "database", "application"]),
        &[K::System, K::Component, K::Datastore, K::Channel, K::Node],
    ),
    row("ports", Shape::Line(400), RUNNING),
    row("profiles", Shape::Line(200), RUNNING),
    row("members", Shape::Line(2_000), &[K::Team]),
    row("address", Shape::Line(400), &[K::Check, K::Node, K::Environment]),
    row("probe", Shape::Choice(&["http", "tcp", "tls-expiry", "dns", "postgres", "command"]), &[K::Check]),
    row("interval", Shape::Duration, &[K::Check]),
];

static RELATION: &[PropertySpec] = &[
    row("description", Shape::Line(400), &[]),
    row("protocol", Shape::Line(64), &[]),
    row("interaction", Shape::Choice(&["sync", "async"]), &[]),
    row("access", Shape::Choice(&["read", "write", "read-write"]), &[]),
    row("data_sent", Shape::Line(400), &[]),
    row("data_received", Shape::Line(400), &[]),
    row(
        "authentication",
        Shape::Choice(&["none", "credentials", "session", "token", "client-certificate", "two-factor"]),
        &[],
    ),
    row("authorisation", Shape::Choice(&["none", "technical-user", "end-user"]), &[]),
    row("vpn", Shape::Bool, &[]),
    row("timeout", Shape::Duration, &[]),
    row("retries", Shape::Integer(0, 1_000), &[]),
    row("origin", Shape::Line(64), &[]),
];

/// Returns the properties that an element of this kind may carry, in display order.
pub fn element_properties(kind: ElementKind) -> impl Iterator<Item = &'static PropertySpec> {
    ELEMENT.iter().filter(move |spec| spec.kinds.is_empty() || spec.kinds.contains(&kind))
}

/// Finds a property of elements of this kind by name.
pub fn element_property(kind: ElementKind, name: &str) -> Option<&'static PropertySpec> {
    element_properties(kind).find(|spec| spec.name == name)
}

/// Returns the properties that a relation may carry, in display order.
pub fn relation_properties() -> impl Iterator<Item = &'static PropertySpec> {
    RELATION.iter()
}

/// Finds a property of relations by name.
pub fn relation_property(name: &str) -> Option<&'static PropertySpec> {
    RELATION.iter().find(|spec| spec.name == name)
}
