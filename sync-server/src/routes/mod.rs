//! One table of routes: the router, the OpenAPI document and the tests are made from it.
//!
//! A handler that is not in the table cannot be reached; an entry without a handler cannot be written.

pub mod account;
pub mod admin;
mod blob;
mod device;
mod info;
mod mailbox;
pub mod openapi;
pub mod operate;
mod samples;
pub mod schema;
mod second_factor;
mod table;
mod workspace;

use axum::{Router, middleware, routing::MethodRouter};

use crate::{
    app::App,
    http::{extract::BodyLimit, middleware::around},
    problem::Refusal,
};
use groundplan_shared::wire::ProblemCode;

pub use table::{Access, Route, admin_table, table};

/// Makes the router of the public listener.
pub fn public(app: &App) -> Router {
    build(app, table(app.config.metrics_on_main))
}

/// Makes the router of the operators' listener.
pub fn admin(app: &App) -> Router {
    build(app, admin_table())
}

fn build(app: &App, routes: Vec<Route>) -> Router {
    let mut router: Router<App> = Router::new();
    for route in routes {
        let limit = axum::Extension(BodyLimit(route.body_limit));
        let handler: MethodRouter<App> = route.handler.layer(limit);
        router = router.route(route.path, handler);
    }
    router
        .fallback(|| async {
            Refusal::new(ProblemCode::NotFound, "there is nothing at this address; see /v1/openapi.json")
        })
        .method_not_allowed_fallback(|| async {
            Refusal::new(
                ProblemCode::MethodNotAllowed,
                "this address does not take this method; see /v1/openapi.json",
            )
        })
        .layer(middleware::from_fn_with_state(app.clone(), around))
        .with_state(app.clone())
}
