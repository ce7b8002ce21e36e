//! Rows of the two full-text indexes: everything (`search`) and names alone (`names`).
//!
//! Not here: how they are asked (`query::search`).

use rusqlite::{OptionalExtension, Transaction};

use crate::core::CoreError;

/// What is indexed of a document.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// The name or title.
    pub name: String,
    /// Further names.
    pub aliases: String,
    /// The long text.
    pub body: String,
    /// Tags, separated by blanks.
    pub tags: String,
    /// Everything else that can be read of it.
    pub properties: String,
    /// The facets, separated by blanks.
    pub facet: String,
}

/// Returns the word under which everything of a kind is indexed. It begins with a private-use character, which the
/// tokenizer takes for a letter and people do not type.
pub(crate) fn kind_facet(kind: &str) -> String {
    let kind: String = kind.chars().filter(|c| c.is_ascii_alphanumeric()).take(64).collect();
    format!("\u{e002}{}", kind.to_ascii_lowercase())
}

/// Returns the word under which everything with a tag is indexed, whatever characters the tag has.
pub(crate) fn tag_facet(tag: &str) -> String {
    use std::fmt::Write as _;
    let mut word = String::from("\u{e003}");
    for byte in tag.to_lowercase().bytes().take(400) {
        write!(word, "{byte:02x}").expect("writing to a string succeeds");
    }
    word
}

/// Writes the rows of a document, if they differ.
pub(super) fn write(sql: &Transaction<'_>, row: i64, words: &Words) -> Result<(), CoreError> {
    let properties = format!("{} {}", words.properties, words.aliases);
    let new = [&words.name, &words.body, &words.tags, &properties, &words.facet];
    // Whether the row is there, whether it differs, and whether the names do.
    let old = sql
        .prepare_cached("SELECT name, body, tags, properties, facet FROM search WHERE rowid = ?1")?
        .query_row([row], |found| {
            let mut differs = [false; 5];
            for (column, new) in new.iter().enumerate() {
                differs[column] =
                    found.get_ref(column)?.as_str().map_err(rusqlite::Error::from)? != new.as_str();
            }
            Ok(differs)
        })
        .optional()?;
    if old == Some([false; 5]) {
        return Ok(());
    }
    let statement = match old {
        Some(_) => {
            "UPDATE search SET name = ?2, body = ?3, tags = ?4, properties = ?5, facet = ?6 WHERE rowid = ?1"
        }
        None => {
            "INSERT INTO search(rowid, name, body, tags, properties, facet) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        }
    };
    sql.prepare_cached(statement)?.execute((row, new[0], new[1], new[2], new[3], new[4]))?;
    // Further names are among the properties.
    if old.is_none_or(|[name, _, _, properties, facet]| name || properties || facet) {
        if old.is_some() {
            sql.prepare_cached("DELETE FROM names WHERE rowid = ?1")?.execute([row])?;
        }
        sql.prepare_cached("INSERT INTO names(rowid, name, facet) VALUES (?1, ?2, ?3)")?.execute((
            row,
            format!("{} {}", words.name, words.aliases),
            &words.facet,
        ))?;
    }
    Ok(())
}

/// Takes the rows of a document out.
pub(super) fn remove(sql: &Transaction<'_>, row: i64) -> Result<(), CoreError> {
    if sql.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([row])? > 0 {
        sql.prepare_cached("DELETE FROM names WHERE rowid = ?1")?.execute([row])?;
    }
    Ok(())
}
