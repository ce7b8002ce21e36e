//! The explorer's tree, a piece at a time. Each answer costs what it shows; only a filter that finds little looks at
//! every name.
//!
//! Not here: what hangs where (`project` keeps `element.up` and `folder`).

use groundplan_shared::api::{ExplorerList, ExplorerListParams, ExplorerPart, ExplorerRow};
use groundplan_shared::model::DocumentId;
use rusqlite::{OptionalExtension, Row, ToSql, named_params};

use super::like;
use crate::core::{CoreError, Tx};

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 500;
/// Most things that a filter finds.
const FOUND_MAX: usize = 200;
/// Deepest nesting.
const DEPTH_MAX: usize = 64;

const ELEMENT: &str = "'element', id, kind, name, '', (SELECT count(*) FROM element c WHERE c.up = e.id)";
const VIEW: &str = "'view', id, kind, name, '', 0";
const FOLDER: &str = "'folder', NULL, '', '', path,
    (SELECT count(*) FROM folder c WHERE c.up = f.path) + (SELECT count(*) FROM page p WHERE p.folder = f.path)";
const PAGE: &str = "'page', id, kind, title, '', 0";

/// Lists a part of the tree.
pub fn explorer(tx: &Tx<'_>, params: &ExplorerListParams) -> Result<ExplorerList, CoreError> {
    let limit = i64::from(if params.limit == 0 { DEFAULT_LIMIT } else { params.limit.min(MAX_LIMIT) });
    let filter = params.filter.trim();
    let mut list = if !filter.is_empty() {
        filtered(tx, params.part, filter)?
    } else if let Some(id) = params.around {
        around(tx, params.part, id, limit)?
    } else {
        let offset = i64::from(params.offset);
        match params.part {
            ExplorerPart::Views => views(tx, offset, limit)?,
            ExplorerPart::Elements => elements(tx, params.parent, offset, limit)?,
            ExplorerPart::Pages => pages(tx, &params.folder, offset, limit)?,
        }
    };
    let what = match params.part {
        ExplorerPart::Views => "view",
        ExplorerPart::Elements => "element",
        ExplorerPart::Pages => "page",
    };
    list.all = number(tx, "SELECT coalesce(sum(n), 0) FROM counted WHERE what = ?1", &[&what])?;
    Ok(list)
}

fn piece(rows: Vec<ExplorerRow>, offset: i64, total: u64) -> ExplorerList {
    let offset = u64::try_from(offset).unwrap_or(0);
    ExplorerList { rows, offset, total, all: 0, more: false, path: Vec::new() }
}

fn views(tx: &Tx<'_>, offset: i64, limit: i64) -> Result<ExplorerList, CoreError> {
    let total = number(tx, "SELECT coalesce(sum(n), 0) FROM counted WHERE what = 'view'", &[])?;
    let sql = format!("SELECT {VIEW} FROM view ORDER BY name COLLATE NOCASE, id LIMIT ?1 OFFSET ?2");
    Ok(piece(rows(tx, &sql, &[&limit, &offset])?, offset, total))
}

fn elements(
    tx: &Tx<'_>,
    parent: Option<DocumentId>,
    offset: i64,
    limit: i64,
) -> Result<ExplorerList, CoreError> {
    let parent = parent.map(DocumentId::to_bytes);
    let total = number(tx, "SELECT count(*) FROM element WHERE up IS ?1", &[&parent])?;
    let sql = format!(
        "SELECT {ELEMENT} FROM element e WHERE up IS ?1
         ORDER BY rank, name COLLATE NOCASE, id LIMIT ?2 OFFSET ?3"
    );
    Ok(piece(rows(tx, &sql, &[&parent, &limit, &offset])?, offset, total))
}

