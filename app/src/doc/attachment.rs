//! Attachments in documents: a map of records by id, beside everything else of the page or element, so that records
//! of different files merge. A record is written once; only what was imported anew changes its content.
//!
//! Taking an imported one away leaves its record with `removed`, so that the next import does not bring it back.

use automerge::{AutoCommit, ROOT, ReadDoc, Value};
use groundplan_shared::model::{Attachment, AttachmentId, ContentHash};

use super::{DocError, element, ensure_map, map, map_entries, put, remove, string};

const LIST: &str = "attachments";

/// A record, with whether people took it away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it says.
    pub attachment: Attachment,
    /// Whether people took it away.
    pub removed: bool,
}

/// Adds an attachment, or changes one to be exactly this.
pub fn set(doc: &mut AutoCommit, attachment: &Attachment) -> Result<(), DocError> {
    let list = ensure_map(doc, &ROOT, LIST)?;
    let at = ensure_map(doc, &list, &attachment.id.to_string())?;
    put(doc, &at, "name", attachment.name.as_str())?;
    put(doc, &at, "path", attachment.path.as_str())?;
    put(doc, &at, "type", attachment.media_type.as_str())?;
    // What is whole only together is one scalar, so that two replacements at once do not mix.
    put(doc, &at, "content", content(attachment))?;
    remove(doc, &at, "removed")?;
    match &attachment.source {
        Some(source) => element::set_source(doc, &at, source),
        None => Ok(()),
    }
}

/// Takes an attachment away.
pub fn take_away(doc: &mut AutoCommit, id: AttachmentId) -> Result<(), DocError> {
    let list = ensure_map(doc, &ROOT, LIST)?;
    let Some(at) = map(doc, &list, &id.to_string()) else { return Ok(()) };
    if element::source(doc, &at).is_some() {
        put(doc, &at, "removed", true)
    } else {
        remove(doc, &list, &id.to_string())
    }
}

/// Deletes a record that is no longer in its source.
pub fn forget(doc: &mut AutoCommit, id: AttachmentId) -> Result<(), DocError> {
    let list = ensure_map(doc, &ROOT, LIST)?;
    remove(doc, &list, &id.to_string())
}

/// Reads all records. What cannot be understood, or does not fit itself, is left out.
pub fn read(doc: &AutoCommit) -> Vec<Record> {
    map_entries(doc, &ROOT, LIST)
        .into_iter()
        .filter_map(|(key, at)| {
            let field = |name| string(doc, &at, name).unwrap_or_default();
            let (size, hash, chunks) = parse(&field("content"))?;
            let attachment = Attachment {
                id: super::key_id(&key)?,
                name: field("name"),
                path: field("path"),
                media_type: field("type"),
                size,
                hash,
                chunks,
                source: element::source(doc, &at),
            };
            let removed = matches!(doc.get(&at, "removed"), Ok(Some((Value::Scalar(flag), _))) if flag.as_bool() == Some(true));
            attachment.is_sound().then_some(Record { attachment, removed })
        })
        .collect()
}

/// Size, hash and chunks; the chunks are left out where the one chunk is the whole.
fn content(attachment: &Attachment) -> String {
    let mut text = format!("{} {}", attachment.size, attachment.hash);
    if attachment.chunks.len() > 1 {
        attachment.chunks.iter().for_each(|chunk| text.push_str(&format!(" {chunk}")));
    }
    text
}

fn parse(text: &str) -> Option<(u64, ContentHash, Vec<ContentHash>)> {
    let mut words = text.split(' ');
    let size = words.next()?.parse().ok()?;
    let hash: ContentHash = words.next()?.parse().ok()?;
    let mut chunks = words.map(str::parse).collect::<Result<Vec<ContentHash>, _>>().ok()?;
    if chunks.is_empty() && size > 0 {
        chunks.push(hash);
    }
    Some((size, hash, chunks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use automerge::ActorId;
    use groundplan_shared::model::{CHUNK_BYTES, DocumentKind, Source, SourceId};

    fn attachment(n: u8, chunks: u64) -> Attachment {
        let hash = ContentHash([n; 32]);
        let list = match chunks {
            1 => vec![hash],
            _ => (0..chunks).map(|at| ContentHash([at as u8; 32])).collect(),
        };
        Attachment {
            id: AttachmentId::from_bytes([n; 16]),
            name: format!("{n}.png"),
            path: format!("img/{n}.png"),
            media_type: "image/png".into(),
            size: chunks * CHUNK_BYTES,
            hash,
            chunks: list,
            source: None,
        }
    }

    #[test]
    fn what_is_written_reads_back_and_merges() {
        let actor = |n: u8| ActorId::from([n; 24]);
        let mut here = super::super::create(actor(1), DocumentKind::Page).unwrap();
        set(&mut here, &attachment(1, 1)).unwrap();
        let mut there = here.fork().with_actor(actor(2));
        set(&mut here, &attachment(2, 3)).unwrap();
        set(&mut there, &attachment(3, 0)).unwrap();
        here.merge(&mut there).unwrap();
        let found: Vec<Attachment> = read(&here).into_iter().map(|record| record.attachment).collect();
        assert_eq!(found, [attachment(1, 1), attachment(2, 3), attachment(3, 0)]);
        take_away(&mut here, attachment(1, 1).id).unwrap();
        assert_eq!(read(&here).len(), 2, "what people added goes as a whole");
    }

    #[test]
    fn imported_ones_are_remembered_when_taken_away() {
        let mut doc = super::super::create(ActorId::from([1; 24]), DocumentKind::Page).unwrap();
        let source =
            Source { source: SourceId::from_bytes([7; 16]), key: "file:a".into(), base: Default::default() };
        let imported = Attachment { source: Some(source), ..attachment(1, 1) };
        set(&mut doc, &imported).unwrap();
        take_away(&mut doc, imported.id).unwrap();
        assert_eq!(read(&doc), [Record { attachment: imported.clone(), removed: true }]);
        set(&mut doc, &imported).unwrap();
        assert!(!read(&doc)[0].removed);
    }

    #[test]
    fn records_that_do_not_fit_themselves_are_left_out() {
        for bad in ["", "x", "5", "5 abc", "-1 00", &format!("3000000 {}", ContentHash([1; 32]))] {
            let found =
                parse(bad).filter(|(size, _, chunks)| size.div_ceil(CHUNK_BYTES) == chunks.len() as u64);
            assert_eq!(found, None, "{bad}");
        }
    }
}
