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
/// Occurrences of a beginning that are read before its words are looked up one by one.
const FEW: i64 = 200;

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
        let Some(Expanded { lazy, whole, few }) = expand(tx, word)? else { return Ok(None) };
        match if few { 1 } else { documents(tx, &lazy)? } {
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

/// What a typed word stands for.
struct Expanded {
    /// An expression that can be read row by row.
    lazy: String,
    /// Whether it misses nothing.
    whole: bool,
    /// Whether it is known to occur only a few times.
    few: bool,
}

/// Looks up what a word stands for; none if nothing begins so.
fn expand(tx: &Tx<'_>, word: &Word) -> Result<Option<Expanded>, CoreError> {
    let as_typed = || Some(Expanded { lazy: word.expression(), whole: true, few: false });
    let words = if word.prefix { fold::words(&word.text) } else { None };
    let Some((last, before)) = words.as_deref().and_then(<[String]>::split_last) else {
        return Ok(as_typed());
    };
    if last.chars().count() <= INDEXED {
        return Ok(as_typed());
    }
    let (mut found, few) = beginning_with(tx, last)?;
    let whole = found.len() <= EXPANSIONS;
    found.truncate(EXPANSIONS);
    if !whole && exists(tx, last)? && !found.contains(last) {
        found.push(last.clone());
    }
    if found.is_empty() {
        return Ok(None);
    }
    let before: String = before.iter().map(|word| format!("{word} ")).collect();
    let each: Vec<String> = found.iter().map(|word| format!("\"{before}{word}\"")).collect();
    Ok(Some(Expanded {
        lazy: format!("({})", each.join(" OR ")),
        whole,
        few: few && whole && before.is_empty(),
    }))
}

/// Returns words of the index that begin so, at most one more than are used, and whether all of them together occur
/// only a few times. Reads some occurrences, then jumps from word to word.
fn beginning_with(tx: &Tx<'_>, beginning: &str) -> Result<(Vec<String>, bool), CoreError> {
    let mut statement =
        tx.sql().prepare_cached("SELECT term FROM search_word WHERE term >= ?1 AND term <= ?2 LIMIT ?3")?;
    let end = format!("{beginning}\u{10ffff}");
    let mut found: Vec<String> = Vec::new();
    let mut read = 0;
    {
        let mut rows = statement.query((beginning, &end, FEW))?;
        while let Some(row) = rows.next()? {
            read += 1;
            let term = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            if found.last().is_none_or(|last| last != term) {
                found.push(term.to_owned());
            }
        }
    }
    if read < FEW {
        return Ok((found, true));
    }
    while let Some(last) = found.last().filter(|_| found.len() <= EXPANSIONS) {
        // Nothing the tokenizer makes lies between a word and the word with this after it.
        let from = format!("{last}\u{1}");
        let next: Option<String> = statement.query_row((from, &end, 1), |row| row.get(0)).optional()?;
        let Some(next) = next else { break };
        found.push(next);
    }
    Ok((found, false))
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
