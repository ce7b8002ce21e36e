//! Bringing back a version, a field of it, or what was deleted: always a new edit on top of everything since, which
//! undo takes back like any other.
//!
//! Deleting something also takes the relations away that lead to it, from other documents. They come back with it: what
//! those documents lost by the same device in the same second.

use std::collections::BTreeSet;

use automerge::transaction::Transactable;
use automerge::{AutoCommit, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, Value};
use groundplan_shared::api::{ApiError, ErrorCode, HistoryRestored};
use groundplan_shared::model::{DocumentId, DocumentKind, Relation, RelationId, RelationKind};

use super::at;
use super::state::{self, at_version};
use super::timeline::Timeline;
use crate::core::{CoreError, Tx};
use crate::doc::{self, DocError, element, lineage, undo};

/// Reads the name of a version.
pub(crate) fn resolve(timeline: &Timeline, version: &str) -> Result<Vec<ChangeHash>, CoreError> {
    timeline.resolve(version).map_err(|_| {
        CoreError::Api(ApiError::new(
            ErrorCode::NotFound,
            format!("There is no version \u{201c}{version}\u{201d} of it here, or several begin like that."),
            "List the versions again.",
        ))
    })
}

fn nothing() -> HistoryRestored {
    HistoryRestored { label: String::new(), documents: 0, relations: 0 }
}

/// Makes a document what it was in a version.
pub(crate) fn document(tx: &mut Tx<'_>, id: DocumentId, version: &str) -> Result<HistoryRestored, CoreError> {
    let now_ms = tx.now_ms();
    let (then, now, deleted) = tx.with(id, |doc| {
        let then = resolve(&Timeline::of(doc, now_ms), version)?;
        if then.is_empty() || undo::deleted_at(doc, &then) {
            return Err(CoreError::Api(ApiError::new(
                ErrorCode::InvalidInput,
                "In that version it was deleted, or not there yet.",
                "Choose a version in which it was there; deleting is a command of its own.",
            )));
        }
        let now = doc.get_heads();
        let deleted = undo::deleted_at(doc, &now);
        let same = state::read(doc, &then) == state::read(doc, &now);
        Ok((then, (!same || deleted).then_some(now), deleted))
    })??;
    let Some(now) = now else { return Ok(nothing()) };
    let lost = if deleted { lost_with(tx, &[id])? } else { Vec::new() };
    tx.revert(id, &then, &now)?;
    let relations = give_back(tx, lost)?;
    Ok(HistoryRestored { label: String::new(), documents: 1, relations })
}

/// Makes one field of a document what it was in a version.
pub(crate) fn field(
    tx: &mut Tx<'_>,
    id: DocumentId,
    version: &str,
    field: &str,
) -> Result<HistoryRestored, CoreError> {
    let now_ms = tx.now_ms();
    let (family, key) = match field.split_once('.') {
        Some((family, key)) => (family, Some(key)),
        None => (field, None),
    };
    let then = tx.with(id, |doc| {
        let then = resolve(&Timeline::of(doc, now_ms), version)?;
        let now = doc.get_heads();
        if undo::deleted_at(doc, &now) {
            return Err(CoreError::Api(ApiError::new(
                ErrorCode::Conflict,
                "It is deleted now, so that a single field cannot be brought back.",
                "Restore a whole version first.",
            )));
        }
        let held = |heads: &[ChangeHash]| {
            let mut fields = state::read(doc, heads);
            fields.retain(|held, _| held == field || held.split_once('.').is_some_and(|(at, _)| at == field));
            fields
        };
        let (was, is) = (held(&then), held(&now));
        if (lineage::is_own(family) || lineage::is_said(family)) || (was.is_empty() && is.is_empty()) {
            return Err(CoreError::Api(ApiError::new(
                ErrorCode::NotFound,
                format!("It has no field \u{201c}{field}\u{201d}, neither now nor in that version."),
                "Compare the version with now to see the names of the fields.",
            )));
        }
        Ok((was != is).then_some(then))
    })??;
    let Some(then) = then else { return Ok(nothing()) };
    tx.edit(id, |doc| {
        let mut old = Some(ROOT);
        let (mut new, mut last) = (ROOT, family);
        if let Some(key) = key {
            old = map_at(doc, &ROOT, family, &then);
            new = doc::ensure_map(doc, &ROOT, family)?;
            last = key;
        }
        Ok(copy(doc, (&new, old.as_ref()), last, &then)?)
    })?;
    Ok(HistoryRestored { label: String::new(), documents: 1, relations: 0 })
}

fn map_at(doc: &AutoCommit, parent: &ObjId, key: &str, heads: &[ChangeHash]) -> Option<ObjId> {
    match doc.get_at(parent, key, heads) {
        Ok(Some((Value::Object(ObjType::Map), id))) => Some(id),
        _ => None,
    }
}

/// Makes what is under a key now what was there in a version, changing only what differs.
fn copy(
    doc: &mut AutoCommit,
    (new, old): (&ObjId, Option<&ObjId>),
    key: &str,
    then: &[ChangeHash],
) -> Result<(), DocError> {
    let was = match old {
        Some(old) => doc.get_at(old, key, then)?.map(|(value, id)| (value.into_owned(), id)),
        None => None,
    };
    match was {
        None => doc::remove(doc, new, key),
        Some((Value::Scalar(scalar), _)) => doc::put(doc, new, key, scalar.into_owned()),
        Some((Value::Object(ObjType::Text), id)) => {
            let text = doc.text_at(&id, then)?;
            let at = match doc.get(new, key)? {
                Some((Value::Object(ObjType::Text), at)) => at,
                _ => doc.put_object(new, key, ObjType::Text)?,
            };
            doc::long::replace(doc, &at, &text)
        }
        Some((Value::Object(_), id)) => {
            let at = doc::ensure_map(doc, new, key)?;
            let keys: BTreeSet<String> = doc.keys(&at).chain(doc.keys_at(&id, then)).collect();
            keys.iter().try_for_each(|key| copy(doc, (&at, Some(&id)), key, then))
        }
    }
}

