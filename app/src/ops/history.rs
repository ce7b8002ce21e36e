//! History: versions, comparing, bringing back, and the workspace at a date.

use std::collections::HashMap;

use automerge::ChangeHash;
use groundplan_shared::api::{
    ApiError, ErrorCode, HistoryAt, HistoryAtParams, HistoryAuthor, HistoryChange, HistoryCompareParams,
    HistoryComparison, HistoryEntry, HistoryList, HistoryListParams, HistoryRecoverParams,
    HistoryRestoreParams, HistoryRestored, Reference,
};
use groundplan_shared::model::DocumentId;

use crate::core::{CoreError, Tx};
use crate::doc::undo;
use crate::history::{self, Detail, State, Timeline, Version};
use crate::query;
use crate::runtime::App;

/// Versions listed if no number is asked for.
const LISTED: u32 = 50;
/// Most versions listed in one go.
const LISTED_MAX: u32 = 500;

/// Lists versions.
pub fn list(app: &App, params: HistoryListParams) -> Result<HistoryList, ApiError> {
    let limit = if params.limit == 0 { LISTED } else { params.limit.min(LISTED_MAX) } as usize;
    let id = params.document;
    let now_ms = crate::env::now_ms();
    let (mut list, actors) = app.read(|tx| {
        require(tx, id)?;
        let mut actors = Vec::new();
        let (rows, mut list) = tx.with(id, |doc| {
            let timeline = Timeline::of(doc, now_ms);
            let end = match &params.after {
                None => timeline.len(),
                Some(after) => timeline.ending_with(after).ok_or_else(moved_on)?,
            };
            let versions = timeline.versions(doc, end, limit, params.every);
            let next = versions.last().map_or(0, |version| version.from);
            let next = timeline.change(next).map(|change| change.hash.to_string());
            let rows: Vec<Row> = versions.iter().map(|version| Row::read(doc, &timeline, *version)).collect();
            let now = doc.get_heads();
            let list = HistoryList {
                document: history::reference(doc, id, &now),
                deleted: undo::deleted_at(doc, &now),
                items: Vec::new(),
                next,
            };
            Ok::<_, CoreError>((rows, list))
        })??;
        for row in rows {
            actors.push(row.actor);
            let changes = worded(tx, &row.before, &row.after, Detail::Counts)?;
            list.items.push(HistoryEntry { changes, ..row.entry });
        }
        Ok((list, actors))
    })?;
    let author = history::name_authors(app, actors.clone())?;
    for (entry, actor) in list.items.iter_mut().zip(&actors) {
        entry.author = author(actor);
    }
    Ok(list)
}

/// A version as it is read; its author and changes are named later.
struct Row {
    entry: HistoryEntry,
    actor: Vec<u8>,
    before: State,
    after: State,
}

impl Row {
    fn read(doc: &automerge::AutoCommit, timeline: &Timeline, version: Version) -> Self {
        let (before, after) = (timeline.heads(version.from), timeline.heads(version.to));
        let change = timeline.change(version.to);
        let entry = HistoryEntry {
            version: timeline.name(version.to),
            before_version: timeline.name(version.from),
            made_ms: change
                .and_then(|change| u64::try_from(change.time_s).ok())
                .unwrap_or(0)
                .saturating_mul(1000),
            author: HistoryAuthor::default(),
            edits: u32::try_from(version.to - version.from).unwrap_or(u32::MAX),
            step: history::step(doc, &before, &after),
            changes: Vec::new(),
        };
        Self {
            entry,
            actor: change.map(|change| change.actor.clone()).unwrap_or_default(),
            before: history::read(doc, &before),
            after: history::read(doc, &after),
        }
    }
}

