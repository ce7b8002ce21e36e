//! Rows of pages, their tags, further names, links and folders.

use groundplan_import::links::{LinkKind, lookup_key};
use groundplan_import::markdown::{self, PageText};
use groundplan_shared::model::{DocumentId, Page};
use rusqlite::{OptionalExtension, Transaction};

use super::index::{self, Words, kind_facet, tag_facet};
use super::{shown, tag};
use crate::core::CoreError;

/// Deepest folder that the explorer shows.
const DEPTH_MAX: usize = 64;

pub(super) fn write(sql: &Transaction<'_>, row: i64, page: &Page) -> Result<(), CoreError> {
    let lookup = if page.path.is_empty() { lookup_key(&page.title) } else { lookup_key(&page.path) };
    let folder = folder_of(&page.path);
    let before: Option<String> = sql
        .prepare_cached("SELECT folder FROM page WHERE row = ?1")?
        .query_row([row], |row| row.get(0))
        .optional()?;
    if before.as_ref() != Some(&folder) {
        count_in(sql, &folder, 1)?;
        if let Some(before) = before {
            count_in(sql, &before, -1)?;
        }
    }
    // An upsert: what leads to the page is counted anew only when it comes and goes.
    sql.prepare_cached(
        "INSERT INTO page(row, id, kind, title, path, lookup, folder)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT(row) DO UPDATE SET kind = excluded.kind, title = excluded.title, path = excluded.path,
             lookup = excluded.lookup, folder = excluded.folder",
    )?
    .execute((
        row,
        page.id.to_bytes(),
        page.kind.as_str(),
        shown(&page.title),
        &page.path,
        lookup,
        folder,
    ))?;
    let text =
        PageText { front_matter: page.front_matter.clone(), body: page.body.clone(), ..PageText::default() };
    let facts = markdown::describe(&text);
    tag(sql, row, &facts.tags)?;
    sql.prepare_cached("DELETE FROM alias WHERE row = ?1")?.execute([row])?;
    let mut alias =
        sql.prepare_cached("INSERT OR IGNORE INTO alias(row, alias, lookup) VALUES (?1, ?2, ?3)")?;
    for name in &facts.aliases {
        alias.execute((row, name, lookup_key(name)))?;
    }
    if lookup_key(&page.title) != lookup_key(&page.path) {
        alias.execute((row, shown(&page.title), lookup_key(&page.title)))?;
    }
    sql.prepare_cached("DELETE FROM page_link WHERE row = ?1")?.execute([row])?;
    let mut link = sql.prepare_cached(
        "INSERT INTO page_link(row, position, kind, target, lookup) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (position, found) in facts.links.iter().enumerate() {
        let kind = match found.kind {
            LinkKind::Wiki => "wiki",
            LinkKind::Embed => "embed",
            LinkKind::Markdown => "markdown",
            LinkKind::Image => "image",
        };
        link.execute((row, position as i64, kind, &found.target, lookup_key(&found.target)))?;
    }
    let mut facet = kind_facet(page.kind.as_str());
    for tag in &facts.tags {
        facet.push(' ');
        facet.push_str(&tag_facet(tag));
    }
    let words = Words {
        name: page.title.clone(),
        aliases: facts.aliases.iter().cloned().collect::<Vec<_>>().join(" "),
        body: page.body.clone(),
        tags: facts.tags.iter().cloned().collect::<Vec<_>>().join(" "),
        properties: page.path.clone(),
        facet,
    };
    index::write(sql, row, &words)
}

/// Writes the row of a page of which nothing but a kind and a name is known; it lies in no folder.
pub(super) fn sign(
    sql: &Transaction<'_>,
    row: i64,
    id: DocumentId,
    kind: &str,
    title: &str,
) -> Result<(), CoreError> {
    sql.prepare_cached(
        "INSERT INTO page(row, id, kind, title, path, lookup, folder) VALUES (?1, ?2, ?3, ?4, '', '', '')",
    )?
    .execute((row, id.to_bytes(), kind, title))?;
    Ok(())
}

/// Takes the row of a page out.
pub(super) fn remove(sql: &Transaction<'_>, row: i64) -> Result<(), CoreError> {
    let folder: Option<String> = sql
        .prepare_cached("DELETE FROM page WHERE row = ?1 RETURNING folder")?
        .query_row([row], |row| row.get(0))
        .optional()?;
    folder.map_or(Ok(()), |folder| count_in(sql, &folder, -1))
}

/// Returns the folder of a path, without doubled or outer slashes.
fn folder_of(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    parts.retain(|part| !part.is_empty());
    parts.truncate(DEPTH_MAX);
    parts.join("/")
}

/// Counts a page in or out of a folder and those around it. A folder without pages is none.
fn count_in(sql: &Transaction<'_>, folder: &str, by: i64) -> Result<(), CoreError> {
    let mut path = folder;
    while !path.is_empty() {
        let up = path.rsplit_once('/').map_or("", |(up, _)| up);
        sql.prepare_cached(
            "INSERT INTO folder(path, up, pages) VALUES (?1, ?2, ?3)
             ON CONFLICT(path) DO UPDATE SET pages = pages + excluded.pages",
        )?
        .execute((path, up, by))?;
        if by < 0 {
            sql.prepare_cached("DELETE FROM folder WHERE path = ?1 AND pages <= 0")?.execute([path])?;
        }
        path = up;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_what_stands_before_the_last_slash() {
        assert_eq!(folder_of("a/b/c.md"), "a/b");
        assert_eq!(folder_of("/a//b/c.md"), "a/b");
        assert_eq!(folder_of("c.md"), "");
    }
}