/// Brings back what was there at a date and is deleted now; all of it if no `ids` are given.
pub(crate) fn recover(
    tx: &mut Tx<'_>,
    at_ms: u64,
    ids: &[DocumentId],
) -> Result<(HistoryRestored, Vec<String>), CoreError> {
    let (mut chosen, mut names) = (Vec::new(), Vec::new());
    for (id, _) in at::documents(tx, Some(true))? {
        if !ids.is_empty() && !ids.contains(&id) {
            continue;
        }
        if let Some(then) = at::then(tx, id, at_ms)? {
            let name = tx.with(id, |doc| state::reference(doc, id, &then).name)?;
            chosen.push(id);
            names.push(name);
        }
    }
    if let Some(id) = ids.iter().find(|id| !chosen.contains(id)) {
        return Err(CoreError::Api(ApiError::new(
            ErrorCode::NotFound,
            format!("{id} was not there at that date, or is not deleted now."),
            "See what was with `groundplan history at DATE`.",
        )));
    }
    let lost = lost_with(tx, &chosen)?;
    for id in &chosen {
        // Every edit brings a document back, an empty one too.
        tx.edit(*id, |_| Ok(()))?;
    }
    let relations = give_back(tx, lost)?;
    let documents = u32::try_from(chosen.len()).unwrap_or(u32::MAX);
    Ok((HistoryRestored { label: String::new(), documents, relations }, names))
}

/// A relation that a document lost when its target was deleted.
struct Lost {
    source: DocumentId,
    relation: Relation,
    /// What came in its place: deleting something moves its parts up.
    instead: Option<RelationId>,
}

/// Who deleted something, and when.
struct Deletion {
    id: DocumentId,
    actor: Vec<u8>,
    time_s: i64,
}

/// Finds the relations that were taken away with documents that are deleted now.
fn lost_with(tx: &mut Tx<'_>, ids: &[DocumentId]) -> Result<Vec<Lost>, CoreError> {
    let now_ms = tx.now_ms();
    let mut deletions = Vec::new();
    for id in ids {
        let found = tx.with(*id, |doc| {
            let timeline = Timeline::of(doc, now_ms);
            let gone = |version: usize| undo::deleted_at(doc, &timeline.heads(version));
            let at = (1..=timeline.len()).rev().find(|version| gone(*version) && !gone(version - 1))?;
            timeline.change(at).map(|change| (change.actor.clone(), change.time_s))
        })?;
        deletions.extend(found.map(|(actor, time_s)| Deletion { id: *id, actor, time_s }));
    }
    let mut lost = Vec::new();
    if deletions.is_empty() {
        return Ok(lost);
    }
    for (source, kind) in at::documents(tx, None)? {
        if kind != DocumentKind::Element {
            continue;
        }
        lost.extend(tx.with(source, |doc| lost_by(doc, source, &deletions, now_ms))?);
    }
    // What is deleted and stays so gets nothing back.
    let gone: BTreeSet<DocumentId> = at::documents(tx, Some(true))?.into_iter().map(|(id, _)| id).collect();
    lost.retain(|lost| ids.contains(&lost.source) || !gone.contains(&lost.source));
    Ok(lost)
}

fn lost_by(doc: &mut AutoCommit, source: DocumentId, deletions: &[Deletion], now_ms: u64) -> Vec<Lost> {
    let timeline = Timeline::of(doc, now_ms);
    let mut lost = Vec::new();
    for version in 1..=timeline.len() {
        let Some(change) = timeline.change(version) else { continue };
        let by: Vec<DocumentId> = deletions
            .iter()
            .filter(|deletion| deletion.time_s == change.time_s && deletion.actor == change.actor)
            .map(|deletion| deletion.id)
            .collect();
        if by.is_empty() {
            continue;
        }
        let relations = |doc: &mut AutoCommit, version: usize| {
            let read = at_version(doc, &timeline.heads(version), |doc| element::read(doc, source));
            read.map(|element| element.relations).unwrap_or_default()
        };
        let (before, after) = (relations(doc, version - 1), relations(doc, version));
        let has = |list: &[Relation], id: RelationId| list.iter().any(|relation| relation.id == id);
        let moved_up = after
            .iter()
            .find(|new| new.kind == RelationKind::PartOf && !has(&before, new.id))
            .map(|new| new.id);
        for relation in before {
            if by.contains(&relation.target) && !has(&after, relation.id) {
                let instead = moved_up.filter(|_| relation.kind == RelationKind::PartOf);
                lost.push(Lost { source, relation, instead });
            }
        }
    }
    lost
}

/// Writes relations again that nobody replaced since. Returns how many.
fn give_back(tx: &mut Tx<'_>, lost: Vec<Lost>) -> Result<u32, CoreError> {
    let mut given = 0;
    for Lost { source, relation, instead } in lost {
        let present = tx.with(source, |doc| element::read(doc, source))?;
        let Some(present) = present.map(|element| element.relations) else { continue };
        let single = matches!(relation.kind, RelationKind::PartOf | RelationKind::OwnedBy);
        let taken = present.iter().any(|other| {
            other.id == relation.id || (single && other.kind == relation.kind && Some(other.id) != instead)
        });
        if taken {
            continue;
        }
        given += 1;
        tx.edit(source, |doc| {
            if let Some(instead) = instead {
                element::remove_entry(doc, "relations", &instead.to_string())?;
            }
            Ok(element::set_relation(doc, &relation)?)
        })?;
    }
    Ok(given)
}
