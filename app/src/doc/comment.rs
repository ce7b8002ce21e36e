//! Threads of comments in documents: one document a thread, beside what it is about and in the same compartment.
//!
//! Whose words they are is the actor of the operation, which begins with the device whose signature was checked. `by`
//! names the author as well, for a thread that goes on in another document: there all words are those of whoever moved
//! them, and are shown as such. A comment is a map with one register `said` (text and mentions as a whole): taking a
//! comment away deletes the register, so that an edit made at the same time survives, and two edits at once are both
//! kept. `place` is higher than that of every comment that its author had seen. `resolved` is a register as `alive` is:
//! 0 for open, and open wins.

use automerge::{ActorId, AutoCommit, ObjId, ROOT, ReadDoc, Value};
use groundplan_shared::model::{
    COMMENTS_PER_THREAD, Comment, CommentId, DocumentId, RelationId, Resolved, Said, Thread, Version,
};
use groundplan_shared::validate::check_comment;
use groundplan_shared::wire::DeviceId;
use groundplan_shared::wire::ids::to_hex;

use super::{DocError, ensure_map, map, map_entries, put, remove, string};

const COMMENTS: &str = "comments";
const SAID: &str = "said";
/// Bytes of an actor that name the device.
const DEVICE_BYTES: usize = 16;

/// Writes what a new thread is about.
pub fn write(
    doc: &mut AutoCommit,
    subject: DocumentId,
    relation: Option<RelationId>,
) -> Result<(), DocError> {
    put(doc, &ROOT, "subject", subject.to_string())?;
    if let Some(relation) = relation {
        put(doc, &ROOT, "relation", relation.to_string())?;
    }
    ensure_map(doc, &ROOT, COMMENTS).map(|_| ())
}

/// Adds a comment.
pub fn add(doc: &mut AutoCommit, id: CommentId, said: &Said) -> Result<(), DocError> {
    let seen = map_entries(doc, &ROOT, COMMENTS).into_iter().filter_map(|(_, at)| integer(doc, &at, "place"));
    let place = seen.max().unwrap_or(0).saturating_add(1);
    let by = device(doc.get_actor());
    let comments = ensure_map(doc, &ROOT, COMMENTS)?;
    let at = ensure_map(doc, &comments, &id.to_string())?;
    put(doc, &at, "at", time(said.at_ms))?;
    put(doc, &at, "by", by)?;
    put(doc, &at, "place", time(place))?;
    put(doc, &at, SAID, encode(said))
}

/// Changes what a comment says.
pub fn edit(doc: &mut AutoCommit, id: CommentId, said: &Said) -> Result<(), DocError> {
    let at = find(doc, id).ok_or(DocError::Missing("comment"))?;
    put(doc, &at, SAID, encode(said))
}

/// Takes a comment away.
pub fn take_away(doc: &mut AutoCommit, id: CommentId) -> Result<(), DocError> {
    match find(doc, id) {
        Some(at) => remove(doc, &at, SAID),
        None => Ok(()),
    }
}

/// Resolves the thread, or opens it again.
pub fn resolve(doc: &mut AutoCommit, at_ms: Option<u64>) -> Result<(), DocError> {
    put(doc, &ROOT, "resolved", at_ms.map_or(0, |at_ms| time(at_ms).max(1)))
}

/// Reads the thread. `None` if it does not say what it is about. What cannot be understood, or is more than may be, is
/// left out.
pub fn read(doc: &AutoCommit, id: DocumentId) -> Option<Thread> {
    let subject = string(doc, &ROOT, "subject")?.parse().ok()?;
    let mut comments: Vec<Comment> = map_entries(doc, &ROOT, COMMENTS)
        .into_iter()
        .filter_map(|(key, at)| {
            Some(Comment {
                id: super::key_id(&key)?,
                place: integer(doc, &at, "place").unwrap_or(0),
                device: string(doc, &at, "by")?.parse::<DeviceId>().ok()?.to_string(),
                at_ms: integer(doc, &at, "at").unwrap_or(0),
                versions: versions(doc, &at),
            })
        })
        .collect();
    comments.sort_by(|a, b| (a.place, &a.device, a.id).cmp(&(b.place, &b.device, b.id)));
    comments.truncate(COMMENTS_PER_THREAD);
    Some(Thread {
        id,
        subject,
        relation: string(doc, &ROOT, "relation").and_then(|text| text.parse().ok()),
        resolved: resolved(doc),
        comments,
    })
}

fn resolved(doc: &AutoCommit) -> Option<Resolved> {
    let values = doc.get_all(ROOT, "resolved").unwrap_or_default();
    let mut latest = None;
    for (value, op) in values {
        let at_ms = match value {
            Value::Scalar(scalar) => u64::try_from(scalar.as_i64()?).ok().filter(|at_ms| *at_ms > 0)?,
            Value::Object(_) => return None,
        };
        let ObjId::Id(_, actor, _) = op else { return None };
        latest = Some(Resolved { device: device(&actor), at_ms });
    }
    latest
}

/// What stands in the register, the shown one first.
fn versions(doc: &AutoCommit, at: &ObjId) -> Vec<Version> {
    let mut found: Vec<Version> = doc
        .get_all(at, SAID)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(value, op)| {
            let (Value::Scalar(scalar), ObjId::Id(_, actor, _)) = (value, op) else { return None };
            let said: Said = serde_json::from_str(scalar.as_str()?).ok()?;
            check_comment(&said).ok()?;
            Some(Version { device: device(&actor), said })
        })
        .collect();
    found.reverse();
    let mut seen: Vec<String> = Vec::new();
    found.retain(|version| {
        let new = !seen.contains(&version.said.text);
        seen.push(version.said.text.clone());
        new
    });
    found
}

fn find(doc: &AutoCommit, id: CommentId) -> Option<ObjId> {
    map(doc, &map(doc, &ROOT, COMMENTS)?, &id.to_string())
}

fn encode(said: &Said) -> String {
    serde_json::to_string(said).expect("what was said is JSON")
}

fn time(at_ms: u64) -> i64 {
    i64::try_from(at_ms).unwrap_or(i64::MAX)
}

fn integer(doc: &AutoCommit, at: &ObjId, key: &str) -> Option<u64> {
    match doc.get(at, key).ok()?? {
        (Value::Scalar(scalar), _) => u64::try_from(scalar.as_i64()?).ok(),
        (Value::Object(_), _) => None,
    }
}

/// The device that an actor belongs to, in hexadecimal.
fn device(actor: &ActorId) -> String {
    let bytes = actor.to_bytes();
    to_hex(bytes.get(..DEVICE_BYTES).unwrap_or(bytes))
}

#[cfg(test)]
mod tests;