/// Folders first, then pages, both by path.
fn pages(tx: &Tx<'_>, folder: &str, offset: i64, limit: i64) -> Result<ExplorerList, CoreError> {
    let folders = number(tx, "SELECT count(*) FROM folder WHERE up = ?1", &[&folder])?;
    let total = folders + number(tx, "SELECT count(*) FROM page WHERE folder = ?1", &[&folder])?;
    let folders = i64::try_from(folders).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    if offset < folders {
        let sql = format!("SELECT {FOLDER} FROM folder f WHERE up = ?1 ORDER BY path LIMIT ?2 OFFSET ?3");
        found = rows(tx, &sql, &[&folder, &limit, &offset])?;
    }
    let left = limit - i64::try_from(found.len()).unwrap_or(limit);
    if left > 0 {
        let sql = format!(
            "SELECT {PAGE} FROM page WHERE folder = ?1 ORDER BY path COLLATE NOCASE, id LIMIT ?2 OFFSET ?3"
        );
        found.extend(rows(tx, &sql, &[&folder, &left, &(offset - folders).max(0)])?);
    }
    Ok(piece(found, offset, total))
}

/// The rows around one, and what they lie below.
fn around(tx: &Tx<'_>, part: ExplorerPart, id: DocumentId, limit: i64) -> Result<ExplorerList, CoreError> {
    let key = id.to_bytes();
    // A third of the piece stands before it.
    let from = |place: u64| (i64::try_from(place).unwrap_or(0) - limit / 3).max(0);
    match part {
        ExplorerPart::Views => {
            let place = "SELECT count(*) FROM view v, view o WHERE o.id = ?1
                 AND (v.name COLLATE NOCASE, v.id) < (o.name COLLATE NOCASE, o.id)";
            views(tx, from(number(tx, place, &[&key])?), limit)
        }
        ExplorerPart::Elements => {
            let place = "SELECT count(*) FROM element o JOIN element e ON e.up IS o.up
                 WHERE o.id = ?1 AND (e.rank, e.name COLLATE NOCASE, e.id) < (o.rank, o.name COLLATE NOCASE, o.id)";
            let path = ancestors(tx, id)?;
            let parent = path.last().and_then(|row| row.id);
            let list = elements(tx, parent, from(number(tx, place, &[&key])?), limit)?;
            Ok(ExplorerList { path, ..list })
        }
        ExplorerPart::Pages => {
            let folder: Option<String> = tx
                .sql()
                .prepare_cached("SELECT folder FROM page WHERE id = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()?;
            let folder = folder.ok_or(CoreError::NotFound(id))?;
            let place = "SELECT (SELECT count(*) FROM folder WHERE up = o.folder)
                     + (SELECT count(*) FROM page p WHERE p.folder = o.folder
                        AND (p.path COLLATE NOCASE, p.id) < (o.path COLLATE NOCASE, o.id))
                 FROM page o WHERE o.id = ?1";
            let list = pages(tx, &folder, from(number(tx, place, &[&key])?), limit)?;
            Ok(ExplorerList { path: folders_to(&folder), ..list })
        }
    }
}

/// What an element is shown below, the outermost first.
fn ancestors(tx: &Tx<'_>, id: DocumentId) -> Result<Vec<ExplorerRow>, CoreError> {
    let mut statement = tx.sql().prepare_cached("SELECT up FROM element WHERE id = ?1")?;
    let up_of = |statement: &mut rusqlite::CachedStatement<'_>, id: DocumentId| {
        statement.query_row([id.to_bytes()], |row| row.get::<_, Option<[u8; 16]>>(0)).optional()
    };
    let mut at = up_of(&mut statement, id)?.ok_or(CoreError::NotFound(id))?;
    let mut path = Vec::new();
    while let Some(above) = at.filter(|_| path.len() < DEPTH_MAX) {
        let sql = format!("SELECT {ELEMENT} FROM element e WHERE id = ?1");
        path.extend(rows(tx, &sql, &[&above])?);
        at = up_of(&mut statement, DocumentId::from_bytes(above))?.flatten();
    }
    path.reverse();
    Ok(path)
}

fn folders_to(folder: &str) -> Vec<ExplorerRow> {
    let mut path = String::new();
    folder
        .split('/')
        .filter(|part| !part.is_empty())
        .map(|part| {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(part);
            ExplorerRow {
                document: "folder".to_owned(),
                id: None,
                kind: String::new(),
                name: part.to_owned(),
                path: path.clone(),
                parts: 1,
                depth: 0,
            }
        })
        .collect()
}

