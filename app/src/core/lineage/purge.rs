//! Losing a clearance: everything of a compartment goes from this device, with its keys, in one transaction. What its
//! person had written there and not sent is kept as words, to be written again elsewhere; envelopes stay sealed, so that
//! a clearance that is given back needs nothing to be fetched twice.
//!
//! Not here: when that is so (`sync::log`), and new keys for those who stay (`sync::rotate`).

use std::collections::{BTreeMap, BTreeSet};

use automerge::patches::PatchAction;
use automerge::{AutoCommit, Change, ChangeHash};
use groundplan_shared::model::DocumentId;
use serde::{Deserialize, Serialize};

use super::super::{CoreError, Tx, changes_in};
use crate::{env, project};

/// What a device kept of a compartment that it lost.
pub(crate) const LOST: &str = "
CREATE TABLE lost (
    id INTEGER PRIMARY KEY,
    compartment INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    unsent TEXT NOT NULL
) STRICT;
";

/// Words that were written and not sent before their document went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unsent {
    /// The thing.
    pub(crate) id: DocumentId,
    /// Whether it was an element, a page or a diagram.
    pub(crate) kind: String,
    /// How many changes.
    pub(crate) changes: u64,
    /// What was written, by field.
    pub(crate) written: BTreeMap<String, Vec<String>>,
}

/// A compartment that was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Lost {
    /// The level.
    pub(crate) level: &'static str,
    /// When, for display.
    pub(crate) at_ms: u64,
    /// How many documents went.
    pub(crate) documents: u64,
    /// What was not sent.
    pub(crate) unsent: Vec<Unsent>,
}

