//! The table itself: every address of the server with method, access, sizes and handler.

use axum::routing::{MethodRouter, get};

use super::operate;
use crate::app::App;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// A device with an access token.
    Session,
    /// An administrator's device.
    Admin,
}

/// A row of the table.
pub struct Route {
    /// The method in capitals.
    pub method: &'static str,
    /// The path with parameters in braces.
    pub path: &'static str,
    /// A stable name.
    pub operation: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Bytes that a body may have.
    pub body_limit: usize,
    /// The code.
    pub handler: MethodRouter<App>,
}

/// Routes of the public listener.
pub fn table(with_metrics: bool) -> Vec<Route> {
    let mut routes = vec![
        Route {
            method: "GET",
            path: "/healthz",
            operation: "server.health",
            summary: "Tells that the process runs",
            access: Access::Public,
            body_limit: 0,
            handler: get(operate::health),
        },
        Route {
            method: "GET",
            path: "/readyz",
            operation: "server.ready",
            summary: "Tells that the server can answer: its database answers and it is not stopping",
            access: Access::Public,
            body_limit: 0,
            handler: get(operate::ready),
        },
    ];
    if with_metrics {
        routes.extend(metrics());
    }
    routes
}

/// Routes of the operators' listener.
pub fn admin_table() -> Vec<Route> {
    let mut routes = table(true);
    routes.retain(|route| !route.path.starts_with("/v1"));
    routes
}

fn metrics() -> [Route; 1] {
    [Route {
        method: "GET",
        path: "/metrics",
        operation: "server.metrics",
        summary: "Counters in Prometheus' text format",
        access: Access::Public,
        body_limit: 0,
        handler: get(operate::metrics),
    }]
}
