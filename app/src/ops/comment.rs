//! Comments: list, say, change, take away, resolve.
//!
//! Who says something is not asked: it is the member of the device that signs the change.

use groundplan_shared::api::{
    ApiError, CommentAddParams, CommentEditParams, CommentListParams, CommentRemoveParams,
    CommentResolveParams, ErrorCode, ThreadList, ThreadView,
};
use groundplan_shared::model::{
    COMMENTS_PER_THREAD, Comment, CommentId, DocumentId, DocumentKind, RelationId, Said, Thread,
};
use groundplan_shared::validate::check_comment;
use groundplan_shared::wire::DeviceId;

use super::missing;
use crate::core::{CoreError, Tx, mark_seen};
use crate::identity::people::People;
use crate::runtime::App;
use crate::{doc, env, query};

/// Lists threads.
pub fn list(app: &App, params: CommentListParams) -> Result<ThreadList, ApiError> {
    let people = app.people()?;
    Ok(ThreadList { items: app.read(|tx| query::threads(tx, &params, &people))? })
}

/// Begins a thread, or replies in one.
pub fn add(app: &App, params: CommentAddParams) -> Result<ThreadView, ApiError> {
    let people = app.people()?;
    let said = said(&people, params.text)?;
    let comment = CommentId::new(env::make_uuid());
    let thread = match (params.thread, params.subject) {
        (Some(thread), None) => {
            app.edit("Reply", |tx| {
                if open(tx, thread)?.comments.len() >= COMMENTS_PER_THREAD {
                    return Err(CoreError::Api(ApiError::new(
                        ErrorCode::Conflict,
                        format!("This thread has {COMMENTS_PER_THREAD} comments, which is the most."),
                        "Begin another one.",
                    )));
                }
                tx.edit(thread, |doc| Ok(doc::comment::add(doc, comment, &said)?))?;
                // Whoever replies has looked.
                mark_seen(tx, &[thread], None)
            })?;
            thread
        }
        (None, Some(subject)) => {
            let thread = DocumentId::new(env::make_uuid());
            let name = app.read(|tx| Ok(query::reference(tx, subject)?.name))?;
            app.edit(&format!("Comment on {name}"), |tx| {
                require_subject(tx, subject, params.relation)?;
                tx.create_beside(thread, DocumentKind::Thread, subject, |doc| {
                    doc::comment::write(doc, subject, params.relation)?;
                    Ok(doc::comment::add(doc, comment, &said)?)
                })
            })?;
            thread
        }
        _ => {
            return Err(ApiError::new(
                ErrorCode::InvalidInput,
                "Either a thread to reply in or something to comment on has to be named.",
                "Name one of them.",
            ));
        }
    };
    view(app, &people, thread)
}

/// Changes a comment of one's own.
pub fn edit(app: &App, params: CommentEditParams) -> Result<ThreadView, ApiError> {
    let people = app.people()?;
    let said = said(&people, params.text)?;
    let (thread, comment) = (params.thread, params.comment);
    app.edit("Change a comment", |tx| {
        require_own(tx, &people, thread, comment)?;
        tx.edit(thread, |doc| Ok(doc::comment::edit(doc, comment, &said)?))
    })?;
    view(app, &people, thread)
}

/// Takes a comment of one's own away; undo brings it back.
pub fn remove(app: &App, params: CommentRemoveParams) -> Result<ThreadView, ApiError> {
    let people = app.people()?;
    let (thread, comment) = (params.thread, params.comment);
    let before = view(app, &people, thread)?;
    app.edit("Take a comment away", |tx| {
        require_own(tx, &people, thread, comment)?;
        tx.edit(thread, |doc| Ok(doc::comment::take_away(doc, comment)?))
    })?;
    // A thread of which nothing is left is not listed any more.
    let after = list(app, CommentListParams { thread: Some(thread), ..CommentListParams::default() })?;
    Ok(after.items.into_iter().next().unwrap_or(ThreadView { comments: Vec::new(), ..before }))
}

/// Resolves a thread, or opens it again.
pub fn resolve(app: &App, params: CommentResolveParams) -> Result<ThreadView, ApiError> {
    let people = app.people()?;
    let thread = params.thread;
    let label = if params.resolved { "Resolve a thread" } else { "Open a thread again" };
    app.edit(label, |tx| {
        if open(tx, thread)?.resolved.is_some() == params.resolved {
            return Ok(());
        }
        let at_ms = params.resolved.then_some(tx.now_ms());
        tx.edit(thread, |doc| Ok(doc::comment::resolve(doc, at_ms)?))
    })?;
    view(app, &people, thread)
}

fn view(app: &App, people: &People, thread: DocumentId) -> Result<ThreadView, ApiError> {
    let params = CommentListParams { thread: Some(thread), ..CommentListParams::default() };
    app.read(|tx| {
        let found = query::threads(tx, &params, people)?;
        found.into_iter().next().ok_or_else(|| missing("thread", thread))
    })
}

fn said(people: &People, text: String) -> Result<Said, ApiError> {
    let mentions = people.mentioned(&text).iter().map(ToString::to_string).collect();
    let said = Said { text, at_ms: env::now_ms(), mentions };
    check_comment(&said)?;
    Ok(said)
}

/// Reads a thread that is there.
fn open(tx: &mut Tx<'_>, thread: DocumentId) -> Result<Thread, CoreError> {
    if tx.kind_of(thread)? != Some(DocumentKind::Thread) {
        return Err(missing("thread", thread));
    }
    let found =
        tx.with(thread, |doc| if doc::is_deleted(doc) { None } else { doc::comment::read(doc, thread) })?;
    found.ok_or_else(|| missing("thread", thread))
}

fn require_own(
    tx: &mut Tx<'_>,
    people: &People,
    thread: DocumentId,
    comment: CommentId,
) -> Result<(), CoreError> {
    let is_there = |one: &&Comment| one.id == comment && !one.versions.is_empty();
    let thread = open(tx, thread)?;
    let found = thread.comments.iter().find(is_there).ok_or_else(|| {
        CoreError::Api(ApiError::new(
            ErrorCode::NotFound,
            format!("There is no comment with the id {comment} in this thread."),
            "List the thread again; its author may have taken it away.",
        ))
    })?;
    let device: Option<DeviceId> = found.device.parse().ok();
    if device.is_some_and(|device| people.is_own(device)) {
        return Ok(());
    }
    Err(CoreError::Api(ApiError::new(
        ErrorCode::NotAllowed,
        "This comment is somebody else's.",
        "Reply to it instead; only its author changes it or takes it away.",
    )))
}

fn require_subject(tx: &Tx<'_>, subject: DocumentId, relation: Option<RelationId>) -> Result<(), CoreError> {
    // What is gone, or may not be known here, is no subject.
    let what = query::reference(tx, subject)?.document;
    if !matches!(what.as_str(), "element" | "page" | "view") {
        return Err(missing("element, page or diagram", subject));
    }
    let Some(relation) = relation else { return Ok(()) };
    let known: bool = tx
        .sql()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM relation WHERE id = ?1 AND source = ?2)")?
        .query_row((relation.to_bytes(), subject.to_bytes()), |row| row.get(0))?;
    if known {
        return Ok(());
    }
    Err(CoreError::Api(ApiError::new(
        ErrorCode::NotFound,
        format!("There is no relation with the id {relation} that leads from this element."),
        "List the relations again; it may have been deleted.",
    )))
}
