//! Workspaces and their membership logs over REST.

use axum::{Json, extract::State};
use groundplan_shared::{
    crypto::verify,
    wire::{
        ProblemCode, WorkspaceId,
        payload::invite_access,
        rest::{
            InviteAccessParams, LogAppendParams, LogAppendResponse, LogGetResponse, WorkspaceCreateParams,
            WorkspaceCreateResponse, WorkspaceListResponse, WorkspaceView,
        },
    },
};
use serde::Deserialize;

use crate::{
    app::App,
    caller::Session,
    http::extract::{JsonBody, PathParams, QueryParams},
    problem::Refusal,
    sync::{Standing, log},
};

/// Makes a workspace.
pub(super) async fn create(
    session: Session,
    State(app): State<App>,
    JsonBody(params): JsonBody<WorkspaceCreateParams>,
) -> Result<Json<WorkspaceCreateResponse>, Refusal> {
    let (workspace, head) = log::create(&app, session, params.entries).await?;
    Ok(Json(WorkspaceCreateResponse { workspace, head_index: head.index, head_hash: head.hash }))
}

/// Lists the workspaces that the calling device is in.
pub(super) async fn list(
    session: Session,
    State(app): State<App>,
) -> Result<Json<WorkspaceListResponse>, Refusal> {
    let workspaces = app.store.workspaces_of(session.device).await?;
    let views = workspaces.into_iter().map(|row| WorkspaceView {
        workspace: row.id,
        head_index: row.log_length.saturating_sub(1),
        head_hash: row.log_head,
        head_ws_seq: row.last_ws_seq,
    });
    Ok(Json(WorkspaceListResponse { workspaces: views.collect() }))
}

/// Which entries are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogQuery {
    after: Option<u64>,
}

/// Reads a part of the log.
pub(super) async fn log_get(
    session: Session,
    State(app): State<App>,
    PathParams(workspace): PathParams<WorkspaceId>,
    QueryParams(query): QueryParams<LogQuery>,
) -> Result<Json<LogGetResponse>, Refusal> {
    let (_, state) = app.memberships.at_head(&*app.store, workspace).await?;
    let from = query.after.map_or(0, |after| after.saturating_add(1));
    match Standing::of(&state, &session) {
        Standing::Active(_) | Standing::Waiting => page(&app, workspace, from).await,
        Standing::ShutOut(_) => Err(Refusal::shut_out()),
        standing @ (Standing::Unproven | Standing::Stranger) => Err(standing.refusal()),
    }
}

async fn page(app: &App, workspace: WorkspaceId, from: u64) -> Result<Json<LogGetResponse>, Refusal> {
    let page = log::read(app, workspace, from).await?;
    Ok(Json(LogGetResponse {
        first_index: page.first_index,
        entries: page.entries,
        head_index: page.head.index,
        head_hash: page.head.hash,
    }))
}

/// Appends an entry.
pub(super) async fn log_append(
    session: Session,
    State(app): State<App>,
    PathParams(workspace): PathParams<WorkspaceId>,
    JsonBody(params): JsonBody<LogAppendParams>,
) -> Result<Json<LogAppendResponse>, Refusal> {
    let head = log::append(&app, session, workspace, &params.entry).await?;
    Ok(Json(LogAppendResponse { head_index: head.index, head_hash: head.hash }))
}

/// Which entries an invitee asks for.
pub(super) async fn invite_read(
    session: Session,
    State(app): State<App>,
    PathParams(workspace): PathParams<WorkspaceId>,
    QueryParams(query): QueryParams<LogQuery>,
    JsonBody(params): JsonBody<InviteAccessParams>,
) -> Result<Json<LogGetResponse>, Refusal> {
    // One answer for everything that is wrong: an invitation's id proves nothing and must tell nothing.
    let refused = || {
        let detail = "the invitation does not open this workspace; ask for a new one";
        Refusal::new(ProblemCode::InviteInvalid, detail)
    };
    let (row, state) =
        app.memberships.at_head(&*app.store, workspace).await.map_err(|error| match error {
            crate::store::StoreError::NotFound(_) => refused(),
            other => other.into(),
        })?;
    let open = state.invite(&params.invite).filter(|open| open.is_open()).ok_or_else(refused)?;
    let bound = open.invite.bound_to.is_none_or(|device| device == session.device);
    let now = u64::try_from(app.clock.now_ms()).unwrap_or_default();
    let in_time =
        row.log_length <= open.invite.expires_index.saturating_add(1) && now <= open.invite.expires_ms;
    let message = invite_access(&app.identity.server, &workspace, &params.invite, &session.device);
    let proven = params.device == session.device && verify(&open.invite.key, &message, &params.signature);
    if !(bound && in_time && proven) {
        return Err(refused());
    }
    page(&app, workspace, query.after.map_or(0, |after| after.saturating_add(1))).await
}
