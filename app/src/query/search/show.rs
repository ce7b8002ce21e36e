//! From rows to hits: what they are, where they stand, and a piece of their text.

use std::collections::HashMap;

use groundplan_shared::api::{Reference, SearchHit};
use groundplan_shared::model::DocumentId;
use rusqlite::OptionalExtension;

use super::names::found_of;
use super::parse::Query;
use super::snippet::Marker;
use crate::core::{CoreError, Tx};

/// Deepest nesting shown.
const DEPTH_MAX: usize = 64;

/// Something found.
#[derive(Debug)]
pub(super) struct Found {
    /// Its row.
    pub row: i64,
    /// What it is.
    pub item: Reference,
    /// Path of a page.
    pub path: String,
    /// The element it is shown below.
    pub up: Option<DocumentId>,
}

/// Reads what a row is; a thread of comments is what it is about.
pub(super) fn item(tx: &Tx<'_>, row: i64) -> Result<Option<Found>, CoreError> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT row, id, 'element', kind, name, '', up FROM element WHERE row = ?1
         UNION ALL SELECT row, id, 'page', kind, title, path, NULL FROM page WHERE row = ?1
         UNION ALL SELECT t.row, e.id, 'element', e.kind, e.name, '', e.up
             FROM thread t JOIN element e ON e.id = t.subject WHERE t.row = ?1
         UNION ALL SELECT t.row, p.id, 'page', p.kind, p.title, p.path, NULL
             FROM thread t JOIN page p ON p.id = t.subject WHERE t.row = ?1",
    )?;
    Ok(statement.query_row([row], found_of).optional()?)
}

/// Makes hits.
pub(super) fn show(tx: &Tx<'_>, query: &Query, found: Vec<Found>) -> Result<Vec<SearchHit>, CoreError> {
    let marker = Marker::new(query);
    let mut above = Above { tx, known: HashMap::new() };
    let mut hits = Vec::with_capacity(found.len());
    let mut texts = tx.sql().prepare_cached("SELECT body, tags, properties FROM search WHERE rowid = ?1")?;
    for found in found {
        let snippet = if query.words.is_empty() {
            None
        } else {
            texts
                .query_row([found.row], |row| {
                    let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str()?);
                    Ok(marker.snippet(text(0)?, &[text(1)?, text(2)?]))
                })
                .optional()?
        };
        let context = match found.up {
            Some(up) => above.names(up)?,
            None => found.path,
        };
        hits.push(SearchHit { item: found.item, context, snippet: snippet.unwrap_or_default() });
    }
    Ok(hits)
}

/// The names of ancestors; hits share most of them.
struct Above<'a, 'b> {
    tx: &'a Tx<'b>,
    known: HashMap<DocumentId, (String, Option<DocumentId>)>,
}

impl Above<'_, '_> {
    fn names(&mut self, from: DocumentId) -> Result<String, CoreError> {
        let mut names = Vec::new();
        let mut at = Some(from);
        while let Some(id) = at.filter(|_| names.len() < DEPTH_MAX) {
            if !self.known.contains_key(&id) {
                let mut statement =
                    self.tx.sql().prepare_cached("SELECT name, up FROM element WHERE id = ?1")?;
                let found: Option<(String, Option<[u8; 16]>)> =
                    statement.query_row([id.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
                let (name, up) = found.unwrap_or_default();
                self.known.insert(id, (name, up.map(DocumentId::from_bytes)));
            }
            let (name, up) = &self.known[&id];
            names.push(name.clone());
            at = *up;
        }
        names.reverse();
        Ok(names.join(" \u{203a} "))
    }
}