/// Everything that contains a text, below what it lies in.
fn filtered(tx: &Tx<'_>, part: ExplorerPart, filter: &str) -> Result<ExplorerList, CoreError> {
    let sql = match part {
        ExplorerPart::Views => format!(
            "SELECT {VIEW} FROM view WHERE name LIKE :filter ESCAPE '\\' ORDER BY name COLLATE NOCASE, id LIMIT :most"
        ),
        ExplorerPart::Elements => format!(
            "SELECT {ELEMENT} FROM element e
             WHERE name LIKE :filter ESCAPE '\\' OR technology LIKE :filter ESCAPE '\\' OR kind LIKE :filter ESCAPE '\\'
             ORDER BY name COLLATE NOCASE, id LIMIT :most"
        ),
        ExplorerPart::Pages => format!(
            "SELECT {PAGE}, folder FROM page WHERE title LIKE :filter ESCAPE '\\' OR path LIKE :filter ESCAPE '\\'
             ORDER BY path COLLATE NOCASE, id LIMIT :most"
        ),
    };
    let mut statement = tx.sql().prepare_cached(&sql)?;
    let found = statement
        .query_map(named_params! { ":filter": like(filter), ":most": FOUND_MAX as i64 + 1 }, |row| {
            let folder = if part == ExplorerPart::Pages { row.get(6)? } else { String::new() };
            Ok((row_of(row)?, folder))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let more = found.len() > FOUND_MAX;
    let mut roots = Branch::default();
    let mut total = 0;
    for (row, folder) in found.into_iter().take(FOUND_MAX) {
        let path = match (part, row.id) {
            (ExplorerPart::Elements, Some(id)) => ancestors(tx, id)?,
            (ExplorerPart::Pages, _) => folders_to(&folder),
            _ => Vec::new(),
        };
        roots.add(path, row);
        total += 1;
    }
    let mut rows = Vec::new();
    roots.write(0, &mut rows);
    Ok(ExplorerList { more, ..piece(rows, 0, total) })
}

/// What a filter found, as a tree. Rows keep the order in which they came.
#[derive(Default)]
struct Branch {
    rows: Vec<(ExplorerRow, Branch)>,
}

impl Branch {
    fn add(&mut self, path: Vec<ExplorerRow>, row: ExplorerRow) {
        let mut at = self;
        for step in path.into_iter().chain([row]) {
            let place = at.rows.iter().position(|(known, _)| known.id == step.id && known.path == step.path);
            let place = place.unwrap_or_else(|| {
                at.rows.push((step, Self::default()));
                at.rows.len() - 1
            });
            at = &mut at.rows[place].1;
        }
    }

    fn write(self, depth: u16, out: &mut Vec<ExplorerRow>) {
        for (row, inner) in self.rows {
            let parts = inner.rows.len() as u64;
            out.push(ExplorerRow { depth, parts, ..row });
            inner.write(depth + 1, out);
        }
    }
}

fn rows(tx: &Tx<'_>, sql: &str, parameters: &[&dyn ToSql]) -> Result<Vec<ExplorerRow>, CoreError> {
    let mut statement = tx.sql().prepare_cached(sql)?;
    let rows = statement.query_map(parameters, row_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<ExplorerRow> {
    let path: String = row.get(4)?;
    let name: String = row.get(3)?;
    Ok(ExplorerRow {
        document: row.get(0)?,
        id: row.get::<_, Option<[u8; 16]>>(1)?.map(DocumentId::from_bytes),
        kind: row.get(2)?,
        name: if path.is_empty() { name } else { path.rsplit('/').next().unwrap_or(&path).to_owned() },
        path,
        parts: row.get::<_, i64>(5)?.unsigned_abs(),
        depth: 0,
    })
}

fn number(tx: &Tx<'_>, sql: &str, parameters: &[&dyn ToSql]) -> Result<u64, CoreError> {
    Ok(tx.sql().prepare_cached(sql)?.query_row(parameters, |row| row.get::<_, i64>(0))?.unsigned_abs())
}
