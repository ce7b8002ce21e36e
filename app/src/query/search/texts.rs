//! Hits anywhere, the best first.

use rusqlite::ToSql;

use super::plan::Plan;
use crate::core::{CoreError, Tx};

/// Weights of name, body, tags, properties and facet.
const BM25: &str = "bm25(search, 10.0, 1.0, 4.0, 2.0, 0.0)";

/// Finds rows; at most `limit`.
pub(super) fn rows(tx: &Tx<'_>, plan: &Plan, limit: usize) -> Result<Vec<i64>, CoreError> {
    let limit = limit as i64;
    if plan.rare.is_empty() {
        // Nothing to rank by: the newest, read row by row until there are enough.
        let sql = "SELECT rowid FROM search WHERE search MATCH ?1 ORDER BY rowid DESC LIMIT ?2";
        return read(tx, sql, &[&plan.all, &limit]);
    }
    if !plan.common {
        let sql =
            format!("SELECT rowid FROM search WHERE search MATCH ?1 ORDER BY {BM25}, rowid DESC LIMIT ?2");
        return read(tx, &sql, &[&plan.rare, &limit]);
    }
    // The plus keeps the database from searching once per row of the inner answer.
    let sql = format!(
        "SELECT rowid FROM search WHERE search MATCH ?1
           AND +rowid IN (SELECT rowid FROM search WHERE search MATCH ?2)
         ORDER BY {BM25}, rowid DESC LIMIT ?3"
    );
    read(tx, &sql, &[&plan.rare, &plan.all, &limit])
}

fn read(tx: &Tx<'_>, sql: &str, parameters: &[&dyn ToSql]) -> Result<Vec<i64>, CoreError> {
    let mut statement = tx.sql().prepare_cached(sql)?;
    let rows = statement.query_map(parameters, |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
