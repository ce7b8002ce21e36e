//! Rows of pages, their tags, further names and links.

use groundplan_import::links::{LinkKind, lookup_key};
use groundplan_import::markdown::{self, PageText};
use groundplan_shared::model::Page;
use rusqlite::Transaction;

use super::{index, shown, tag};
use crate::core::CoreError;

pub(super) fn write(sql: &Transaction<'_>, row: i64, page: &Page) -> Result<(), CoreError> {
    let lookup = if page.path.is_empty() { lookup_key(&page.title) } else { lookup_key(&page.path) };
    sql.prepare_cached(
        "INSERT INTO page(row, id, kind, title, path, lookup)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((row, page.id.to_bytes(), page.kind.as_str(), shown(&page.title), &page.path, lookup))?;
    let text =
        PageText { front_matter: page.front_matter.clone(), body: page.body.clone(), ..PageText::default() };
    let facts = markdown::describe(&text);
    tag(sql, row, &facts.tags)?;
    let mut alias =
        sql.prepare_cached("INSERT OR IGNORE INTO alias(row, alias, lookup) VALUES (?1, ?2, ?3)")?;
    for name in &facts.aliases {
        alias.execute((row, name, lookup_key(name)))?;
    }
    if lookup_key(&page.title) != lookup_key(&page.path) {
        alias.execute((row, shown(&page.title), lookup_key(&page.title)))?;
    }
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
    let tags = facts.tags.iter().cloned().collect::<Vec<_>>().join(" ");
    let properties = format!("{} {}", page.path, facts.aliases.iter().cloned().collect::<Vec<_>>().join(" "));
    index(sql, row, &page.title, &page.body, &tags, &properties)
}
