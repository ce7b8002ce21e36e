//! Threads of comments, from their projections.

use groundplan_import::html;
use groundplan_shared::api::{CommentListParams, CommentView, Reference, ThreadView};
use groundplan_shared::model::{CommentId, DocumentId, RelationId, Version};
use groundplan_shared::wire::{DeviceId, MemberId};
use rusqlite::named_params;

use super::reference;
use crate::core::{CoreError, Tx};
use crate::doc;
use crate::identity::people::People;

/// Most threads in one answer.
const THREADS_MAX: i64 = 500;

/// Lists threads, open ones first, then the newest.
pub fn threads(
    tx: &mut Tx<'_>,
    params: &CommentListParams,
    people: &People,
) -> Result<Vec<ThreadView>, CoreError> {
    type Row = (i64, [u8; 16], [u8; 16], Option<[u8; 16]>, Option<String>, Option<i64>);
    let rows: Vec<Row> = {
        let mut statement = tx.sql().prepare_cached(
            "SELECT row, id, subject, relation, resolved_device, resolved_ms FROM thread
             WHERE (:subject IS NULL OR subject = :subject) AND (:relation IS NULL OR relation = :relation)
               AND (:thread IS NULL OR id = :thread) AND (:open = 0 OR resolved_ms IS NULL)
             ORDER BY resolved_ms IS NOT NULL, row DESC LIMIT :most",
        )?;
        let found = statement.query_map(
            named_params! {
                ":subject": params.subject.map(DocumentId::to_bytes),
                ":relation": params.relation.map(RelationId::to_bytes),
                ":thread": params.thread.map(DocumentId::to_bytes),
                ":open": params.open,
                ":most": THREADS_MAX,
            },
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
        )?;
        found.collect::<Result<_, _>>()?
    };
    let mut threads = Vec::with_capacity(rows.len());
    for (row, id, subject, relation, resolved_device, resolved_ms) in rows {
        let id = DocumentId::from_bytes(id);
        threads.push(ThreadView {
            id,
            subject: remembered(tx, DocumentId::from_bytes(subject))?,
            relation: relation.map(RelationId::from_bytes),
            resolved_by: resolved_device.map(|device| people.device(device_of(&device))),
            resolved_ms: resolved_ms.map(i64::unsigned_abs),
            unread: is_new(tx, id, people)?,
            comments: comments(tx, row, people)?,
        });
    }
    Ok(threads)
}

/// Returns the ids of all threads in order, of deleted ones too.
pub fn every_thread(tx: &Tx<'_>) -> Result<Vec<DocumentId>, CoreError> {
    let mut statement = tx.sql().prepare_cached(
        // Of a thread with several documents, the one that counts, if it can be read.
        "SELECT DISTINCT coalesce(d.subject, d.id) FROM document d
         LEFT JOIN subject s ON s.id = coalesce(d.subject, d.id)
         WHERE d.kind = 'thread' AND (s.id IS NULL OR (s.document = d.id AND s.state = 0)) ORDER BY 1",
    )?;
    let rows = statement.query_map([], |row| Ok(DocumentId::from_bytes(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn comments(tx: &Tx<'_>, row: i64, people: &People) -> Result<Vec<CommentView>, CoreError> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT id, device, at_ms, versions FROM comment WHERE row = ?1 ORDER BY place, device, id",
    )?;
    let rows = statement.query_map([row], |row| {
        Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?, row.get(3)?))
    })?;
    let mut comments = Vec::new();
    for found in rows {
        let (id, device, at_ms, versions): (_, _, _, String) = found?;
        let versions: Vec<Version> = serde_json::from_str(&versions).unwrap_or_default();
        let mut versions = versions.into_iter();
        let Some(shown) = versions.next() else { continue };
        let author = people.device(device_of(&device));
        let writer = people.device(device_of(&shown.device));
        let at_ms = at_ms.unsigned_abs();
        let mentions = shown.said.mentions.iter().filter_map(|id| id.parse::<MemberId>().ok());
        comments.push(CommentView {
            id: CommentId::from_bytes(id),
            changed_by: (writer != author).then_some(writer),
            author,
            at_ms,
            edited_ms: (shown.said.at_ms != at_ms).then_some(shown.said.at_ms),
            html: html::render(&shown.said.text, |_| None),
            mentions: mentions.map(|id| people.member(id)).collect(),
            text: shown.said.text,
            others: versions.map(|version| version.said.text).collect(),
        });
    }
    Ok(comments)
}

/// Says whether somebody else changed a document since it was looked at.
pub(super) fn is_new(tx: &Tx<'_>, id: DocumentId, people: &People) -> Result<bool, CoreError> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT device FROM news
         WHERE document = ?1 OR document IN (SELECT document FROM lineage WHERE subject = ?1)",
    )?;
    let devices = statement.query_map([id.to_bytes()], |row| row.get::<_, [u8; 16]>(0))?;
    for device in devices {
        if !people.is_own(DeviceId(device?)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads the id of a device from a projection.
fn device_of(text: &str) -> DeviceId {
    text.parse().unwrap_or(DeviceId([0; 16]))
}

/// Names what an id stands for; what was deleted by the name that it had.
pub fn remembered(tx: &mut Tx<'_>, id: DocumentId) -> Result<Reference, CoreError> {
    let found = reference(tx, id)?;
    if found.document != "missing" || tx.kind_of(id)?.is_none() {
        return Ok(found);
    }
    let (name, kind) = tx.with(id, |doc| {
        let field = |key| doc::string(doc, &automerge::ROOT, key);
        (field("name").or_else(|| field("title")), field("kind"))
    })?;
    Ok(Reference { name: name.unwrap_or_default(), kind: kind.unwrap_or_default(), ..found })
}
