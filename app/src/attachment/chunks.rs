//! Bytes in the database: cut into chunks, each kept once under its SHA-256.

use std::io::Read;

use groundplan_shared::model::{
    ATTACHMENT_MAX_BYTES, ATTACHMENTS_MAX_BYTES, Attachment, CHUNK_BYTES, ContentHash,
};
use ring::digest;
use rusqlite::{Connection, OptionalExtension};

use super::{AttachmentError, media_type};
use crate::core::CoreError;

/// What was read of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the whole.
    pub hash: ContentHash,
    /// SHA-256 of each chunk, in order.
    pub chunks: Vec<ContentHash>,
    /// What it seems to be.
    pub media_type: &'static str,
}

/// Reads a file once, a chunk at a time, and gives each chunk to `keep`.
fn cut(
    name: &str,
    reader: &mut dyn Read,
    mut keep: impl FnMut(&ContentHash, &[u8]) -> Result<(), CoreError>,
) -> Result<Content, CoreError> {
    let mut whole = digest::Context::new(&digest::SHA256);
    let mut content = Content {
        size: 0,
        hash: ContentHash([0; 32]),
        chunks: Vec::new(),
        media_type: media_type(name, b""),
    };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let read = reader.take(CHUNK_BYTES).read_to_end(&mut buffer);
        let read = read.map_err(|source| AttachmentError::Unreadable { name: name.to_owned(), source })?;
        if read == 0 {
            break;
        }
        if content.chunks.is_empty() {
            content.media_type = media_type(name, &buffer);
        }
        content.size += read as u64;
        if content.size > ATTACHMENT_MAX_BYTES {
            return Err(AttachmentError::TooLarge { name: name.to_owned() }.into());
        }
        whole.update(&buffer);
        let hash = hash_of(&buffer);
        keep(&hash, &buffer)?;
        content.chunks.push(hash);
    }
    content.hash = finish(whole);
    Ok(content)
}

/// Returns the SHA-256 of bytes.
pub fn hash_of(bytes: &[u8]) -> ContentHash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(bytes);
    finish(context)
}

fn finish(context: digest::Context) -> ContentHash {
    ContentHash(context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes"))
}

/// Describes a file without keeping it.
///
/// # Errors
/// `TooLarge`, `Unreadable`.
pub fn describe(name: &str, reader: &mut dyn Read) -> Result<Content, CoreError> {
    cut(name, reader, |_, _| Ok(()))
}

/// Keeps a file in the database, within the quota of the workspace.
///
/// # Errors
/// `TooLarge`, `Unreadable`, `Quota`, and those of the store.
pub fn keep(sql: &Connection, name: &str, reader: &mut dyn Read) -> Result<Content, CoreError> {
    let mut held: u64 = total(sql)?;
    cut(name, reader, |hash, bytes| {
        if put(sql, hash, bytes)? {
            held += bytes.len() as u64;
        }
        if held > ATTACHMENTS_MAX_BYTES { Err(AttachmentError::Quota.into()) } else { Ok(()) }
    })
}

/// Returns how many bytes of attachments are on this device.
pub fn total(sql: &Connection) -> Result<u64, CoreError> {
    let bytes: i64 =
        sql.prepare_cached("SELECT coalesce(sum(size), 0) FROM chunk")?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// Keeps a chunk, and says whether it was new. The hash must be that of the bytes.
pub fn put(sql: &Connection, hash: &ContentHash, bytes: &[u8]) -> Result<bool, CoreError> {
    let known = sql
        .prepare_cached("UPDATE chunk SET unnamed_ms = NULL WHERE hash = ?1")?
        .execute([hash.0.as_slice()])?;
    if known > 0 {
        return Ok(false);
    }
    sql.prepare_cached("INSERT INTO chunk(hash, size, bytes) VALUES (?1, ?2, ?3)")?.execute((
        hash.0.as_slice(),
        bytes.len() as i64,
        bytes,
    ))?;
    Ok(true)
}

/// Reads a chunk, if it is on this device.
pub fn get(sql: &Connection, hash: &ContentHash) -> Result<Option<Vec<u8>>, CoreError> {
    Ok(sql
        .prepare_cached("SELECT bytes FROM chunk WHERE hash = ?1")?
        .query_row([hash.0.as_slice()], |row| row.get(0))
        .optional()?)
}

/// Gives the bytes of an attachment to `take`, a chunk at a time, and checks size and hash of the whole at the end:
/// whoever took the bytes must let go of them if this fails.
///
/// # Errors
/// `NotHere`, `Damaged`, those of `take` and of the store.
pub fn give(
    sql: &Connection,
    attachment: &Attachment,
    mut take: impl FnMut(&[u8]) -> Result<(), CoreError>,
) -> Result<(), CoreError> {
    let mut whole = digest::Context::new(&digest::SHA256);
    let mut size = 0;
    for hash in &attachment.chunks {
        let name = || attachment.name.clone();
        let bytes = get(sql, hash)?.ok_or_else(|| AttachmentError::NotHere { name: name() })?;
        size += bytes.len() as u64;
        whole.update(&bytes);
        take(&bytes)?;
    }
    if size != attachment.size || finish(whole) != attachment.hash {
        return Err(AttachmentError::Damaged { name: attachment.name.clone() }.into());
    }
    Ok(())
}

/// Reads a piece of an attachment, at most up to its end.
///
/// # Errors
/// `NotHere`, `Damaged`, and those of the store.
pub fn range(
    sql: &Connection,
    attachment: &Attachment,
    start: u64,
    length: u64,
) -> Result<Vec<u8>, CoreError> {
    let end = start.saturating_add(length).min(attachment.size);
    let mut out = Vec::new();
    let mut at = start;
    while at < end {
        let position = usize::try_from(at / CHUNK_BYTES).unwrap_or(usize::MAX);
        let name = || attachment.name.clone();
        let hash =
            attachment.chunks.get(position).ok_or_else(|| AttachmentError::Damaged { name: name() })?;
        let bytes = get(sql, hash)?.ok_or_else(|| AttachmentError::NotHere { name: name() })?;
        let from = (at % CHUNK_BYTES) as usize;
        let to = bytes.len().min(from + usize::try_from(end - at).unwrap_or(usize::MAX));
        match bytes.get(from..to) {
            Some(piece) if !piece.is_empty() => {
                out.extend_from_slice(piece);
                at += piece.len() as u64;
            }
            _ => return Err(AttachmentError::Damaged { name: name() }.into()),
        }
    }
    Ok(out)
}
