//! Pages with their links and backlinks. The index must be fresh (`project::refresh`).

use std::collections::{BTreeMap, HashMap};

use groundplan_import::links::{self, LinkIndex, LinkKind, PageLink, Resolution};
use groundplan_shared::api::{
    Cursor, PageLinkView, PageList, PageListParams, PageSummary, PageView, Reference,
};
use groundplan_shared::auth::Compartment;
use groundplan_shared::model::DocumentId;
use rusqlite::named_params;

use super::list::{page_of, tags_of};
use super::{hidden_of, like, reference, references};
use crate::core::{CoreError, Tx};
use crate::doc;

/// Lists pages, ordered by path.
pub fn pages(tx: &Tx<'_>, params: &PageListParams) -> Result<PageList, CoreError> {
    let limit = if params.limit == 0 { i64::MAX as usize - 1 } else { params.limit as usize };
    let after = match params.after {
        Some(_) => "AND path >= :path COLLATE NOCASE AND (path > :path COLLATE NOCASE OR id > :id)",
        None => "AND :path IS NULL AND :id IS NULL",
    };
    let sql = format!(
        "SELECT row, id, kind, title, path FROM page
         WHERE kind <> 'hidden' AND (:kind IS NULL OR kind = :kind)
           AND (:filter IS NULL OR title LIKE :filter ESCAPE '\\' OR path LIKE :filter ESCAPE '\\') {after}
         ORDER BY path COLLATE NOCASE, id LIMIT :limit"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    let mut rows = statement.query(named_params! {
        ":kind": params.kind.map(|kind| kind.as_str()),
        ":filter": params.filter.as_deref().map(like),
        ":path": params.after.as_ref().map(|after| &after.name),
        ":id": params.after.as_ref().map(|after| after.id.to_bytes()),
        ":limit": limit as i64 + 1,
    })?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(2)?;
        let Ok(kind) = kind.parse() else { continue };
        let page = PageSummary {
            id: DocumentId::from_bytes(row.get(1)?),
            kind,
            title: row.get(3)?,
            path: row.get(4)?,
            tags: Default::default(),
        };
        items.push((row.get::<_, i64>(0)?, page));
    }
    let (items, next) = page_of(items, limit, |(_, page)| Cursor { name: page.path.clone(), id: page.id });
    let mut tags = tags_of(tx, items.iter().map(|(row, _)| *row))?;
    let items = items
        .into_iter()
        .map(|(row, page)| PageSummary { tags: tags.remove(&row).unwrap_or_default(), ..page })
        .collect();
    let all = params.kind.is_none() && params.filter.is_none() && params.after.is_none();
    let hidden = if all { hidden_of(tx, "page")? } else { Vec::new() };
    Ok(PageList { items, next, hidden })
}

