//! JSON schemas of bodies, inferred from a sample of the real type: what the type writes, and what it cannot do without.
//!
//! A field that the type reads without is optional; so a schema cannot disagree with the code that reads the body.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// A body's schema with an example.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The JSON schema.
    pub schema: Value,
    /// A value that fits it.
    pub example: Value,
}

/// Infers the schema of a type from a sample in which every optional field is present and every list has an item.
pub(super) fn shape<T: Serialize + DeserializeOwned>(sample: &T) -> Shape {
    let example = serde_json::to_value(sample).expect("invariant: samples are plain data");
    let reads = |value: &Value| serde_json::from_value::<T>(value.clone()).is_ok();
    let schema = infer(&example, &mut |replaced| reads(replaced), &example, &mut Vec::new());
    Shape { schema, example }
}

/// A way to a value inside another: keys and list positions.
type Way = Vec<String>;

fn infer(value: &Value, reads: &mut dyn FnMut(&Value) -> bool, whole: &Value, way: &mut Way) -> Value {
    match value {
        Value::Object(fields) => {
            let mut properties = Map::new();
            let mut required = Vec::new();
            for (name, field) in fields {
                if !reads(&without(whole, way, name)) {
                    required.push(json!(name));
                }
                way.push(name.clone());
                properties.insert(name.clone(), infer(field, reads, whole, way));
                way.pop();
            }
            json!({"type": "object", "properties": properties, "required": required})
        }
        Value::Array(items) => {
            way.push("0".to_owned());
            let items = items.first().map_or(json!({}), |item| infer(item, reads, whole, way));
            way.pop();
            json!({"type": "array", "items": items})
        }
        Value::String(_) => json!({"type": "string"}),
        Value::Number(_) => json!({"type": "integer", "minimum": 0}),
        Value::Bool(_) => json!({"type": "boolean"}),
        Value::Null => json!({}),
    }
}

/// The whole value without one field of the object that the way leads to.
fn without(whole: &Value, way: &[String], name: &str) -> Value {
    let mut copy = whole.clone();
    let mut place = &mut copy;
    for step in way {
        place = match place {
            Value::Object(fields) => match fields.get_mut(step) {
                Some(next) => next,
                None => return Value::Null,
            },
            Value::Array(items) => match items.first_mut() {
                Some(next) => next,
                None => return Value::Null,
            },
            _ => return Value::Null,
        };
    }
    if let Value::Object(fields) = place {
        fields.remove(name);
    }
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, serde::Deserialize)]
    struct Inner {
        a: u32,
        #[serde(default)]
        b: Option<String>,
    }

    #[derive(Serialize, serde::Deserialize)]
    struct Outer {
        list: Vec<Inner>,
        flag: bool,
    }

    #[test]
    fn optional_fields_are_found_at_any_depth() {
        let found = shape(&Outer { list: vec![Inner { a: 1, b: Some("x".into()) }], flag: true });
        let expected = json!({"type": "object", "required": ["flag", "list"], "properties": {
            "flag": {"type": "boolean"},
            "list": {"type": "array", "items": {"type": "object", "required": ["a"], "properties": {
                "a": {"type": "integer", "minimum": 0}, "b": {"type": "string"}}}}}});
        assert_eq!(found.schema, expected);
    }
}
