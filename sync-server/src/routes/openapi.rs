//! The OpenAPI 3.1 document, made from the table of routes.

use groundplan_shared::wire::{Problem, ProblemCode};
use serde_json::{Map, Value, json};

use super::{
    schema::{Shape, shape},
    table::{Access, Route, table},
};

/// Makes the document.
pub fn document(with_metrics: bool, server_url: &str) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in table(with_metrics) {
        let entry = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = entry {
            methods.insert(route.method.to_ascii_lowercase(), operation(&route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Groundplan sync server",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Accounts, workspaces and membership logs of a server that sees ciphertext only.",
        },
        "servers": [{"url": server_url}],
        "paths": paths,
        "components": {
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {"Problem": problem_schema()},
        },
    })
}

fn problem_schema() -> Value {
    let mut sample = Problem::new(ProblemCode::Invalid, "detail").retry_after(1000);
    sample.request_id = Some("id".to_owned());
    sample.field = Some("/field".to_owned());
    let mut schema = shape(&sample).schema;
    let codes: Vec<_> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
    schema["properties"]["code"] = json!({"type": "string", "enum": codes});
    schema
}

fn operation(route: &Route) -> Value {
    let mut parameters: Vec<Value> = path_parameters(route.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    parameters.extend(route.query.iter().map(|(name, required, description)| {
        json!({"name": name, "in": "query", "required": required, "description": description,
            "schema": {"type": "string"}})
    }));
    let (status, done) = answer(route);
    let mut operation = json!({
        "operationId": route.operation,
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            status: done,
            "default": {
                "description": "A problem (RFC 9457)",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    });
    if let Some(request) = &route.request {
        operation["requestBody"] = json!({"required": true, "content": content(request)});
    }
    if route.operation == "blob.put" {
        operation["requestBody"] = json!({"required": true, "content": bytes()});
    }
    if route.access != Access::Public {
        operation["security"] = json!([{"session": []}]);
    }
    operation
}

fn answer(route: &Route) -> (&'static str, Value) {
    match (&route.response, route.operation) {
        (Some(response), _) => ("200", json!({"description": "Done", "content": content(response)})),
        (None, "blob.get") => ("200", json!({"description": "The bytes", "content": bytes()})),
        (None, "socket.open") => ("101", json!({"description": "The connection is a WebSocket now"})),
        (None, _) if route.method == "GET" => ("200", json!({"description": "Done"})),
        (None, _) => ("204", json!({"description": "Done"})),
    }
}

fn bytes() -> Value {
    json!({"application/octet-stream": {}})
}

fn content(shape: &Shape) -> Value {
    json!({"application/json": {"schema": shape.schema, "example": shape.example}})
}

fn path_parameters(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}
