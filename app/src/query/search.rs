//! Full-text search. The index must be fresh (`project::refresh`).

use groundplan_shared::api::{Reference, SearchHit, SearchParams, SearchResults};
use groundplan_shared::model::DocumentId;

use super::path_to;
use crate::core::{CoreError, Tx};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 500;
const MAX_TERMS: usize = 16;

/// What was typed, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
struct Query {
    /// FTS5 expression; empty if there are no words.
    words: String,
    kind: Option<String>,
    tag: Option<String>,
}

/// Searches names, texts, tags and properties. Names count most.
pub fn search(tx: &Tx<'_>, params: &SearchParams) -> Result<SearchResults, CoreError> {
    let limit = if params.limit == 0 { DEFAULT_LIMIT } else { params.limit.min(MAX_LIMIT) } as usize;
    let text: String = params.text.chars().take(1_000).collect();
    let query = parse(&text);
    if query.words.is_empty() && query.kind.is_none() && query.tag.is_none() {
        return Ok(SearchResults { hits: Vec::new(), more: false });
    }
    let found = if query.words.is_empty() { listed(tx, &query, limit)? } else { matched(tx, &query, limit)? };
    let more = found.len() > limit;
    let mut hits = Vec::new();
    for (item, snippet, path) in found.into_iter().take(limit) {
        let context = if item.document == "element" {
            path_to(tx, item.id)?
                .iter()
                .map(|above| above.name.as_str())
                .collect::<Vec<_>>()
                .join(" \u{203a} ")
        } else {
            path
        };
        hits.push(SearchHit { item, context, snippet });
    }
    Ok(SearchResults { hits, more })
}

type Found = Vec<(Reference, String, String)>;

const ITEMS: &str = "
    SELECT row, id, 'element' AS document, kind, name, '' AS path FROM element
    UNION ALL SELECT row, id, 'page', kind, title, path FROM page";

fn matched(tx: &Tx<'_>, query: &Query, limit: usize) -> Result<Found, CoreError> {
    // Rank first and take apart only what is shown: snippets are the expensive part.
    let sql = format!(
        "WITH best AS (
             SELECT rowid, rank, snippet(search, -1, char(57344), char(57345), '\u{2026}', 16) AS piece
             FROM search WHERE search MATCH ?1 AND rank MATCH 'bm25(10.0, 1.0, 4.0, 2.0)'
               AND (?2 IS NULL OR rowid IN (SELECT row FROM element WHERE kind = ?2
                                            UNION ALL SELECT row FROM page WHERE kind = ?2))
               AND (?3 IS NULL OR rowid IN (SELECT row FROM tag WHERE tag = ?3 COLLATE NOCASE))
             ORDER BY rank LIMIT ?4)
         SELECT i.id, i.document, i.kind, i.name, best.piece, i.path
         FROM best JOIN ({ITEMS}) i ON i.row = best.rowid ORDER BY best.rank"
    );
    collect(tx, &sql, (&query.words, &query.kind, &query.tag, limit as i64 + 1))
}

fn listed(tx: &Tx<'_>, query: &Query, limit: usize) -> Result<Found, CoreError> {
    let sql = format!(
        "SELECT i.id, i.document, i.kind, i.name, '', i.path FROM ({ITEMS}) i
         WHERE (?1 IS NULL OR i.kind = ?1)
           AND (?2 IS NULL OR i.row IN (SELECT row FROM tag WHERE tag = ?2 COLLATE NOCASE))
         ORDER BY i.name COLLATE NOCASE LIMIT ?3"
    );
    collect(tx, &sql, (&query.kind, &query.tag, limit as i64 + 1))
}

fn collect(tx: &Tx<'_>, sql: &str, parameters: impl rusqlite::Params) -> Result<Found, CoreError> {
    let mut statement = tx.sql().prepare_cached(sql)?;
    let rows = statement.query_map(parameters, |row| {
        let item = Reference {
            id: DocumentId::from_bytes(row.get(0)?),
            document: row.get(1)?,
            kind: row.get(2)?,
            name: row.get(3)?,
        };
        Ok((item, row.get(4)?, row.get(5)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes the typed text apart. Every word becomes a quoted prefix, so that no character of it is FTS5 syntax.
fn parse(text: &str) -> Query {
    let mut query = Query::default();
    let mut terms = Vec::new();
    for (index, part) in text.split('"').enumerate() {
        if index % 2 == 1 {
            if part.chars().any(char::is_alphanumeric) {
                terms.push(format!("\"{part}\""));
            }
            continue;
        }
        for word in part.split_whitespace() {
            if let Some(kind) = word.strip_prefix("kind:") {
                query.kind = Some(kind.to_owned());
            } else if let Some(tag) = word.strip_prefix("tag:").or_else(|| word.strip_prefix('#')) {
                query.tag = Some(tag.to_owned());
            } else if word.chars().any(char::is_alphanumeric) {
                terms.push(format!("\"{word}\"*"));
            }
        }
    }
    terms.truncate(MAX_TERMS);
    query.words = terms.join(" ");
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_is_syntax() {
        assert_eq!(parse("order serv").words, "\"order\"* \"serv\"*");
        assert_eq!(parse("NEAR(a b) -x AND").words, "\"NEAR(a\"* \"b)\"* \"-x\"* \"AND\"*");
        assert_eq!(parse("\"two words\" more").words, "\"two words\" \"more\"*");
        assert_eq!(parse("kind:component #core pay").kind.as_deref(), Some("component"));
        assert_eq!(parse("kind:component #core pay").tag.as_deref(), Some("core"));
        assert_eq!(parse("** -- ").words, "");
    }
}
