//! Blobs: sealed chunks of attachments. What can be checked without a key is checked: who, how much, which hash.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use groundplan_shared::{
    auth::{Clearance, Permissions},
    crypto::sha256,
    membership::MembershipState,
    wire::{
        BlobId, ProblemCode, WorkspaceId,
        limits::{BLOB_BYTES, BLOBS_ASKED},
        rest::{BlobMissingParams, BlobMissingResponse, BlobPutQuery},
    },
};

use crate::{
    app::App,
    caller::Session,
    clock::random,
    http::extract::{JsonBody, PathParams, QueryParams, RawBody},
    limit::{Caller, Use},
    problem::Refusal,
    store::{BlobKey, BlobPut, BlobRow, Entity, Reserved, StoreError},
    sync::Standing,
};

/// What the caller may do with blobs of a workspace.
struct Rights {
    clearance: Clearance,
    write: bool,
    state: std::sync::Arc<MembershipState>,
}

async fn rights(app: &App, session: &Session, workspace: WorkspaceId) -> Result<Rights, Refusal> {
    let (_, state) = app.memberships.at_head(&*app.store, workspace).await?;
    let standing = Standing::of(&state, session);
    let Standing::Active(clearance) = standing else { return Err(standing.refusal()) };
    let write = state
        .active(&session.device)
        .is_some_and(|(_, rights)| rights.permissions.contains(Permissions::WRITE));
    Ok(Rights { clearance, write, state })
}

fn count(app: &App, session: &Session) -> Result<(), Refusal> {
    app.limiter.take(Use::Blob, Caller::Id(session.device.0), 1).map_err(|wait_ms| {
        app.metrics.rate_limited.add(1);
        Refusal::rate_limited(wait_ms)
    })
}

fn no_writer() -> Refusal {
    Refusal::new(ProblemCode::Forbidden, "this device may not write here; ask an administrator for the right")
}

/// Answers which blobs are missing, and takes back that the others are unused.
pub(super) async fn missing(
    session: Session,
    State(app): State<App>,
    PathParams(workspace): PathParams<WorkspaceId>,
    JsonBody(params): JsonBody<BlobMissingParams>,
) -> Result<Json<BlobMissingResponse>, Refusal> {
    let rights = rights(&app, &session, workspace).await?;
    if params.blobs.len() > BLOBS_ASKED {
        let detail = format!("{BLOBS_ASKED} blobs may be asked for at once; ask in parts");
        return Err(Refusal::new(ProblemCode::TooLarge, detail));
    }
    let found = app.store.claim_blobs(workspace, &params.blobs).await?;
    let visible: std::collections::HashSet<BlobId> =
        found.into_iter().filter(|row| rights.clearance.allows(row.compartment)).map(|row| row.id).collect();
    let missing = params.blobs.into_iter().filter(|id| !visible.contains(id)).collect();
    Ok(Json(BlobMissingResponse { missing }))
}

/// Takes a blob.
pub(super) async fn put(
    session: Session,
    State(app): State<App>,
    PathParams((workspace, id)): PathParams<(WorkspaceId, BlobId)>,
    QueryParams(query): QueryParams<BlobPutQuery>,
    RawBody(bytes): RawBody,
) -> Result<StatusCode, Refusal> {
    count(&app, &session)?;
    let rights = rights(&app, &session, workspace).await?;
    if !rights.write || !rights.clearance.allows(query.compartment) {
        return Err(no_writer());
    }
    if query.epoch != rights.state.chain(query.compartment).current() {
        let detail = "the blob is sealed under an older key; pull the membership log and seal it again";
        return Err(Refusal::new(ProblemCode::EpochStale, detail));
    }
    if bytes.is_empty() || bytes.len() > BLOB_BYTES || sha256(&[&bytes]) != query.sha256 {
        let detail = "the body is empty, too long or not the one whose hash was named; send it again";
        return Err(Refusal::new(ProblemCode::Invalid, detail));
    }
    let put = BlobPut {
        workspace,
        id,
        compartment: query.compartment,
        sha256: query.sha256,
        object: random(),
        size: bytes.len() as u64,
        quota_bytes: app.config.limits.workspace_blob_bytes,
        now: app.clock.now_ms(),
    };
    let Reserved::Write { replaced, .. } = app.store.reserve_blob(put).await? else {
        return Ok(StatusCode::NO_CONTENT);
    };
    app.blobs.write(workspace, &put.object, bytes.to_vec()).await?;
    let key = BlobKey { workspace, id, object: put.object };
    match app.store.finish_blob(key).await {
        Ok(()) => {}
        // Somebody else put the same at this moment. Theirs counts if it is whole.
        Err(StoreError::NotFound(_)) => {
            app.blobs.delete(workspace, &put.object).await?;
            let whole = app.store.blob(workspace, id).await.is_ok_and(|row| row.sha256 == put.sha256);
            if !whole {
                let detail = "another device puts the same blob at this moment; try again";
                let refusal = Refusal::new(ProblemCode::Unavailable, detail);
                return Err(Refusal { retry_after_ms: Some(1_000), ..refusal });
            }
            return Ok(StatusCode::NO_CONTENT);
        }
        Err(error) => return Err(error.into()),
    }
    if let Some(old) = replaced {
        app.blobs.delete(workspace, &old).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn visible(app: &App, rights: &Rights, workspace: WorkspaceId, id: BlobId) -> Result<BlobRow, Refusal> {
    let row = app.store.blob(workspace, id).await?;
    // What the caller is not cleared for looks as if it were not there.
    if rights.clearance.allows(row.compartment) { Ok(row) } else { Err(Refusal::not_found("blob")) }
}

/// Gives a blob, or says that it is there.
pub(super) async fn get(
    session: Session,
    State(app): State<App>,
    PathParams((workspace, id)): PathParams<(WorkspaceId, BlobId)>,
    method: Method,
) -> Result<Response, Refusal> {
    count(&app, &session)?;
    let rights = rights(&app, &session, workspace).await?;
    let row = visible(&app, &rights, workspace, id).await?;
    let bytes = if method == Method::HEAD {
        Vec::new()
    } else {
        match app.blobs.read(workspace, &row).await? {
            Some(bytes) => bytes,
            None => {
                tracing::error!(blob.id = %id, "the object of blob {id} is lost or damaged; clients put it again");
                let key = BlobKey { workspace, id, object: row.object };
                match app.store.lose_blob(key).await {
                    Ok(()) | Err(StoreError::NotFound(Entity::Blob)) => {}
                    Err(error) => return Err(error.into()),
                }
                return Err(Refusal::not_found("blob"));
            }
        }
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", row.sha256)) {
        headers.insert(header::ETAG, tag);
    }
    if method == Method::HEAD {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(row.size));
    }
    Ok(response)
}

/// Notes that a blob is unused.
pub(super) async fn remove(
    session: Session,
    State(app): State<App>,
    PathParams((workspace, id)): PathParams<(WorkspaceId, BlobId)>,
) -> Result<StatusCode, Refusal> {
    let rights = rights(&app, &session, workspace).await?;
    let row = visible(&app, &rights, workspace, id).await?;
    if !rights.write {
        return Err(no_writer());
    }
    app.store.abandon_blob(workspace, row.id, app.clock.now_ms()).await?;
    Ok(StatusCode::NO_CONTENT)
}
