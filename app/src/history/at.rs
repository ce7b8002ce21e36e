//! The workspace as it was at a date: what was there, and what became of it.
//!
//! It reads the history of every document, so it takes as long as the workspace is large (in pieces, so that edits get
//! in between). Not here: bringing back (`restore`) and writing an export (`ops::export`).

use automerge::{ChangeHash, ROOT, ReadDoc, Value};
use groundplan_shared::api::{
    ApiError, Became, Cursor, HistoryAt, HistoryAtParams, HistoryCounts, HistoryThing,
};
use groundplan_shared::model::{DocumentId, DocumentKind};

use super::state;
use super::timeline::Timeline;
use crate::core::{CoreError, Tx, Workspace};
use crate::doc::undo;
use crate::query;

/// Documents read in one transaction.
const PIECE: usize = 200;

/// Lists elements, pages and diagrams; only those that are deleted now, or that are not, if asked for.
pub(crate) fn documents(
    tx: &Tx<'_>,
    deleted: Option<bool>,
) -> Result<Vec<(DocumentId, DocumentKind)>, CoreError> {
    let mut statement = tx.sql().prepare_cached(
        // Of a thing with several documents, the one that counts.
        "SELECT coalesce(d.subject, d.id), d.kind FROM document d
         LEFT JOIN subject s ON s.id = coalesce(d.subject, d.id)
         WHERE d.kind NOT IN ('settings', 'thread') AND (?1 IS NULL OR d.deleted = ?1) AND (s.id IS NULL OR s.document = d.id)
         ORDER BY 1",
    )?;
    let rows = statement.query_map([deleted], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let mut found = Vec::new();
    for row in rows {
        let (id, kind) = row?;
        // What a newer program made is not shown here either.
        if let Ok(kind) = kind.parse() {
            found.push((DocumentId::from_bytes(id), kind));
        }
    }
    Ok(found)
}

/// Returns the version in which a document stood at a date; `None` if it was not there.
pub(crate) fn then(
    tx: &mut Tx<'_>,
    id: DocumentId,
    at_ms: u64,
) -> Result<Option<Vec<ChangeHash>>, CoreError> {
    let now_ms = tx.now_ms();
    tx.with(id, |doc| {
        let timeline = Timeline::of(doc, now_ms);
        let heads = timeline.heads(timeline.at(at_ms));
        (!heads.is_empty() && !undo::deleted_at(doc, &heads)).then_some(heads)
    })
}

/// Looks at the workspace. `progress` is told before each piece how many documents were read and how many there are, and
/// may end it.
pub(crate) fn look(
    workspace: &Workspace,
    params: &HistoryAtParams,
    progress: &mut dyn FnMut(u64, u64) -> Result<(), ApiError>,
) -> Result<HistoryAt, CoreError> {
    let (ids, summary) = workspace.read(|tx| Ok((documents(tx, None)?, query::summary(tx)?)))?;
    let now = HistoryCounts {
        elements: summary.elements.values().sum(),
        relations: summary.relations.values().sum(),
        pages: summary.pages.values().sum(),
        views: summary.views,
    };
    let mut seen = HistoryAt {
        at_ms: params.at_ms,
        then: HistoryCounts::default(),
        now,
        created: 0,
        changed: 0,
        deleted: 0,
        items: Vec::new(),
        next: None,
    };
    for (number, piece) in ids.chunks(PIECE).enumerate() {
        progress((number * PIECE) as u64, ids.len() as u64).map_err(CoreError::Api)?;
        workspace.read(|tx| piece.iter().try_for_each(|(id, kind)| one(tx, *id, *kind, &mut seen)))?;
    }
    seen.items.retain(|thing| params.became.is_none_or(|became| thing.became == became));
    seen.items.sort_by_cached_key(key);
    if let Some(after) = &params.after {
        seen.items.retain(|thing| key(thing) > (after.name.clone(), after.id));
    }
    let limit = usize::try_from(params.limit).unwrap_or(usize::MAX);
    if limit > 0 && seen.items.len() > limit {
        seen.items.truncate(limit);
        seen.next = seen.items.last().map(|last| Cursor { name: last.item.name.clone(), id: last.item.id });
    }
    Ok(seen)
}

fn key(thing: &HistoryThing) -> (String, DocumentId) {
    (thing.item.name.clone(), thing.item.id)
}

fn one(tx: &mut Tx<'_>, id: DocumentId, kind: DocumentKind, seen: &mut HistoryAt) -> Result<(), CoreError> {
    let heads = then(tx, id, seen.at_ms)?;
    let (now, deleted) = tx.with(id, |doc| {
        let now = doc.get_heads();
        let deleted = undo::deleted_at(doc, &now);
        (now, deleted)
    })?;
    let Some(heads) = heads else {
        seen.created += u64::from(!deleted);
        return Ok(());
    };
    let (item, relations, same) = tx.with(id, |doc| {
        let relations = match doc.get_at(ROOT, "relations", &heads) {
            Ok(Some((Value::Object(_), at))) => doc.keys_at(&at, &heads).count() as u64,
            _ => 0,
        };
        // A change that was taken back is none.
        let same = heads == now || state::read(doc, &heads) == state::read(doc, &now);
        (state::reference(doc, id, &heads), relations, same)
    })?;
    match kind {
        DocumentKind::Element => seen.then.elements += 1,
        DocumentKind::Page => seen.then.pages += 1,
        DocumentKind::View => seen.then.views += 1,
        DocumentKind::Thread | DocumentKind::Settings => {}
    }
    seen.then.relations += relations;
    let became = if deleted {
        Became::Deleted
    } else if same {
        Became::Same
    } else {
        Became::Changed
    };
    seen.deleted += u64::from(became == Became::Deleted);
    seen.changed += u64::from(became == Became::Changed);
    seen.items.push(HistoryThing { item, became });
    Ok(())
}
