//! What is new since this device's person looked: by thing, with who did it, and where they were mentioned.

use std::collections::HashMap;

use groundplan_shared::api::{ChangeList, ChangeView, MentionView};
use groundplan_shared::model::{CommentId, DocumentId, RelationId, Version};
use groundplan_shared::wire::{DeviceId, MemberId};

use super::comment::{is_new, remembered};
use crate::core::{CoreError, Tx};
use crate::identity::people::People;

/// Most things in one answer.
const ITEMS_MAX: usize = 500;
/// Most mentions in one answer.
const MENTIONS_MAX: usize = 200;

/// Lists what is new.
pub fn news(tx: &mut Tx<'_>, people: &People) -> Result<ChangeList, CoreError> {
    let until: Option<i64> =
        tx.sql().prepare_cached("SELECT max(seq) FROM news")?.query_row([], |row| row.get(0))?;
    Ok(ChangeList {
        items: items(tx, people)?,
        mentions: mentions(tx, people)?,
        until: until.unwrap_or(0).unsigned_abs(),
    })
}

struct Arrived {
    document: DocumentId,
    device: DeviceId,
    what: String,
    changes: u64,
    at_ms: u64,
    /// What it is about, if it is a thread.
    subject: Option<DocumentId>,
    is_thread: bool,
}

fn arrived(tx: &Tx<'_>) -> Result<Vec<Arrived>, CoreError> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT coalesce(l.subject, n.document), n.device, n.what, n.changes, n.at_ms, t.subject, coalesce(d.kind = 'thread', 0)
         FROM news n LEFT JOIN lineage l ON l.document = n.document LEFT JOIN document d ON d.id = n.document
         LEFT JOIN thread t ON t.id = coalesce(l.subject, n.document)
         ORDER BY n.seq DESC",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Arrived {
            document: DocumentId::from_bytes(row.get(0)?),
            device: DeviceId(row.get(1)?),
            what: row.get(2)?,
            changes: row.get::<_, i64>(3)?.unsigned_abs(),
            at_ms: row.get::<_, i64>(4)?.unsigned_abs(),
            subject: row.get::<_, Option<[u8; 16]>>(5)?.map(DocumentId::from_bytes),
            is_thread: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn items(tx: &mut Tx<'_>, people: &People) -> Result<Vec<ChangeView>, CoreError> {
    let mut found: Vec<ChangeView> = Vec::new();
    let mut places: HashMap<DocumentId, usize> = HashMap::new();
    for one in arrived(tx)? {
        // A thread of which nothing is left says nothing.
        if people.is_own(one.device) || (one.is_thread && one.subject.is_none()) {
            continue;
        }
        let about = one.subject.unwrap_or(one.document);
        let place = match places.get(&about) {
            Some(place) => *place,
            None if found.len() >= ITEMS_MAX => continue,
            None => {
                found.push(ChangeView {
                    item: remembered(tx, about)?,
                    what: String::new(),
                    by: Vec::new(),
                    changes: 0,
                    threads: Vec::new(),
                    at_ms: one.at_ms,
                });
                places.insert(about, found.len() - 1);
                found.len() - 1
            }
        };
        let Some(item) = found.get_mut(place) else { continue };
        if one.is_thread {
            if !item.threads.contains(&one.document) {
                item.threads.push(one.document);
            }
        } else {
            item.changes += one.changes;
            // What somebody made is new, whoever changed it since; otherwise the latest counts.
            if item.what.is_empty() || (one.what == "created" && item.what != "deleted") {
                item.what = one.what;
            }
        }
        let by = people.device(one.device);
        if !item.by.contains(&by) {
            item.by.push(by);
        }
    }
    // Made and deleted by others before anybody looked: nothing to tell.
    found.retain(|change| !(change.item.document == "missing" && change.what == "created"));
    Ok(found)
}

fn mentions(tx: &mut Tx<'_>, people: &People) -> Result<Vec<MentionView>, CoreError> {
    let Some(own) = people.own() else { return Ok(Vec::new()) };
    type Row = ([u8; 16], [u8; 16], [u8; 16], Option<[u8; 16]>, String, i64, String, bool);
    let rows: Vec<Row> = {
        let mut statement = tx.sql().prepare_cached(
            "SELECT t.id, c.id, t.subject, t.relation, c.device, c.at_ms, c.versions, t.resolved_ms IS NOT NULL
             FROM mention m JOIN thread t ON t.row = m.row JOIN comment c ON c.row = m.row AND c.id = m.comment
             WHERE m.member = ?1
             ORDER BY EXISTS (SELECT 1 FROM news n WHERE n.document = t.id) DESC, t.row DESC, c.place DESC LIMIT ?2",
        )?;
        let found = statement.query_map((own.0, MENTIONS_MAX as i64), |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
            ))
        })?;
        found.collect::<Result<_, _>>()?
    };
    let mut found = Vec::new();
    for (thread, comment, subject, relation, device, at_ms, versions, resolved) in rows {
        let thread = DocumentId::from_bytes(thread);
        let versions: Vec<Version> = serde_json::from_str(&versions).unwrap_or_default();
        let Some(shown) = versions.into_iter().next() else { continue };
        let by = people.device(device.parse().unwrap_or(DeviceId([0; 16])));
        found.push(MentionView {
            thread,
            comment: CommentId::from_bytes(comment),
            item: remembered(tx, DocumentId::from_bytes(subject))?,
            relation: relation.map(RelationId::from_bytes),
            by,
            at_ms: at_ms.unsigned_abs(),
            text: shown.said.text,
            unread: is_new(tx, thread, people)?,
            resolved,
        });
    }
    // Mentioning oneself is no news.
    let own: MemberId = own;
    found.retain(|mention| mention.by.id != own.to_string());
    Ok(found)
}
