//! What the server says about itself: description, keys, its own interface.

use axum::{Json, extract::State};
use groundplan_shared::{
    auth::jwks::Jwks,
    wire::{
        frames::FRAME_VERSION,
        rest::{LimitsView, ServerInfo},
    },
};

use crate::app::App;

/// Describes the server.
pub(super) async fn describe(State(app): State<App>) -> Json<ServerInfo> {
    Json(ServerInfo {
        server: app.identity.server,
        incarnation: app.identity.incarnation,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        frame_versions: vec![FRAME_VERSION],
        registration: app.config.registration,
        issuer: app.identity.issuer.clone(),
        time_ms: u64::try_from(app.clock.now_ms()).unwrap_or_default(),
        limits: LimitsView::default(),
    })
}

/// Publishes the keys of access tokens.
pub(super) async fn jwks(State(app): State<App>) -> Json<Jwks> {
    Json(app.identity.jwks.clone())
}

/// Publishes the OpenAPI document.
pub(super) async fn openapi(State(app): State<App>) -> Json<serde_json::Value> {
    Json(super::openapi::document(app.config.metrics_on_main, &app.identity.issuer))
}