impl Tx<'_> {
    /// Takes everything of a compartment from this device.
    pub(crate) fn purge(&mut self, compartment: u8) -> Result<(), CoreError> {
        self.settle()?;
        // What is deleted is overwritten, not only let go.
        self.sql.execute_batch("PRAGMA secure_delete = ON")?;
        let rows: Vec<(i64, [u8; 16], [u8; 16], String)> = {
            let mut statement = self.sql.prepare_cached(
                "SELECT row, id, coalesce(subject, id), kind FROM document WHERE compartment = ?1",
            )?;
            let rows = statement
                .query_map([compartment], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let (mut unsent, mut things) = (Vec::new(), BTreeSet::new());
        for (row, id, thing, kind) in &rows {
            let (id, thing) = (DocumentId::from_bytes(*id), DocumentId::from_bytes(*thing));
            unsent.extend(self.unsent(id, thing, kind)?);
            things.insert(thing);
            self.drop_document(*row, id)?;
        }
        self.forget_envelopes(compartment)?;
        for statement in [
            "DELETE FROM outbox WHERE compartment = ?1",
            "DELETE FROM own_stream WHERE compartment = ?1",
            "DELETE FROM compartment_key WHERE compartment = ?1",
            "DELETE FROM chunk_sent WHERE compartment = ?1",
        ] {
            self.sql.prepare_cached(statement)?.execute([compartment])?;
        }
        for thing in things {
            self.sql.prepare_cached("DELETE FROM subject WHERE id = ?1")?.execute([thing.to_bytes()])?;
            self.settle_thing(thing)?;
        }
        for index in ["search", "names"] {
            // A word stays in the index beside the note that its row is gone until they are merged.
            self.sql.execute(&format!("INSERT INTO {index}({index}) VALUES ('optimize')"), [])?;
        }
        let text = serde_json::to_string(&unsent).expect("words are JSON");
        self.sql
            .prepare_cached(
                "INSERT INTO lost(compartment, at_ms, documents, unsent) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((compartment, env::now_ms() as i64, rows.len() as i64, text))?;
        Ok(())
    }

    /// Lists what was lost, the latest first.
    pub(crate) fn lost(&self) -> Result<Vec<Lost>, CoreError> {
        let mut statement = self
            .sql
            .prepare_cached("SELECT compartment, at_ms, documents, unsent FROM lost ORDER BY id DESC")?;
        let rows = statement.query_map([], |row| {
            let text: String = row.get(3)?;
            Ok(Lost {
                level: super::level(row.get(0)?).word(),
                at_ms: row.get::<_, i64>(1)?.unsigned_abs(),
                documents: row.get::<_, i64>(2)?.unsigned_abs(),
                unsent: serde_json::from_str(&text).unwrap_or_default(),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Reads what was written in a document here and not sent, without what others wrote.
    fn unsent(
        &mut self,
        document: DocumentId,
        thing: DocumentId,
        kind: &str,
    ) -> Result<Option<Unsent>, CoreError> {
        let waiting: Vec<Vec<u8>> = {
            let mut statement =
                self.sql.prepare_cached("SELECT change FROM outbox WHERE document = ?1 ORDER BY id")?;
            let rows = statement.query_map([document.to_bytes()], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        let own: BTreeSet<ChangeHash> = waiting
            .iter()
            .flat_map(|row| changes_in(row))
            .filter_map(|change| Change::from_bytes(change.to_vec()).ok().map(|change| change.hash()))
            .collect();
        if own.is_empty() {
            return Ok(None);
        }
        let written = self.with_document(document, |doc| written(doc, &own))?;
        Ok(Some(Unsent { id: thing, kind: kind.to_owned(), changes: own.len() as u64, written }))
    }

    fn drop_document(&mut self, row: i64, id: DocumentId) -> Result<(), CoreError> {
        let named: Vec<Vec<u8>> = {
            let mut statement =
                self.sql.prepare_cached("SELECT hash FROM attachment_chunk WHERE row = ?1")?;
            let rows = statement.query_map([row], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        project::withdraw(&self.sql, row)?;
        for hash in named {
            self.sql
                .prepare_cached(
                    "DELETE FROM chunk WHERE hash = ?1
                       AND NOT EXISTS (SELECT 1 FROM attachment_chunk n WHERE n.hash = chunk.hash)",
                )?
                .execute([hash])?;
        }
        for statement in [
            "DELETE FROM tail WHERE document = ?1",
            "DELETE FROM typed WHERE document = ?1",
            "DELETE FROM document WHERE row = ?1",
        ] {
            self.sql.prepare_cached(statement)?.execute([row])?;
        }
        for statement in [
            "DELETE FROM lineage WHERE document = ?1",
            "DELETE FROM moved WHERE parent = ?1",
            "DELETE FROM refused_document WHERE document = ?1",
        ] {
            self.sql.prepare_cached(statement)?.execute([id.to_bytes()])?;
        }
        // A step that cannot be taken back any more; its label may name what is gone.
        self.sql
            .prepare_cached("DELETE FROM journal WHERE instr(steps, ?1) > 0")?
            .execute([id.to_string()])?;
        self.docs.remove(&id);
        self.untouch(id);
        Ok(())
    }

    /// What was applied waits for a key again. Own envelopes that were not read back go, as if never seen: if the server
    /// has them, they come as everybody else's do.
    fn forget_envelopes(&mut self, compartment: u8) -> Result<(), CoreError> {
        for statement in [
            "UPDATE author_chain SET
                 dev_seq = (SELECT min(e.dev_seq) - 1 FROM envelope e
                     WHERE e.stream = author_chain.stream AND e.author = author_chain.author
                       AND e.state IN ('sealed', 'stored')),
                 env_id = (SELECT e.previous FROM envelope e
                     WHERE e.stream = author_chain.stream AND e.author = author_chain.author
                       AND e.state IN ('sealed', 'stored') ORDER BY e.dev_seq LIMIT 1)
             WHERE EXISTS (SELECT 1 FROM envelope e
                 WHERE e.stream = author_chain.stream AND e.author = author_chain.author
                   AND e.compartment = ?1 AND e.state IN ('sealed', 'stored'))",
            "DELETE FROM envelope WHERE compartment = ?1 AND state IN ('sealed', 'stored')",
            "UPDATE envelope SET state = 'locked' WHERE compartment = ?1 AND state = 'applied'",
        ] {
            self.sql.prepare_cached(statement)?.execute([compartment])?;
        }
        Ok(())
    }
}

/// What changes of this device put into a document, by field.
fn written(doc: &mut AutoCommit, own: &BTreeSet<ChangeHash>) -> BTreeMap<String, Vec<String>> {
    let rest: Vec<Change> =
        doc.get_changes(&[]).into_iter().filter(|change| !own.contains(&change.hash())).collect();
    let used: BTreeSet<ChangeHash> = rest.iter().flat_map(|change| change.deps().to_vec()).collect();
    let before: Vec<ChangeHash> = rest.iter().map(Change::hash).filter(|hash| !used.contains(hash)).collect();
    let after = doc.get_heads();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for patch in doc.diff(&before, &after) {
        let path: Vec<String> = patch.path.iter().map(|(_, prop)| prop.to_string()).collect();
        let (key, words) = match patch.action {
            PatchAction::PutMap { key, value: (automerge::Value::Scalar(scalar), _), .. } => {
                match crate::doc::property(&scalar) {
                    Some(value) => (Some(key), value.to_text()),
                    None => continue,
                }
            }
            PatchAction::SpliceText { value, .. } => (None, value.make_string()),
            _ => continue,
        };
        let field = path.into_iter().chain(key).collect::<Vec<_>>().join(".");
        if field != "alive" {
            found.entry(field).or_default().push(words);
        }
    }
    found
}
