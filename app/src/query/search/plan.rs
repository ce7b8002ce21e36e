//! How a search is carried out: which words the typed beginnings stand for, and which of them are rare.
//!
//! FTS5 gathers all places of a beginning before it answers with the first, unless an index of that length exists
//! (one to three letters do). So longer beginnings are first replaced by the words of the index that begin so.

use rusqlite::OptionalExtension;

use super::fold;
use super::parse::{Query, Word};
use crate::core::{CoreError, Tx};
use crate::project::{kind_facet, tag_facet};

/// Longest beginning that the index knows itself.
const INDEXED: usize = 3;
/// Most words that a beginning is replaced by.
const EXPANSIONS: usize = 32;
/// A word in more documents than this is common.
const RARE: i64 = 500;

/// How a search is carried out.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Matches everything to be found, and can be read row by row.
    pub all: String,
    /// Matches the rare words alone; empty if there are none.
    pub rare: String,
    /// Whether something stands beside the rare words.
    pub common: bool,
    /// Whether `all` misses nothing.
    pub whole: bool,
}

/// Plans a search; none if some word occurs nowhere.
pub(super) fn plan(tx: &Tx<'_>, query: &Query) -> Result<Option<Plan>, CoreError> {
    let mut plan = Plan { whole: true, ..Plan::default() };
    let mut all = Vec::new();
    let mut rare = Vec::new();
    for word in &query.words {
        let Some((lazy, whole)) = expand(tx, word)? else { return Ok(None) };
        match documents(tx, &lazy)? {
            0 if whole => return Ok(None),
            // As typed: BM25 then counts the beginning as one word, not each of its words as another.
            1..=RARE if whole => rare.push(word.expression()),
            _ => plan.common = true,
        }
        plan.whole &= whole;
        all.push(lazy);
    }
    for facet in facets(query) {
        plan.common = true;
        all.push(facet);
    }
    plan.all = all.join(" AND ");
    plan.rare = rare.join(" AND ");
    Ok(Some(plan))
}

/// The plan that misses nothing, whatever it costs.
pub(super) fn exhaustive(query: &Query) -> Plan {
    let mut all: Vec<String> = query.words.iter().map(Word::expression).collect();
    all.extend(facets(query));
    Plan { all: all.join(" AND "), rare: String::new(), common: true, whole: true }
}

/// The facets of a search as expressions.
pub(super) fn facets(query: &Query) -> Vec<String> {
    let kind = query.kind.as_deref().map(kind_facet);
    let tag = query.tag.as_deref().map(tag_facet);
    kind.into_iter().chain(tag).map(|facet| format!("\"{facet}\"")).collect()
}

/// Returns an expression that can be read row by row, and whether it misses nothing; none if nothing begins so.
fn expand(tx: &Tx<'_>, word: &Word) -> Result<Option<(String, bool)>, CoreError> {
    let words = if word.prefix { fold::words(&word.text) } else { None };
    let Some((last, before)) = words.as_deref().and_then(<[String]>::split_last) else {
        return Ok(Some((word.expression(), true)));
    };
    if last.chars().count() <= INDEXED {
        return Ok(Some((word.expression(), true)));
    }
    let mut found = beginning_with(tx, last)?;
    let whole = found.len() <= EXPANSIONS;
    found.truncate(EXPANSIONS);
    if !whole && exists(tx, last)? && !found.contains(last) {
        found.push(last.clone());
    }
    let before: String = before.iter().map(|word| format!("{word} ")).collect();
    let each: Vec<String> = found.iter().map(|word| format!("\"{before}{word}\"")).collect();
    Ok((!each.is_empty()).then(|| (format!("({})", each.join(" OR ")), whole)))
}

/// Returns words of the index that begin so, at most one more than are used. Jumps from word to word.
fn beginning_with(tx: &Tx<'_>, beginning: &str) -> Result<Vec<String>, CoreError> {
    let mut statement =
        tx.sql().prepare_cached("SELECT term FROM search_word WHERE term >= ?1 AND term <= ?2 LIMIT 1")?;
    let end = format!("{beginning}\u{10ffff}");
    let mut found: Vec<String> = Vec::new();
    let mut from = beginning.to_owned();
    while found.len() <= EXPANSIONS {
        let next: Option<String> = statement.query_row([&from, &end], |row| row.get(0)).optional()?;
        let Some(next) = next else { break };
        // Nothing the tokenizer makes lies between a word and the word with this after it.
        from = format!("{next}\u{1}");
        found.push(next);
    }
    Ok(found)
}

fn exists(tx: &Tx<'_>, word: &str) -> Result<bool, CoreError> {
    let mut statement =
        tx.sql().prepare_cached("SELECT EXISTS (SELECT 1 FROM search WHERE search MATCH ?1)")?;
    Ok(statement.query_row([format!("\"{word}\"")], |row| row.get(0))?)
}

/// Counts documents, up to one more than are rare.
fn documents(tx: &Tx<'_>, expression: &str) -> Result<i64, CoreError> {
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT count(*) FROM (SELECT rowid FROM search WHERE search MATCH ?1 LIMIT ?2)")?;
    Ok(statement.query_row((expression, RARE + 1), |row| row.get(0))?)
}