/// Compares two versions.
pub fn compare(app: &App, params: HistoryCompareParams) -> Result<HistoryComparison, ApiError> {
    let id = params.document;
    let now_ms = crate::env::now_ms();
    app.read(|tx| {
        require(tx, id)?;
        let (before, after, document) = tx.with(id, |doc| {
            let timeline = Timeline::of(doc, now_ms);
            let from = history::restore::resolve(&timeline, &params.from)?;
            let to: Vec<ChangeHash> = match &params.to {
                Some(to) => history::restore::resolve(&timeline, to)?,
                None => doc.get_heads(),
            };
            let state = |heads: &[ChangeHash]| match heads {
                [] => State::new(),
                heads => history::read(doc, heads),
            };
            Ok::<_, CoreError>((state(&from), state(&to), history::reference(doc, id, &to)))
        })??;
        Ok(HistoryComparison { document, changes: worded(tx, &before, &after, Detail::Words)? })
    })
}

/// Brings a version, or one field of it, back as a new edit.
pub fn restore(app: &App, params: HistoryRestoreParams) -> Result<HistoryRestored, ApiError> {
    let HistoryRestoreParams { document: id, version, field } = params;
    let name = app.read(|tx| {
        require(tx, id)?;
        tx.with(id, |doc| {
            let now = doc.get_heads();
            history::reference(doc, id, &now).name
        })
    })?;
    let label = format!("Restore {name}");
    let done = app.edit(&label, |tx| match &field {
        None => history::restore::document(tx, id, &version),
        Some(field) => history::restore::field(tx, id, &version, field),
    })?;
    Ok(labelled(done, label))
}

/// Shows what the workspace held at a date.
pub fn at(app: &App, params: HistoryAtParams) -> Result<HistoryAt, ApiError> {
    check_date(params.at_ms)?;
    let job = app.job(params.job.as_deref());
    Ok(history::at::look(&*app.workspace()?, &params, &mut |done, total| job.step("look", done, total))?)
}

/// Brings back what was deleted since a date.
pub fn recover(app: &App, params: HistoryRecoverParams) -> Result<HistoryRestored, ApiError> {
    check_date(params.at_ms)?;
    let label = "Bring deleted things back";
    let (done, _) = app.edit(label, |tx| history::restore::recover(tx, params.at_ms, &params.ids))?;
    Ok(labelled(done, label.to_owned()))
}

fn labelled(done: HistoryRestored, label: String) -> HistoryRestored {
    let label = if done.documents == 0 { String::new() } else { label };
    HistoryRestored { label, ..done }
}

/// A date must be one that was.
pub(crate) fn check_date(at_ms: u64) -> Result<(), ApiError> {
    if at_ms <= crate::env::now_ms() {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::InvalidInput, "That date is still to come.", "Name a date that was."))
}

fn require(tx: &mut Tx<'_>, id: DocumentId) -> Result<(), CoreError> {
    tx.kind_of(id)?.map(|_| ()).ok_or(CoreError::NotFound(id))
}

fn moved_on() -> CoreError {
    CoreError::Api(ApiError::new(
        ErrorCode::Conflict,
        "The place where the list goes on is not in the history.",
        "List the versions again from the start.",
    ))
}

/// Says what differs, naming what relations lead to: as it is called now, or was called last.
fn worded(
    tx: &mut Tx<'_>,
    before: &State,
    after: &State,
    detail: Detail,
) -> Result<Vec<HistoryChange>, CoreError> {
    let mut known: HashMap<String, String> = HashMap::new();
    let mut failed = None;
    let changes = history::changes(before, after, detail, &mut |id| {
        if let Some(name) = known.get(id) {
            return name.clone();
        }
        let name = name_of(tx, id).unwrap_or_else(|error| {
            failed = Some(error);
            String::new()
        });
        known.insert(id.to_owned(), name.clone());
        name
    });
    failed.map_or(Ok(changes), Err)
}

fn name_of(tx: &mut Tx<'_>, id: &str) -> Result<String, CoreError> {
    let Ok(id) = id.parse::<DocumentId>() else { return Ok(id.to_owned()) };
    let Reference { document, name, .. } = query::reference(tx, id)?;
    if document != "missing" {
        return Ok(name);
    }
    if tx.kind_of(id)?.is_none() {
        // It never came here, or may not.
        return Ok(id.to_string());
    }
    tx.with(id, |doc| {
        let now = doc.get_heads();
        history::reference(doc, id, &now).name
    })
}
