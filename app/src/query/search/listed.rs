//! Everything of a kind or with a tag, by name, where no word was typed.

use super::names::found_of;
use super::parse::Query;
use super::plan;
use super::show::{Found, item};
use crate::core::{CoreError, Tx};

/// More things with a tag than this are not sorted but met in the order of their names.
const SORTED: usize = 500;

/// Lists; at most `limit`, and whether there are more.
pub(super) fn listed(tx: &Tx<'_>, query: &Query, limit: usize) -> Result<(Vec<Found>, bool), CoreError> {
    let mut found = match &query.tag {
        None => in_order(tx, query, limit + 1)?,
        Some(_) => {
            let mut statement = tx
                .sql()
                .prepare_cached("SELECT rowid FROM names WHERE names MATCH ?1 ORDER BY rowid LIMIT ?2")?;
            let facets = plan::facets(query).join(" AND ");
            let rows: Vec<i64> = statement
                .query_map((&facets, SORTED as i64 + 1), |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            if rows.len() > SORTED {
                in_order(tx, query, limit + 1)?
            } else {
                let mut found = Vec::new();
                for row in rows {
                    found.extend(item(tx, row)?);
                }
                found
            }
        }
    };
    found.sort_by_cached_key(|found| (found.item.name.to_lowercase(), found.item.id));
    let more = found.len() > limit;
    found.truncate(limit);
    Ok((found, more))
}

/// Walks elements and pages in the order of their names until there are enough of each.
fn in_order(tx: &Tx<'_>, query: &Query, limit: usize) -> Result<Vec<Found>, CoreError> {
    let mut found = Vec::new();
    for (table, name, path, up) in [("element", "name", "''", "up"), ("page", "title", "path", "NULL")] {
        let kind = if query.kind.is_some() { "kind = ?1" } else { "?1 IS NULL" };
        let sql = format!(
            "SELECT row, id, '{table}', kind, {name}, {path}, {up} FROM {table} i WHERE {kind}
               AND (?2 IS NULL OR EXISTS (SELECT 1 FROM tag t WHERE t.row = i.row AND t.tag = ?2 COLLATE NOCASE))
             ORDER BY {name} COLLATE NOCASE, id LIMIT ?3"
        );
        let mut statement = tx.sql().prepare_cached(&sql)?;
        let rows = statement.query_map((&query.kind, &query.tag, limit as i64), found_of)?;
        found.extend(rows.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}
