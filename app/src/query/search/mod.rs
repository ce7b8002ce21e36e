//! Full-text search. The index must be fresh (`project::refresh`).
//!
//! What is found: everything that holds all words (each the beginning of a word), names before texts. In which
//! order: names by how well they fit; texts by BM25 over the words that are rare, and where every word is common
//! the newest first, because BM25 tells nothing apart there and costs as much as there are matches. So a search
//! costs what it shows and the logarithm of the workspace, whatever was typed.
//!
//! Not here: what is indexed (`project`).

mod fold;
mod listed;
mod names;
mod parse;
mod plan;
mod show;
mod snippet;
mod texts;

use std::collections::HashSet;

use groundplan_shared::api::{SearchParams, SearchResults};

use crate::core::{CoreError, Tx};
use parse::Query;
use plan::Plan;
use show::Found;

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 500;

/// Searches names, texts, tags and properties.
pub fn search(tx: &Tx<'_>, params: &SearchParams) -> Result<SearchResults, CoreError> {
    let limit = if params.limit == 0 { DEFAULT_LIMIT } else { params.limit.min(MAX_LIMIT) } as usize;
    let text: String = params.text.chars().take(1_000).collect();
    let query = parse::parse(&text);
    if query.words.is_empty() && query.kind.is_none() && query.tag.is_none() {
        return Ok(SearchResults { hits: Vec::new(), more: false });
    }
    // One more than shown tells whether there are more.
    let (found, more) =
        if query.words.is_empty() { listed::listed(tx, &query, limit)? } else { matched(tx, &query, limit)? };
    Ok(SearchResults { hits: show::show(tx, &query, found)?, more })
}

/// Finds what holds all words.
fn matched(tx: &Tx<'_>, query: &Query, limit: usize) -> Result<(Vec<Found>, bool), CoreError> {
    let Some(plan) = plan::plan(tx, query)? else { return Ok((Vec::new(), false)) };
    let (found, more) = gather(tx, query, &plan, limit)?;
    if plan.whole || more {
        return Ok((found, more));
    }
    // Some beginning has more words than were looked up one by one: nothing must be missed.
    gather(tx, query, &plan::exhaustive(query), limit)
}

fn gather(tx: &Tx<'_>, query: &Query, plan: &Plan, limit: usize) -> Result<(Vec<Found>, bool), CoreError> {
    let mut found = names::named(tx, query, plan, limit + 1)?;
    if found.len() <= limit {
        let known: HashSet<i64> = found.iter().map(|found| found.row).collect();
        let rows = texts::rows(tx, plan, limit + 1 + known.len())?;
        let wanted = limit + 1 - found.len();
        for row in rows.into_iter().filter(|row| !known.contains(row)).take(wanted) {
            found.extend(show::item(tx, row)?);
        }
    }
    let more = found.len() > limit;
    found.truncate(limit);
    Ok((found, more))
}

#[cfg(test)]
mod tests;
