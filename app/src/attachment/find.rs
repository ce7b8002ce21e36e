//! Finding attachments: lists, one by its id, and those that the links of a page lead to.

use std::collections::HashMap;

use groundplan_import::links::{self, LinkIndex, Resolution};
use groundplan_shared::api::AttachmentView;
use groundplan_shared::model::{Attachment, AttachmentId, ContentHash, DocumentId};
use rusqlite::{Row, named_params};

use crate::core::{CoreError, Tx};
use crate::doc;
use crate::query::stored_link;

const COLUMNS: &str = "a.id, a.document, a.name, a.path, a.media_type, a.size, a.hash, NOT EXISTS (
    SELECT 1 FROM attachment_chunk n WHERE n.row = a.row AND n.attachment = a.id
       AND NOT EXISTS (SELECT 1 FROM chunk WHERE chunk.hash = n.hash))";

fn view(row: &Row<'_>) -> rusqlite::Result<AttachmentView> {
    Ok(AttachmentView {
        id: AttachmentId::from_bytes(row.get(0)?),
        document: DocumentId::from_bytes(row.get(1)?),
        name: row.get(2)?,
        path: row.get(3)?,
        media_type: row.get(4)?,
        size: u64::try_from(row.get::<_, i64>(5)?).unwrap_or(0),
        hash: ContentHash(row.get(6)?),
        here: row.get(7)?,
        links: Vec::new(),
    })
}

/// Lists attachments, ordered by path and name.
pub fn list(tx: &Tx<'_>, document: Option<DocumentId>) -> Result<Vec<AttachmentView>, CoreError> {
    let mut statement = tx.sql().prepare_cached(&format!(
        "SELECT {COLUMNS} FROM attachment a
         WHERE a.removed = 0 AND (:document IS NULL OR a.document = :document)
         ORDER BY a.path COLLATE NOCASE, a.name COLLATE NOCASE, a.id"
    ))?;
    let rows =
        statement.query_map(named_params! { ":document": document.map(DocumentId::to_bytes) }, view)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Finds an attachment with the document that it belongs to.
pub fn one(tx: &mut Tx<'_>, id: AttachmentId) -> Result<(AttachmentView, Attachment), CoreError> {
    let found = {
        let mut statement = tx.sql().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM attachment a WHERE a.id = ?1 AND a.removed = 0 ORDER BY a.row LIMIT 1"
        ))?;
        let mut rows = statement.query_map([id.to_bytes()], view)?;
        rows.next().transpose()?
    };
    let missing = || crate::ops::missing_attachment(id);
    let found = found.ok_or_else(missing)?;
    let records = tx.with(found.document, |doc| doc::attachment::read(doc))?;
    let record = records.into_iter().find(|record| record.attachment.id == id && !record.removed);
    Ok((found, record.ok_or_else(missing)?.attachment))
}

/// Lists the attachments that the links and embeds of a page lead to, each with the targets as written. The index of
/// links must be fresh.
pub fn linked(tx: &Tx<'_>, page: DocumentId) -> Result<Vec<AttachmentView>, CoreError> {
    let targets: Vec<(String, String)> = {
        let mut statement = tx.sql().prepare_cached(
            "SELECT DISTINCT l.kind, l.target FROM page_link l JOIN page p ON p.row = l.row WHERE p.id = ?1",
        )?;
        let rows = statement.query_map([page.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    let from: Option<String> = {
        let mut statement = tx.sql().prepare_cached("SELECT path FROM page WHERE id = ?1")?;
        let mut rows = statement.query_map([page.to_bytes()], |row| row.get(0))?;
        rows.next().transpose()?
    };
    let from = from.unwrap_or_default();
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found: HashMap<AttachmentId, AttachmentView> = HashMap::new();
    for (kind, target) in targets {
        let name = target.rsplit('/').next().unwrap_or(&target).to_owned();
        let candidates = named(tx, &name)?;
        if candidates.is_empty() {
            continue;
        }
        let mut index = LinkIndex::default();
        for (at, candidate) in candidates.iter().enumerate() {
            // One that was added here lies, for the links of its page, beside it.
            let path = match (candidate.path.as_str(), folder) {
                ("", "") => candidate.name.clone(),
                ("", folder) => format!("{folder}/{}", candidate.name),
                (path, _) => path.to_owned(),
            };
            if !candidate.path.is_empty() || candidate.document == page {
                index.add_file(&path, &at.to_string());
            }
        }
        let link = stored_link(&kind, &target);
        let Resolution::Found { key, .. } = links::resolve(&link, &from, &index) else { continue };
        let chosen = key.parse::<usize>().ok().and_then(|at| candidates.into_iter().nth(at));
        if let Some(chosen) = chosen {
            found.entry(chosen.id).or_insert(chosen).links.push(target);
        }
    }
    let mut found: Vec<AttachmentView> = found.into_values().collect();
    found.sort_by(|a, b| (&a.path, &a.name, a.id).cmp(&(&b.path, &b.name, b.id)));
    Ok(found)
}

fn named(tx: &Tx<'_>, name: &str) -> Result<Vec<AttachmentView>, CoreError> {
    let mut statement = tx.sql().prepare_cached(&format!(
        "SELECT {COLUMNS} FROM attachment a WHERE a.removed = 0 AND a.name = ?1 COLLATE NOCASE
         ORDER BY a.path, a.id LIMIT 100"
    ))?;
    let rows = statement.query_map([name], view)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