/// Shows a page with links and backlinks.
pub fn page_view(tx: &mut Tx<'_>, id: DocumentId) -> Result<PageView, CoreError> {
    let (page, conflicts) = tx.with(id, |doc| {
        if doc::is_deleted(doc) {
            return (None, Vec::new());
        }
        (doc::page::read(doc, id), doc::page::field_conflicts(doc))
    })?;
    let mut page = page.ok_or(CoreError::NotFound(id))?;
    let mut conflicts = conflicts;
    conflicts.extend(tx.not_carried(id)?);
    let classification = tx.compartment_of(id)?.and_then(Compartment::from_number).map(Compartment::word);
    let names = |sql: &str| -> Result<Vec<String>, CoreError> {
        let mut statement = tx.sql().prepare_cached(sql)?;
        let rows = statement.query_map([id.to_bytes()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    page.tags =
        names("SELECT tag FROM tag WHERE row = (SELECT row FROM page WHERE id = ?1)")?.into_iter().collect();
    page.aliases = names("SELECT alias FROM alias WHERE row = (SELECT row FROM page WHERE id = ?1)")?
        .into_iter()
        .collect();
    let links = resolve_links(tx, id)?;
    let backlinks = backlinks(tx, id)?;
    let classification = classification.unwrap_or_default().to_owned();
    Ok(PageView { page, classification, links, backlinks, conflicts, html: String::new() })
}

/// Resolves the links of a page: to pages by the vault's rules, then to elements by name.
pub fn resolve_links(tx: &Tx<'_>, id: DocumentId) -> Result<Vec<PageLinkView>, CoreError> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT l.kind, l.target, l.lookup, p.path, p.title FROM page_link l JOIN page p ON p.row = l.row
         WHERE p.id = ?1 ORDER BY l.position",
    )?;
    let rows = statement.query_map([id.to_bytes()], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    })?;
    let rows: Vec<(String, String, String, String, String)> = rows.collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    for (kind, target, lookup, path, title) in rows {
        let from = if path.is_empty() { format!("{title}.md") } else { path };
        let to = if target.is_empty() { Some(id) } else { resolve_one(tx, &kind, &target, &lookup, &from)? };
        let target_reference = match to {
            Some(to) => Some(reference(tx, to)?),
            None => None,
        };
        found.push(PageLinkView { text: target, kind, target: target_reference });
    }
    Ok(found)
}

/// A link as the projections keep it: its kind's word and its target, without its place in a text.
pub(crate) fn stored_link(kind: &str, target: &str) -> PageLink {
    PageLink {
        kind: match kind {
            "wiki" => LinkKind::Wiki,
            "embed" => LinkKind::Embed,
            "markdown" => LinkKind::Markdown,
            _ => LinkKind::Image,
        },
        target: target.to_owned(),
        heading: None,
        alias: None,
        in_front_matter: false,
        start: 0,
        end: 0,
        line: 1,
        resolved: None,
    }
}

fn resolve_one(
    tx: &Tx<'_>,
    kind: &str,
    target: &str,
    lookup: &str,
    from: &str,
) -> Result<Option<DocumentId>, CoreError> {
    // Only what could be meant is put in the index: pages whose file name or further name is the target's last part,
    // and front pages of folders of that name.
    let mut index = LinkIndex::default();
    let mut aliases: BTreeMap<[u8; 16], (String, Vec<String>)> = BTreeMap::new();
    let mut statement = tx.sql().prepare_cached(
        "SELECT p.id, CASE p.path WHEN '' THEN p.title || '.md' ELSE p.path END, a.alias
         FROM page p LEFT JOIN alias a ON a.row = p.row AND a.lookup = ?1
         WHERE p.lookup = ?1 OR a.alias IS NOT NULL
            OR (p.lookup IN ('readme', 'index') AND instr(lower(p.path), ?1) > 0)",
    )?;
    let mut rows = statement.query([lookup])?;
    while let Some(row) = rows.next()? {
        let entry = aliases.entry(row.get(0)?).or_insert((row.get(1)?, Vec::new()));
        entry.1.extend(row.get::<_, Option<String>>(2)?);
    }
    let mut ids: HashMap<String, DocumentId> = HashMap::new();
    for (id, (path, names)) in &aliases {
        let id = DocumentId::from_bytes(*id);
        index.add_page(path, &id.to_string(), names.iter().map(String::as_str));
        ids.insert(id.to_string(), id);
    }
    let link = stored_link(kind, target);
    if let Resolution::Found { key, .. } = links::resolve(&link, from, &index) {
        return Ok(ids.get(&key).copied());
    }
    if link.kind != LinkKind::Wiki {
        return Ok(None);
    }
    let mut statement =
        tx.sql().prepare_cached("SELECT id FROM element WHERE lookup = ?1 ORDER BY id LIMIT 1")?;
    let mut rows = statement.query([lookup])?;
    Ok(match rows.next()? {
        Some(row) => Some(DocumentId::from_bytes(row.get(0)?)),
        None => None,
    })
}

fn backlinks(tx: &Tx<'_>, id: DocumentId) -> Result<Vec<Reference>, CoreError> {
    let candidates = references(
        tx,
        "SELECT DISTINCT p.id, 'page', p.kind, p.title FROM page_link l JOIN page p ON p.row = l.row
         WHERE p.id <> ?1 AND l.lookup IN (
             SELECT lookup FROM page WHERE id = ?1
             UNION SELECT a.lookup FROM alias a JOIN page q ON q.row = a.row WHERE q.id = ?1)
         ORDER BY p.title COLLATE NOCASE, p.id",
        [id.to_bytes()],
    )?;
    let mut found = Vec::new();
    for candidate in candidates {
        let leads_here = resolve_links(tx, candidate.id)?
            .iter()
            .any(|link| link.target.as_ref().is_some_and(|t| t.id == id));
        if leads_here {
            found.push(candidate);
        }
    }
    found.extend(references(
        tx,
        "SELECT DISTINCT e.id, 'element', e.kind, e.name FROM relation r JOIN element e ON e.id = r.source
         WHERE r.target = ?1 ORDER BY e.name COLLATE NOCASE, e.id",
        [id.to_bytes()],
    )?);
    Ok(found)
}
