//! For operators: health, readiness, metrics.

use axum::{extract::State, http::header, response::IntoResponse};
use groundplan_shared::wire::ProblemCode;

use crate::{app::App, problem::Refusal};

/// Tells that the process runs.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// Tells that the server can answer.
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Refusal> {
    if *app.stop.borrow() {
        return Err(Refusal::new(ProblemCode::Unavailable, "the server is stopping; ask another replica"));
    }
    app.store.ping().await?;
    Ok("ready\n")
}

/// Renders the counters.
pub(super) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    // Counters of the process are worth having even while the database does not answer.
    let usage = app.store.usage().await.ok();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render(usage))
}
